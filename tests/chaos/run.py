"""Kills and disturbs a league of real processes, and tells what it survived.

    python -m tests.chaos.run --kills 200 --seed 1 [--store postgresql]

Ends with 1 on any violation of an invariant, whose files it keeps, where fewer kills happened
than were asked for, and, if asked to kill at every point, where one was never reached.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.campaign import Campaign
from tests.chaos.league import faulty_league
from tests.chaos.points import fault_points
from tests.support.postgresql_cluster import postgresql_cluster, postgresql_folder

STORES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    console = Console()
    if asked.store == "postgresql" and postgresql_folder() is None:
        console.print("no PostgreSQL server is installed here: nothing was run")
        return 0 if asked.if_installed else 1
    folder = Path(tempfile.mkdtemp(prefix="hanse-chaos-"))
    started = time.monotonic()
    with _store(asked.store, folder) as store, faulty_league(folder / "league", store=store) as up:
        campaign = Campaign(up, fault_points(), asked.kills, asked.seed)
        campaign.run(lambda line: console.print(line, highlight=False), asked.minutes)
    _print(console, campaign, time.monotonic() - started)
    if campaign.killed < asked.kills:
        console.print(f"expected {asked.kills} kills, got {campaign.killed}", highlight=False)
    if campaign.violations:
        console.print(f"the league's files are kept in {folder}", highlight=False)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    is_complete = not (asked.every_point and campaign.plan.never_reached)
    return 0 if campaign.killed >= asked.kills and is_complete else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many kills to make")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="begin no further study after so long"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the faults")
    parser.add_argument("--store", choices=STORES, default=STORES[0], help="the operator's store")
    parser.add_argument(
        "--every-point", action="store_true", help="end with 1 if a fault point was never reached"
    )
    parser.add_argument(
        "--if-installed", action="store_true", help="without PostgreSQL end with 0, having run none"
    )
    return parser


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[str | None]:
    (folder / "league").mkdir()
    if kind == "sqlite":
        yield None
        return
    with postgresql_cluster(folder / "postgresql") as address:
        yield address


def _print(console: Console, campaign: Campaign, seconds: float) -> None:
    table = Table(title="Faults, and how the runs that suffered them ended")
    for heading in ("fault", "happened", "released", "refused", "violated"):
        table.add_column(heading, justify="left" if heading == "fault" else "right")
    for fault, happened, released, refused in campaign.tally.rows():
        violated = happened - released - refused
        table.add_row(fault, *map(str, (happened, released, refused, violated)))
    console.print(table)
    invariants = campaign.invariants
    lines = [
        f"{campaign.killed} kills in {campaign.studies} studies, {seconds:.0f} s",
        f"{invariants.sums_checked} decoded sums compared with the brands' contributions",
        f"{invariants.releases_checked} releases compared with the brands' contributions",
        f"{invariants.replies_checked} replies to steps compared with what the brands kept",
        f"{invariants.messages_checked} messages that left found charged before",
        f"{invariants.charges} charges, {invariants.charged_again} of them for a question again",
        f"points never reached: {', '.join(campaign.plan.never_reached) or 'none'}",
        *(f"{count} x {name}" for name, count in sorted(campaign.failures.items())),
        *(f"{count} x {name}" for name, count in sorted(campaign.exits.items())),
        f"violations: {len(campaign.violations)}",
        *campaign.violations,
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False)


if __name__ == "__main__":
    sys.exit(main())
