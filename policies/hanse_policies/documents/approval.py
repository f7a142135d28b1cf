"""Approvals: who may approve a change of a policy, and the signed word of one who did."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from hanse_policies.documents.base import (
    Digest,
    Identifier,
    PublicKeyText,
    ShortText,
    StrictModel,
)
from hanse_policies.documents.vocabulary import Verdict


class Approver(StrictModel):
    """One who may approve, with the key that the approval must be signed by."""

    id: Identifier
    role: Identifier
    """As `data-protection-officer` or `data-owner`; approvals count by role."""
    key: PublicKeyText
    """Ed25519, checks the approver's approvals."""


class ApprovalRules(StrictModel):
    """How many approvers, each in a role of its own, a change of this document takes."""

    loosen: Annotated[int, Field(ge=0, le=10)]
    """For a version that allows anything that this one does not."""


def check_approvers(approvers: tuple[Approver, ...], rules: ApprovalRules) -> None:
    """Check that approvers can be told apart and are enough.

    Args:
        approvers: Of one document.
        rules: Of the same.

    Raises:
        ValueError: Two share an id or a key, or they have too few roles.
    """
    for what, values in (
        ("id", [approver.id for approver in approvers]),
        ("key", [approver.key for approver in approvers]),
    ):
        if len(set(values)) != len(values):
            raise ValueError(f"two approvers share one {what}")
    roles = {approver.role for approver in approvers}
    if rules.loosen > len(roles):
        raise ValueError(
            f"approvals.loosen asks for {rules.loosen} roles, but the approvers have {len(roles)}"
        )


class Approval(StrictModel):
    """One approver's signed word on one version of a document, replacing one other."""

    kind: Literal["Approval"]
    document: Digest
    """The version that is approved."""
    supersedes: Digest | None
    """The version that it replaces, which the approver compared it with."""
    approver: Identifier
    verdict: Verdict
    reason: ShortText
    approved: AwareDatetime
