"""`hanse policy test`: do the policies of a folder decide as their examples expect?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.errors import DocumentError, UsageError
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from hanse_policies.examples.coverage import RuleCoverage
    from hanse_policies.examples.running import ExampleOutcome

DEFAULT_FOLDER = Path()


def check_examples(
    folder: Annotated[
        Path, typer.Argument(help="Holds charter.yaml, policies, assets, studies, packs, examples.")
    ] = DEFAULT_FOLDER,
    only: Annotated[
        str, typer.Option(help="Run examples whose name or file name holds this text.")
    ] = "",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Fail where a rule was never seen both ways.")
    ] = False,
    lang: Annotated[Language, typer.Option(help="Language of the explanations.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Run a folder's example decisions; exit 1 where one fails, 3 where one is not valid."""
    league = hanse_policies.read_folder(folder)
    outcomes: list[ExampleOutcome] = []
    faults: list[DocumentError] = []
    for path in hanse_policies.example_files(folder):
        try:
            file = hanse_policies.read_examples(folder, path)
        except DocumentError as error:
            faults.append(error)
            continue
        found = hanse_policies.run_examples(league, file, only)
        outcomes += found.outcomes
        faults += found.faults
        if found.outcomes and not as_json:
            _print_file(file.name, found.outcomes, lang)
    for fault in faults:
        typer.echo(f"{fault.code}: {fault}", err=True)
    if not outcomes and not faults:
        raise UsageError(f"--only: expected the name of an example or a file, got `{only[:60]}`")
    seen = hanse_policies.coverage_of(outcomes)
    if as_json:
        print_json(_record(outcomes, faults, seen))
    else:
        _print_summary(outcomes, seen)
    _end(outcomes, faults, is_incomplete=coverage and not seen.is_complete)


def _end(
    outcomes: Sequence[ExampleOutcome], faults: Sequence[DocumentError], *, is_incomplete: bool
) -> None:
    if faults:
        raise typer.Exit(int(faults[0].exit_code))
    if is_incomplete or not all(outcome.is_passed for outcome in outcomes):
        raise typer.Exit(int(ExitCode.REFUSED))


def _print_file(name: str, outcomes: Sequence[ExampleOutcome], lang: Language) -> None:
    failed = [outcome for outcome in outcomes if not outcome.is_passed]
    typer.echo(f"{name}: {len(outcomes) - len(failed)} of {len(outcomes)} as expected")
    for outcome in failed:
        expected, decision = outcome.expected, outcome.decision
        typer.echo(f"  not as expected: {outcome.name} [{outcome.file}:{outcome.line}]")
        wanted = _told(expected.verdict, expected.denied_by, expected.permit_index)
        got = _told(decision.verdict, decision.denied_by, decision.permit_index)
        typer.echo(f"    expected: {wanted}")
        typer.echo(f"    got:      {got}")
        for line in decision.explain(lang, refusals_only=True).splitlines():
            typer.echo(f"    {line}")


def _told(verdict: str, codes: Sequence[str], permit_index: int | None) -> str:
    rules = f" by {', '.join(sorted(codes))}" if codes else ""
    permit = "" if permit_index is None else f", permits[{permit_index}]"
    return f"{verdict}{rules}{permit}"


def _print_summary(outcomes: Sequence[ExampleOutcome], seen: RuleCoverage) -> None:
    passed = sum(outcome.is_passed for outcome in outcomes)
    typer.echo(f"{passed} of {len(outcomes)} examples as expected")
    if seen.is_complete:
        typer.echo("coverage: every rule was seen permitting and refusing")
        return
    for verb, rules in (("permit", seen.never_permitting), ("refuse", seen.never_refusing)):
        if rules:
            typer.echo(f"coverage: {len(rules)} rules never seen to {verb}: {', '.join(rules)}")


def _record(
    outcomes: Sequence[ExampleOutcome], faults: Sequence[DocumentError], seen: RuleCoverage
) -> dict[str, object]:
    return {
        "passed": sum(outcome.is_passed for outcome in outcomes),
        "failed": sum(not outcome.is_passed for outcome in outcomes),
        "errors": [{"error": fault.code, "message": str(fault)} for fault in faults],
        "examples": [_outcome_record(outcome) for outcome in outcomes],
        "coverage": {
            "never_permitting": list(seen.never_permitting),
            "never_refusing": list(seen.never_refusing),
        },
    }


def _outcome_record(outcome: ExampleOutcome) -> dict[str, object]:
    decision = outcome.decision
    return {
        "file": outcome.file,
        "line": outcome.line,
        "name": outcome.name,
        "passed": outcome.is_passed,
        "expected": outcome.expected.model_dump(mode="json"),
        "got": {
            "verdict": decision.verdict,
            "denied_by": list(decision.denied_by),
            "permit_index": decision.permit_index,
        },
    }
