"""`hanse policy serve-docs`: the reference, and a folder's documents, in a browser."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.language import Language

PORT = 8460


def serve_docs(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of documents to show, too.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 for one that is free.")
    ] = PORT,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key, in hex, to verify signed files with; repeatable."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language to begin in.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Show the reference and a folder's documents in a browser, until Ctrl-C.

    Listens on 127.0.0.1 alone, where every program and person on this machine can read it.
    Documents are read anew for each page. Ends with 6 where the port is taken.
    """
    from hanse_policies.site.serving import open_site  # noqa: PLC0415 - start-up stays short

    server = open_site(folder, port, tuple(key or ()), lang, lambda: datetime.now(tz=UTC))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        if as_json:
            print_json({"address": server.address})
        else:
            typer.echo(f"serving at {server.address}; Ctrl-C ends it")
        stop.wait()
        server.shutdown()
        thread.join()
