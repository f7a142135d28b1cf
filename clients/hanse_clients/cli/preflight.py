"""`hanse brand preflight`: what a study would run and send, before any row is read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hanse_clients.brand_views import StudyPreflight
from hanse_clients.cli.options import STUDY_NAME, Home
from hanse_clients.cli.output import decision_facts
from hanse_clients.client import BrandClient
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

Lang = Annotated[Language, typer.Option("--lang", help="Language of the explanation.")]


def preflight_command(
    study: Annotated[str, typer.Argument(help=STUDY_NAME)],
    *,
    home: Home,
    lang: Lang = Language.EN,
    rules: Annotated[
        bool, typer.Option("--rules", help="Every rule that was asked, not refusals alone.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show the SQL, the columns, the cost in epsilon, what leaves and who receives it.

    Reads no row. Ends with 1 where the brand's rules refuse the study.
    """
    with BrandClient.open(home) as brand:
        told = brand.preflight(study)
    if as_json:
        plan = asdict(told.plan) if told.plan else None
        decision = decision_facts(told.judgement)
        print_json({"study": told.judgement.opened.digest, "plan": plan, "decision": decision})
    else:
        _show(told, lang, rules)
    return ExitCode.OK if told.judgement.decision.is_permitted else ExitCode.REFUSED


def _show(told: StudyPreflight, lang: Language, rules: bool) -> None:
    decision = told.judgement.decision
    typer.echo(decision.explain(lang, refusals_only=not rules))
    typer.echo(f"  study {told.judgement.opened.digest}")
    if not rules:
        permitting = len(decision.findings) - len(tuple(decision.refusals()))
        typer.echo(f"  {permitting} rules permit it; --rules lists them")
    typer.echo("  (assuming a fresh consent register; decided again before every question)")
    plan = told.plan
    if plan is None:
        typer.echo("\nNothing would run: the study does not fit this brand's asset.")
        return
    typer.echo(f"\n{plan.title}")
    typer.echo(f"  purpose     {plan.purpose} (register: {plan.purpose_word})")
    typer.echo(f"  table       {plan.asset}, at most {plan.rows_per_person} row a person")
    typer.echo(f"  columns     {', '.join(plan.columns)}")
    typer.echo(f"  cost        epsilon {plan.epsilon:.3f} at delta {plan.delta:g}, a person")
    typer.echo(f"  recipients  {', '.join(plan.recipients)}, for {plan.retention_days} days")
    typer.echo(f"  leaves      at most {plan.payload_bytes} bytes in all")
    if plan.watch_scale is not None:
        typer.echo(
            f"  floor       watched before each question, with noise of scale {plan.watch_scale} "
            "persons; fewer end the study here"
        )
    for planned in plan.questions:
        typer.echo(
            f"\n{planned.question} x {planned.times}: {planned.answer.leaves} "
            f"({planned.answer.values} numbers, noise multiplier {planned.noise_multiplier})"
        )
        typer.echo(planned.sql)
