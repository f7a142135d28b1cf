"""`hanse policy sign`: put a document into a signed envelope."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_summary, summarise
from hanse_policies.durable_files import write_new


def sign(
    file: Annotated[Path, typer.Argument(help="A YAML document of any kind.")],
    key: Annotated[Path, typer.Option(help="The private key, from `hanse policy keygen`.")],
    out: Annotated[Path, typer.Option(help="The envelope to write; must not exist.")],
    as_json: AsJson = False,
) -> None:
    """Validate a document, sign its canonical form and write the DSSE envelope."""
    document = hanse_policies.load_any(file).document
    signing_key = hanse_policies.SigningKey.from_pem(hanse_policies.read_private(key))
    envelope = signing_key.sign(document)
    write_new(out, envelope.to_json())
    print_summary(
        summarise(str(file), document),
        as_json,
        signed_by=signing_key.public_hex,
        envelope=str(out),
    )
