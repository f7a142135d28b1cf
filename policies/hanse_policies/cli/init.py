"""`hanse policy init`: a first set of documents that denies until somebody edits it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json


def init(
    alliance: Annotated[str, typer.Option(help="The alliance's id, as its charter has it.")],
    brand: Annotated[str, typer.Option(help="The brand's id, as its charter has it.")],
    jurisdiction: Annotated[
        str, typer.Option(help="Where persons and brand are: a country by ISO 3166, or EU.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write; must not exist, or be empty.")],
    as_json: AsJson = False,
) -> None:
    """Write a commented policy, asset, study and examples; they permit nothing yet."""
    written = hanse_policies.write_starter(out, alliance, brand, jurisdiction)
    if as_json:
        print_json({"folder": str(out), "files": list(written)})
        return
    for name in written:
        typer.echo(str(out / name))
    policy = out / "policies" / f"{brand}.yaml"
    typer.echo(f"next: edit {policy}, then run: hanse policy test {out}")
