"""`hanse brand run`: the brand's lasting process."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.client import BrandClient
from hanse_federation.structured_logs import start_logging
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.exit_codes import ExitCode


def run_command(
    *,
    home: Home,
    poll_seconds: Annotated[
        float, typer.Option(min=0.1, help="How often to ask for new studies.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Hear of studies, decide, and answer approved ones until a signal ends it.

    It dials the operator and listens on no port; logs are JSON lines on standard error.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with BrandClient.open(home) as brand:
        name = brand.home.name
        start_logging(name.brand)
        address = brand.home.membership().address
        if as_json:
            print_json({"brand": name.brand, "alliance": name.alliance, "address": address})
        else:
            typer.echo(f"{name.brand}: member of {name.alliance}, dialling {address}")
        brand.run(stop, poll_seconds=poll_seconds)
    # Every record is closed and on disk; taking torch and gRPC apart would take seconds.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(ExitCode.OK)
