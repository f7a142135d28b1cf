"""`hanse operator revoke`: end a brand's membership."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import short_text
from hanse_policies.documents import BrandId
from hanse_server.cli.options import Home
from hanse_server.enrolment import revoke
from hanse_server.home import OperatorHome


def revoke_command(
    brand: Annotated[str, typer.Argument(help="The member to expel.")],
    *,
    home: Home,
    reason: Annotated[str, typer.Option(help="Why; kept in the operator's records.")],
    as_json: AsJson = False,
) -> None:
    """Refuse a brand's certificates from now on and sign a charter without it."""
    why = short_text("--reason", reason)
    operator = OperatorHome.open(home)
    with operator.open_store() as store:
        version = revoke(operator, store, BrandId(brand), reason=why, now=datetime.now(UTC))
    if as_json:
        print_json({"brand": brand, "revoked": True, "charter_version": version})
    else:
        typer.echo(f"{brand}: revoked, charter version {version} is without it")
