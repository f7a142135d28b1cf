"""`hanse policy check`: is each file a valid document, and which one?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json, summarise
from hanse_policies.errors import DocumentError


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML documents.")],
    as_json: AsJson = False,
) -> None:
    """Validate documents of any kind and print kind, id, version and digest."""
    records: list[dict[str, object]] = []
    failure: DocumentError | None = None
    for file in files:
        try:
            summary = summarise(str(file), hanse_policies.load_any(file).document)
        except DocumentError as error:
            failure = error
            records.append({"file": str(file), "error": error.code, "message": str(error)})
            typer.echo(f"{error.code}: {error}", err=True)
            continue
        records.append(asdict(summary))
        if not as_json:
            typer.echo(summary.line())
    if as_json:
        print_json(records)
    if failure is not None:
        raise typer.Exit(int(failure.exit_code))
