"""`hanse brand studies`: the studies this brand heard of, and where each stands."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hanse_clients.cli.options import Home
from hanse_clients.cli.output import standing_facts, verdict_word
from hanse_clients.client import BrandClient
from hanse_clients.verdicts import StudyStanding
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import plain


def studies_command(
    *,
    home: Home,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only what is known here; ask nobody.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the studies, each judged as things stand now."""
    with BrandClient.open(home) as brand:
        standings = brand.studies(sync=not offline)
    if as_json:
        print_json([standing_facts(standing) for standing in standings])
    else:
        Console().print(_table(standings))


def _table(standings: tuple[StudyStanding, ...]) -> Table:
    table = Table(title="Studies")
    for heading in ("study", "purpose", "at the operator", "our verdict", "rules say", "digest"):
        table.add_column(heading)
    for standing in standings:
        judgement = standing.judgement
        rules = "permit" if judgement.decision.is_permitted else "deny"
        refused = ", ".join(judgement.decision.denied_by)
        table.add_row(
            plain(judgement.opened.study.id),
            judgement.opened.study.purpose.value,
            standing.state.value,
            plain(verdict_word(standing.verdict)),
            plain(f"{rules}: {refused}" if refused else rules),
            standing.digest[:12],
        )
    return table
