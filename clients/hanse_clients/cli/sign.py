"""`hanse brand sign`: put policy.yaml and asset.yaml into effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.home import BrandHome
from hanse_clients.renewal import RenewedDocument, renew_documents
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.errors import UsageError


def sign_command(
    *,
    home: Home,
    renew: Annotated[
        bool,
        typer.Option(
            "--renew",
            help="First sign anew what an earlier key of this brand signed, older versions too.",
        ),
    ] = False,
    earlier: Annotated[
        Path | None,
        typer.Option(
            help="With --renew: the folder that the brand had with its earlier key; else this one."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check policy.yaml and asset.yaml and sign them; until then nothing is permitted.

    A brand that enrolled anew with another key carries its documents over with --renew. Only
    what a key signed that an accepted charter named for this brand is carried over.
    """
    opened = BrandHome.open(home)
    if earlier is not None and not renew:
        raise UsageError("--earlier: expected --renew beside it, got none; see --help")
    held = None if earlier is None else BrandHome.open(earlier)
    renewed = renew_documents(opened, held) if renew else ()
    documents = opened.documents
    asset, policy = documents.sign_asset(), documents.sign_policy()
    if as_json:
        facts = {"renewed": [_record(one) for one in renewed]} if renew else {}
        print_json({"policy": policy, "asset": asset} | facts)
        return
    for one in renewed:
        typer.echo(_text(one))
    for file, digest in ((documents.asset_file, asset), (documents.policy_file, policy)):
        typer.echo(f"{file}: in effect, digest {digest}")


def _text(one: RenewedDocument) -> str:
    how = (
        "bears the present key"
        if one.charter is None
        else f"signed anew; its key was named by charter version {one.charter}"
    )
    document = one.document
    return f"{one.file}: {document.kind} {document.version}, digest {one.digest}, {how}"


def _record(one: RenewedDocument) -> dict[str, object]:
    return {
        "file": str(one.file),
        "kind": one.document.kind,
        "version": one.document.version,
        "digest": one.digest,
        "charter": one.charter,
    }
