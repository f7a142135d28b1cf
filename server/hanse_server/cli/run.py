"""`hanse operator run`: run a study to its end and show each step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hanse_federation.desk import RunEvent, RunStage
from hanse_policies.cli.output import AsJson
from hanse_policies.cli.texts import plain
from hanse_policies.exit_codes import ExitCode
from hanse_server.alliance import Alliance
from hanse_server.cli.options import Home

ENDINGS = {
    RunStage.RELEASED: ExitCode.OK,
    RunStage.REFUSED: ExitCode.REFUSED,
    RunStage.FAILED: ExitCode.UNAVAILABLE,
}


def run_command(
    study: Annotated[str, typer.Argument(help="The study's id, or its digest.")],
    *,
    home: Home,
    as_json: AsJson = False,
) -> int:
    """Run a study over the brands that approved it; with --json, one object a step.

    Ends with 0 on a release, 1 where too few brands approved, 6 where the run failed.
    """
    events = Alliance.open(home).run(study)
    last = _print_lines(events) if as_json else _show(study, events)
    return int(ENDINGS.get(last.stage, ExitCode.UNAVAILABLE)) if last else ExitCode.UNAVAILABLE


def _print_lines(events: Iterator[RunEvent]) -> RunEvent | None:
    last = None
    for last in events:
        typer.echo(json.dumps(asdict(last), ensure_ascii=False))
    return last


def _show(study: str, events: Iterator[RunEvent]) -> RunEvent | None:
    console, last = Console(), None
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(study, total=1)
        for last in events:
            steps = last.rounds + 1 if last.rounds else 2
            done = steps if last.stage is RunStage.RELEASED else last.round_number
            done += last.stage in {RunStage.COHORT, RunStage.ROUND}
            progress.update(task, total=steps, completed=min(done, steps))
            for line in _lines(last):
                console.print(plain(line))
    return last


def _lines(event: RunEvent) -> Iterator[str]:
    said = "refused by" if event.stage is RunStage.REFUSED else "did not answer:"
    for brand, code in event.refusals:
        yield f"  {brand} {said} {code}"
    match event.stage:
        case RunStage.STARTED:
            yield f"  asked: {', '.join(event.brands)}"
        case RunStage.RELEASED:
            yield f"  released: {event.release}"
        case RunStage.REFUSED | RunStage.FAILED:
            yield f"  {event.stage}: {event.detail}"
