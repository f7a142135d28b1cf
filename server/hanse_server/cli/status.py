"""`hanse operator status`: brands, studies and traffic as the operator sees them."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from hanse_federation.desk import OperatorStatus, StudyStatus
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import plain
from hanse_server.alliance import Alliance
from hanse_server.cli.options import Home


def status_command(*, home: Home, as_json: AsJson = False) -> None:
    """Show who is connected, where each study stands, and what crossed the link."""
    status = Alliance.open(home).status()
    if as_json:
        print_json(asdict(status))
        return
    console = Console()
    connected = f"{len(status.connected)} of {len(status.enrolled)} brands connected"
    console.print(plain(f"{status.alliance}: {connected}"))
    console.print(_studies(status))
    console.print(_traffic(status))


def _studies(status: OperatorStatus) -> Table:
    table = Table(title="Studies")
    for heading in ("study", "state", "approved", "refused", "digest"):
        table.add_column(heading)
    for study in status.studies:
        table.add_row(
            plain(study.study_id),
            study.state.value,
            plain(", ".join(study.approved) or "none"),
            plain(_refusals(study)),
            study.digest[:12],
        )
    return table


def _refusals(study: StudyStatus) -> str:
    """Write the refusals, brands that refused for the same rules together."""
    by_rules: dict[tuple[str, ...], list[str]] = {}
    for brand, codes in study.refused:
        by_rules.setdefault(codes, []).append(brand)
    lines = [f"{', '.join(brands)}: {', '.join(codes)}" for codes, brands in by_rules.items()]
    return "\n".join(lines) or "none"


def _traffic(status: OperatorStatus) -> Table:
    table = Table(title="What crossed, in bytes")
    for heading in ("brand", "direction", "message", "count", "payload", "framed"):
        table.add_column(heading)
    for count in status.traffic:
        table.add_row(
            plain(count.brand),
            count.direction,
            plain(count.message_type),
            str(count.messages),
            str(count.payload_bytes),
            str(count.framed_bytes),
        )
    return table
