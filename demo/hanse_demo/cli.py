"""`hanse demo`: a whole league on this machine, from keys to report.

Rules: a signal to stop (Ctrl-C, or the end of the terminal) ends every process
that was started and then the command, with 130; a second one while it cleans up
is not heard. Exit codes beside the usual ones: 1 where the studies did not end
as they are meant to.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from hanse_demo.errors import DemoInterruptedError
from hanse_demo.league import MAXIMUM_BRANDS, MINIMUM_BRANDS
from hanse_demo.screen import Screen
from hanse_demo.script import run_demo
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.documents import TrustMode

DEFAULT_BRANDS = 5
DEFAULT_OUT = Path("demo-out")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

app = typer.Typer(
    help="Watch a whole league at work on this machine.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def demo_command(
    *,
    brands: Annotated[
        int,
        typer.Option(min=MINIMUM_BRANDS, max=MAXIMUM_BRANDS, help="How many brands take part."),
    ] = DEFAULT_BRANDS,
    mode: Annotated[
        TrustMode,
        typer.Option(
            help="Where noise is added: each brand adds all of it, or a share of it.",
        ),
    ] = TrustMode.LOCAL,
    out: Annotated[
        Path, typer.Option(help="The folder to write to; empty, or of an earlier demo.")
    ] = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:
    """Let brands and an operator, each a process of its own, run three studies on real data.

    The data is a published household panel; the consents are synthetic. Nothing
    but the loopback of this machine is used. With --json, standard output is one
    JSON value, at the end.
    """
    screen = Screen(Console(stderr=as_json, highlight=False))
    with _stopped_by_signals():
        summary = run_demo(out, brands, mode, screen, lambda: datetime.now(UTC))
    if as_json:
        print_json(summary.facts())
    else:
        screen.end(summary)
    summary.check()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let the first signal to stop interrupt the demo and later ones not its clean-up."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    except KeyboardInterrupt as error:
        raise DemoInterruptedError from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
