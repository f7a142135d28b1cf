"""`hanse operator serve`: the operator's lasting process."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from hanse_federation.structured_logs import start_logging
from hanse_policies.cli.output import AsJson, print_json
from hanse_server.alliance import DEADLINE_SECONDS, Alliance
from hanse_server.cli.options import Home


def serve_command(
    *,
    home: Home,
    deadline_seconds: Annotated[
        float, typer.Option(min=1, help="How long a brand may take for one question.")
    ] = DEADLINE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Serve the alliance until a signal ends it; logs are JSON lines on standard error.

    Ends with 6 where another server acts on the store, or takes it over.
    """
    start_logging("operator")
    alliance = Alliance.open(home)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with alliance.serve(deadline_seconds=deadline_seconds, on_lost=stop.set) as server:
        if as_json:
            print_json({"alliance": alliance.home.alliance, "address": server.address})
        else:
            typer.echo(f"{alliance.home.alliance}: serving at {server.address}, mutual TLS 1.3")
        stop.wait()
