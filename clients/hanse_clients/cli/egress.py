"""`hanse brand egress`: every message that left this brand."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from hanse_clients.cli.options import Home
from hanse_clients.cli.output import message_facts
from hanse_clients.client import BrandClient
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import plain


def egress_command(*, home: Home, as_json: AsJson = False) -> None:
    """Check the egress journal and show it: type, size and digest of each message."""
    with BrandClient.open(home) as brand:
        entries = brand.egress()
    if as_json:
        print_json([message_facts(entry) for entry in entries])
        return
    table = Table(title="What left, newest last; the chain of entries is whole")
    for heading in ("#", "when", "study", "round", "message", "bytes", "sha256"):
        table.add_column(heading)
    for entry in entries:
        record = entry.record
        table.add_row(
            str(entry.index),
            f"{record.time:%Y-%m-%d %H:%M:%S}",
            record.study[:12],
            str(record.round_number),
            plain(record.message_type),
            str(record.byte_count),
            record.sha256[:12],
        )
    Console().print(table)
