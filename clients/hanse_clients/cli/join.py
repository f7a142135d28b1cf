"""`hanse brand join`: take the operator's answer and become a member."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.home import BrandHome
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.durable_files import read_bounded
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES


def join_command(
    bundle: Annotated[Path, typer.Argument(help="The operator's BRAND.bundle.json.")],
    *,
    home: Home,
    fingerprint: Annotated[
        str, typer.Option(help="The operator's fingerprint, told by another way.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check the bundle against the fingerprint and this brand's keys, and keep it."""
    answer = read_bounded(bundle, MAXIMUM_ENVELOPE_BYTES)
    joined = BrandHome.open(home).join(answer, fingerprint, now=datetime.now(UTC))
    membership = joined.membership()
    with joined.open_state() as state:
        charter = joined.charter(state)
    if as_json:
        print_json(
            {
                "brand": membership.name.brand,
                "alliance": membership.name.alliance,
                "address": membership.address,
                "expires": membership.expires.isoformat(),
                "charter_version": charter.version,
            }
        )
        return
    typer.echo(f"{membership.name.brand}: member of {membership.name.alliance}")
    typer.echo(f"  operator: {charter.operator.name} at {membership.address}")
    typer.echo(f"  charter: version {charter.version}, {len(charter.members)} members")
    typer.echo(f"  certificate until: {membership.expires:%Y-%m-%d}")
