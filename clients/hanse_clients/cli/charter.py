"""`hanse brand charter` and `hanse brand accept-charter`: a person's word on a looser charter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from hanse_clients.charter_desk import WaitingCharter, accept_charter, waiting_charter
from hanse_clients.cli.options import Home
from hanse_clients.cli.output import Facts, minute
from hanse_clients.errors import BrandNotJoinedError
from hanse_clients.home import BrandHome
from hanse_clients.state import AcceptedCharter
from hanse_policies.cli.output import AsJson, print_json

Digest = Annotated[
    str, typer.Argument(help="The whole digest of the charter that waits, as `charter` shows it.")
]


def charter_command(*, home: Home, as_json: AsJson = False) -> None:
    """Show the charter in force here, and one that waits for a person, with what it changes.

    It asks nobody: `hanse brand run` and `hanse brand studies` hear of charters.
    """
    opened = _opened(home)
    with opened.open_state() as state:
        in_force, waiting = state.charter(), waiting_charter(state)
        if in_force is None:
            raise BrandNotJoinedError(
                f"expected brand {opened.name.brand} to have joined {opened.name.alliance}, got no "
                "charter; run hanse brand join"
            )
        by_person = state.held.acceptance(in_force.digest) is not None
    if as_json:
        facts = _in_force_facts(in_force, by_person=by_person)
        print_json(facts | {"waiting": None if waiting is None else _facts(waiting)})
        return
    how = "accepted by a person" if by_person else "followed"
    typer.echo(f"charter version {in_force.version}, {how} {minute(in_force.accepted_at)}")
    typer.echo(f"  digest {in_force.digest}")
    if waiting is None:
        typer.echo("  no newer one waits")
        return
    _show(waiting)
    typer.echo("  Until a person accepts it, no study runs here. To accept it:")
    typer.echo(f"  hanse brand accept-charter {waiting.signed.digest}")


def accept_charter_command(digest: Digest, *, home: Home, as_json: AsJson = False) -> None:
    """Accept the charter that waits, as a person; signs that and puts the charter in force.

    A charter that may allow more than the one in force, beyond who is a member, waits for
    this word, and no study runs meanwhile. It is of one digest: a newer charter that may
    allow more needs it anew, and an older one is never taken.
    """
    opened = _opened(home)
    with opened.open_state() as state:
        accepted = accept_charter(
            state, opened.name, opened.signing_key(), digest, datetime.now(UTC)
        )
    if as_json:
        print_json(_facts(accepted))
        return
    _show(accepted)
    typer.echo(f"  accepted, signed by {opened.name.brand}, in force now")


def _opened(home: Home) -> BrandHome:
    opened = BrandHome.open(home)
    opened.check_records()
    return opened


def _show(waiting: WaitingCharter) -> None:
    comparison = waiting.comparison
    typer.echo(
        f"charter version {waiting.signed.version} {comparison.direction}, received "
        f"{minute(waiting.signed.received_at)}"
    )
    typer.echo(f"  digest {waiting.signed.digest}")
    for change in comparison.changes:
        typer.echo(f"  {change.direction:<8} {change.name}: {change.before} -> {change.after}")
    for witness in waiting.witnesses():
        what = "newly allowed" if witness.is_newly_allowed else "newly refused"
        typer.echo(f"  {what}: {witness.describe()}")
    names = ", ".join(dict.fromkeys(change.name for change in waiting.to_accept))
    typer.echo(f"  to accept: {names}")


def _in_force_facts(charter: AcceptedCharter, *, by_person: bool) -> Facts:
    return {
        "version": charter.version,
        "digest": charter.digest,
        "since": charter.accepted_at.isoformat(),
        "by_person": by_person,
    }


def _facts(waiting: WaitingCharter) -> Facts:
    return {
        "version": waiting.signed.version,
        "digest": waiting.signed.digest,
        "supersedes": waiting.follows,
        "received": waiting.signed.received_at.isoformat(),
        "direction": waiting.comparison.direction.value,
        "changes": [
            {
                "field": change.name,
                "direction": change.direction.value,
                "before": change.before,
                "after": change.after,
            }
            for change in waiting.comparison.changes
        ],
        "to_accept": list(dict.fromkeys(change.name for change in waiting.to_accept)),
        "examples": [
            {
                "newly": "allowed" if witness.is_newly_allowed else "refused",
                "request": witness.describe(),
            }
            for witness in waiting.witnesses()
        ],
    }
