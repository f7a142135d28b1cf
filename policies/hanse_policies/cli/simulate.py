"""`hanse policy simulate`: what would each brand decide, and could a study run at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.instants import instant
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from hanse_policies.decision import Decision
    from hanse_policies.rehearsal import LeagueRehearsal


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said of a rehearsal, in one language.

    Attributes:
        outcome: Of a study as a whole.
        runs: It would run.
        fails: It could not.
        permit: A brand's verdict.
        deny: The other one.
        terms: What would bind, with its fields.
    """

    outcome: str
    runs: str
    fails: str
    permit: str
    deny: str
    terms: str


SENTENCES: Mapping[Language, Sentences] = {
    Language.EN: Sentences(
        outcome=(
            "study {study}: {would}; {permitting} of {brands} brands permit it, of {entities} "
            "legal entities; {needed} brands are needed"
        ),
        runs="would run",
        fails="could not run",
        permit="permit",
        deny="deny",
        terms="  terms: {}",
    ),
    Language.ZH: Sentences(
        outcome=(
            "研究 {study}:{would};{brands} 个品牌中 {permitting} 个允许,属于 {entities} 个法人;"
            "需要 {needed} 个品牌"
        ),
        runs="可以运行",
        fails="无法运行",
        permit="允许",
        deny="拒绝",
        terms="  条款:{}",
    ),
}


def simulate(
    studies: Annotated[
        list[Path], typer.Argument(metavar="STUDY...", help="Studies to decide on.")
    ],
    charter: Annotated[Path, typer.Option(help="The alliance's charter.")],
    policy: Annotated[list[Path], typer.Option(help="A brand's policy; once a brand.")],
    asset: Annotated[list[Path], typer.Option(help="A brand's data asset; once an asset.")],
    now: Annotated[
        str, typer.Option(help="Instant to decide for, as 2026-01-31T08:00:00Z; else now.")
    ] = "",
    lang: Annotated[
        Language, typer.Option(help="Language of the texts; codes and fields stay.")
    ] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Rehearse studies at several brands; exit 1 where one could not run among them."""
    when = instant(now)
    rules = hanse_policies.load_charter(charter)
    policies = [hanse_policies.load_policy(path) for path in policy]
    assets = [hanse_policies.load_asset(path) for path in asset]
    rehearsals = [
        hanse_policies.rehearse_league(
            hanse_policies.load_study(path), rules, policies, assets, when
        )
        for path in studies
    ]
    assumed = hanse_policies.ASSUMED[lang]
    if as_json:
        print_json({"assumed": assumed, "studies": [_record(each) for each in rehearsals]})
    else:
        typer.echo(assumed)
        for rehearsal in rehearsals:
            _print_rehearsal(rehearsal, lang)
    if not all(rehearsal.would_run for rehearsal in rehearsals):
        raise typer.Exit(int(ExitCode.REFUSED))


def _print_rehearsal(rehearsal: LeagueRehearsal, lang: Language) -> None:
    said = SENTENCES[lang]
    typer.echo(
        said.outcome.format(
            study=rehearsal.study,
            would=said.runs if rehearsal.would_run else said.fails,
            permitting=rehearsal.permitting,
            brands=len(rehearsal.decisions),
            entities=rehearsal.legal_entities,
            needed=rehearsal.brands_needed,
        )
    )
    width = max(len(decision.brand) for decision in rehearsal.decisions)
    for decision in rehearsal.decisions:
        why = ", ".join(decision.denied_by) or _permit(decision)
        verdict = said.permit if decision.is_permitted else said.deny
        typer.echo(f"  {decision.brand:<{width}}  {verdict:<6}  {why}")
    terms = rehearsal.terms
    if terms is not None:
        typer.echo(
            said.terms.format(
                f"minimum_persons {terms.minimum_persons}, minimum_brands "
                f"{terms.minimum_brands}, retention_days {terms.retention_days}, "
                f"epsilon {terms.epsilon:g}, delta {terms.delta:g}"
            )
        )


def _permit(decision: Decision) -> str:
    return f"permits[{decision.permit_index}]"


def _record(rehearsal: LeagueRehearsal) -> dict[str, object]:
    return {
        "study": rehearsal.study,
        "would_run": rehearsal.would_run,
        "permitting": rehearsal.permitting,
        "brands_needed": rehearsal.brands_needed,
        "legal_entities": rehearsal.legal_entities,
        "terms": asdict(rehearsal.terms) if rehearsal.terms is not None else None,
        "decisions": [
            {
                "brand": decision.brand,
                "verdict": decision.verdict,
                "denied_by": list(decision.denied_by),
                "permit": _permit(decision) if decision.is_permitted else "",
                "terms": asdict(decision.effective) if decision.effective is not None else None,
            }
            for decision in rehearsal.decisions
        ],
    }
