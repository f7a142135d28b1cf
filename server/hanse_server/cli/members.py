"""`hanse operator members`: who belongs to the alliance, with which certificates."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import plain
from hanse_policies.documents import AllianceCharter
from hanse_server.cli.options import Home
from hanse_server.enrolment import charter_in_force
from hanse_server.home import OperatorHome
from hanse_server.store import CallerRole, CertificateRecord, CertificateStatus


def members_command(
    *,
    home: Home,
    history: Annotated[
        bool, typer.Option("--history", help="Superseded and revoked certificates too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the members that the charter names, and their certificates."""
    operator = OperatorHome.open(home)
    with operator.open_store() as store:
        charter = charter_in_force(operator, store)
        issued = [c for c in store.membership.certificates() if c.role is CallerRole.BRAND]
    shown = [c for c in issued if history or c.status is CertificateStatus.CURRENT]
    if as_json:
        print_json(
            {
                "alliance": charter.id,
                "charter_version": charter.version,
                "members": [member.model_dump(mode="json") for member in charter.members],
                "certificates": [_facts(record) for record in shown],
            }
        )
    else:
        Console().print(_table(charter, shown))


def _facts(record: CertificateRecord) -> dict[str, str]:
    return {
        "brand": record.brand,
        "serial": record.serial,
        "status": record.status.value,
        "expires": record.not_after.isoformat(),
        "reason": record.reason,
    }


def _table(charter: AllianceCharter, shown: list[CertificateRecord]) -> Table:
    table = Table(title=f"Alliance {charter.id}, charter version {charter.version}")
    for heading in ("brand", "legal entity", "certificate", "status", "expires"):
        table.add_column(heading)
    entities = {member.brand: member.legal_entity for member in charter.members}
    for record in shown:
        table.add_row(
            plain(record.brand),
            plain(entities.get(record.brand, "no member now")),
            record.serial[:16],
            record.status.value,
            f"{record.not_after:%Y-%m-%d}",
        )
    return table
