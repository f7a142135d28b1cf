"""Approvals: who may approve a change of a policy, and the signed word of one who did."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

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
