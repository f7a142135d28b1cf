"""`hanse policy approve`: put an approver's signed word on a new policy or asset."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.diff import load_comparable
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.cli.texts import short_text
from hanse_policies.durable_files import write_new
from hanse_policies.errors import ApprovalError, ComparisonError

if TYPE_CHECKING:
    from hanse_policies.documents import Approver, BrandPolicy, DataAsset


def approve(
    new: Annotated[Path, typer.Argument(help="The version that is to take effect.")],
    approver: Annotated[str, typer.Option("--as", help="The approver's id in the policy.")],
    key: Annotated[Path, typer.Option(help="The approver's private key.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")],
    out: Annotated[Path, typer.Option(help="The signed approval to write; must not exist.")],
    old: Annotated[
        Path | None, typer.Option(help="The version in effect; left out for the first one.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Sign a refusal instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Approve, or refuse, that one version of a policy or asset takes the place of another."""
    said = short_text("--reason", reason)
    after = _approvable(new)
    before = None if old is None else _approvable(old)
    if before is not None and before.kind != after.kind:
        raise ComparisonError(
            f"expected two versions of one document, got a {before.kind} and a {after.kind}"
        )
    signing_key = hanse_policies.SigningKey.from_pem(hanse_policies.read_private(key))
    named = hanse_policies.approvers_of(before, after)
    role = _role_of(approver, signing_key.public_hex, named, after.author)
    verdict = hanse_policies.Verdict.DENY if refuse else hanse_policies.Verdict.PERMIT
    approval = hanse_policies.Approval(
        kind="Approval",
        document=hanse_policies.digest(after),
        supersedes=None if before is None else hanse_policies.digest(before),
        approver=approver,
        verdict=verdict,
        reason=said,
        approved=datetime.now(tz=UTC),
    )
    write_new(out, signing_key.sign(approval).to_json())
    if as_json:
        print_json({"file": str(out), "approver": approver, "role": role, "verdict": verdict})
    else:
        typer.echo(f"{out}: {verdict} by {approver} ({role}) of {after.id} {after.version}")


def _approvable(path: Path) -> BrandPolicy | DataAsset:
    """Read a document that takes approvals.

    Raises:
        ComparisonError: It is of another kind.
    """
    document = load_comparable(path).document
    if isinstance(document, hanse_policies.BrandPolicy | hanse_policies.DataAsset):
        return document
    raise ComparisonError(
        f"expected a BrandPolicy or a DataAsset, which take approvals, got a {document.kind}"
    )


def _role_of(approver: str, key: str, named: tuple[Approver, ...], author: str | None) -> str:
    """Return the role of one who may approve.

    Args:
        approver: Who approves.
        key: Their public key.
        named: Who may approve.
        author: Of the version that is approved.

    Raises:
        ApprovalError: They are not named with this key, or they are the author.
    """
    known = {one.id: one for one in named}
    if approver not in known or known[approver].key != key:
        raise ApprovalError(
            f"expected one of the approvers {', '.join(known) or 'none'} with their own key, got "
            f"{approver[:64]} with key {key[:16]}"
        )
    if approver == author:
        raise ApprovalError(
            f"expected an approver who did not write the version, got its author {approver}; "
            "have another approver look at it"
        )
    return known[approver].role
