"""`hanse policy verify`: is an envelope signed by this key, and what is in it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_summary, summarise
from hanse_policies.cli.reading import read_envelope


def verify(
    envelope: Annotated[Path, typer.Argument(help="A signed document, DSSE in JSON.")],
    key: Annotated[str, typer.Option(help="The public key that must have signed, in hex.")],
    as_json: AsJson = False,
) -> None:
    """Verify a signed document and print kind, id, version and digest; exit 4 if it is not."""
    received = read_envelope(envelope)
    model = hanse_policies.document_class(received.kind)
    document = hanse_policies.open_envelope(received, model, key)
    print_summary(summarise(str(envelope), document), as_json, signed_by=key)
