"""`hanse policy keygen`: make a signing key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json


def keygen(
    out: Annotated[Path, typer.Option(help="Where to write the private key; must not exist.")],
    as_json: AsJson = False,
) -> None:
    """Make an Ed25519 key, write the private half with mode 0600, print the public half."""
    key = hanse_policies.SigningKey.generate()
    hanse_policies.write_private(out, key.to_pem())
    if as_json:
        print_json({"file": str(out), "public_key": key.public_hex})
    else:
        typer.echo(f"{out}: public key {key.public_hex}")
