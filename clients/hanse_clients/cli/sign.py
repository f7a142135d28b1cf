"""`hanse brand sign`: put policy.yaml and asset.yaml into effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hanse_clients.cli.options import Home
from hanse_clients.earlier_records import EarlierRecords
from hanse_clients.home import BrandHome
from hanse_clients.renewal import Renewal, RenewedDocument, renew_documents
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

    A brand that enrolled anew with another key carries its documents over with --renew, and
    what its people refused and what followed from ended consents. Only what a key signed that an
    accepted charter named for this brand is carried over, and only beside the ledger as it was.
    """
    opened = BrandHome.open(home)
    if earlier is not None and not renew:
        raise UsageError("--earlier: expected --renew beside it, got none; see --help")
    held = None if earlier is None else BrandHome.open(earlier)
    renewed = renew_documents(opened, held) if renew else None
    documents = opened.documents
    asset, policy = documents.sign_asset(), documents.sign_policy()
    if as_json:
        facts = {} if renewed is None else _facts(renewed)
        print_json({"policy": policy, "asset": asset} | facts)
        return
    if renewed is not None:
        for one in renewed.documents:
            typer.echo(_text(one))
        _tell_records(renewed.records, held)
    for file, digest in ((documents.asset_file, asset), (documents.policy_file, policy)):
        typer.echo(f"{file}: in effect, digest {digest}")


def _tell_records(records: EarlierRecords, earlier: BrandHome | None) -> None:
    for refusal in records.refusals:
        typer.echo(f"study {refusal.word.study[:12]}: refused by a person, stays so")
    for signed in records.withdrawals:
        typer.echo(f"withdrawal {signed.document.id}: stands, digest {signed.digest}")
    for purge in records.purges:
        typer.echo(
            f"study {purge.study[:12]}: what is kept of it goes by {purge.purge_by:%Y-%m-%d}"
        )
    left = [one.purge_by for one in records.purges if one.done_at is None]
    if earlier is not None and left:
        typer.echo(
            f"{earlier.path}: still holds what {len(left)} of these took in; remove its rounds.db "
            f"and ledger.db by {min(left):%Y-%m-%d}"
        )


def _text(one: RenewedDocument) -> str:
    how = (
        "bears the present key"
        if one.charter is None
        else f"signed anew; its key was named by charter version {one.charter}"
    )
    document = one.document
    return f"{one.file}: {document.kind} {document.version}, digest {one.digest}, {how}"


def _facts(renewed: Renewal) -> dict[str, object]:
    records = renewed.records
    return {
        "renewed": [_record(one) for one in renewed.documents],
        "refused": [one.word.study for one in records.refusals],
        "withdrawals": [one.digest for one in records.withdrawals],
        "purges": [
            {"study": one.study, "purge_by": one.purge_by.isoformat()} for one in records.purges
        ],
    }


def _record(one: RenewedDocument) -> dict[str, object]:
    return {
        "file": str(one.file),
        "kind": one.document.kind,
        "version": one.document.version,
        "digest": one.digest,
        "charter": one.charter,
    }
