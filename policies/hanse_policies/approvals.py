"""Who approved a version of a policy or an asset, and whether it may take effect by that.

Rules: a version that may loosen needs as many approvers, each in another role, as the
version before it asks for, or as it asks for itself where that is more; the first version,
and the first that asks for any, needs as many as it asks for itself. An
approval is of one version in the place of one other, signed by a key that the version
before it names. Nobody approves what they wrote. One approver's `deny` stands for good:
the next try is another version.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from hanse_policies.canonical import digest
from hanse_policies.compare.comparison import compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import Approval, Approver, BrandPolicy, DataAsset, Verdict
from hanse_policies.errors import ApprovalError
from hanse_policies.facts import ApprovalState
from hanse_policies.signing import Envelope, open_envelope

Approved = TypeVar("Approved", BrandPolicy, DataAsset)
"""What takes effect only once it is approved."""


def approvals_needed(
    before: Approved | None, after: Approved, direction: Direction | None = None
) -> int:
    """Tell how many roles must approve a version.

    Args:
        before: The version in effect; None for the first one.
        after: The version that is to take effect.
        direction: What lies between them, under the legal packs in play; compared here, with
            nothing known of any pack, where it is None.

    Raises:
        ComparisonError: They are not versions of one document.
    """
    if before is None or not before.approvals.loosen:
        return after.approvals.loosen
    if direction is None:
        direction = compare_versions(before, after).direction
    asked = max(before.approvals.loosen, after.approvals.loosen)
    return asked if direction.may_loosen else 0


def approvers_of(
    before: BrandPolicy | DataAsset | None, after: BrandPolicy | DataAsset
) -> tuple[Approver, ...]:
    """List who may approve a version: whom the one before names, if it asks for anybody.

    Else the version itself names them, as a first one does: where no approval was ever asked
    for, there is nobody else whose word could count.
    """
    return after.approvers if before is None or not before.approvals.loosen else before.approvers


def open_approval(envelope: Envelope, approvers: Iterable[Approver]) -> Approval:
    """Verify an approval with the key of the approver whom it names.

    Args:
        envelope: The signed approval.
        approvers: Who may approve, as `approvers_of` lists them.

    Raises:
        ApprovalError: None of the approvers signed it under their own name.
        SignatureError: The payload is no valid approval.
    """
    hints = {signature.key_hint for signature in envelope.signatures}
    for approver in approvers:
        if approver.key in hints:
            approval = open_envelope(envelope, Approval, approver.key)
            if approval.approver == approver.id:
                return approval
    raise ApprovalError(
        "expected an approval signed by an approver of the version in effect under their own "
        "name, got another; have it signed by one whom that version names"
    )


def approval_state(
    before: Approved | None,
    after: Approved,
    approvals: Iterable[Approval],
    direction: Direction | None = None,
) -> ApprovalState:
    """Tell how far a version is approved.

    Args:
        before: The version in effect; None for the first one.
        after: The version that is to take effect.
        approvals: Verified ones; those of other versions do not count.
        direction: As `approvals_needed` takes it.

    Raises:
        ComparisonError: The two are not versions of one document.
    """
    known = {approver.id: approver for approver in approvers_of(before, after)}
    replaced = None if before is None else digest(before)
    permitted, refused = set(), set()
    for approval in approvals:
        if (approval.document, approval.supersedes) != (digest(after), replaced):
            continue
        if approval.approver not in known:
            continue
        if approval.verdict is Verdict.DENY:
            refused.add(approval.approver)
        elif approval.approver != after.author:
            permitted.add(known[approval.approver].role)
    return ApprovalState(
        needed=approvals_needed(before, after, direction),
        roles=tuple(sorted(permitted)),
        refused_by=tuple(sorted(refused)),
    )
