"""What the operator's store holds, as frozen records; no row of SQL leaves the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hanse_federation.desk import StudyState
from hanse_policies.documents import BrandId


class CallerRole(StrEnum):
    """What a certificate lets its holder do."""

    BRAND = "brand"
    OPERATOR = "operator"


class CertificateStatus(StrEnum):
    """Whether a certificate still counts, its dates aside."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate this authority issued.

    Attributes:
        serial: Serial number, lower-case hexadecimal.
        role: What it lets its holder do.
        brand: The brand it names; empty for the operator's own.
        fingerprint: SHA-256 of its DER bytes, 64 hex digits.
        not_before: First instant of its validity.
        not_after: Last instant of its validity.
        status: Whether it still counts.
        reason: Why it was revoked, in the operator's words; empty otherwise.
    """

    serial: str
    role: CallerRole
    brand: BrandId
    fingerprint: str
    not_before: datetime
    not_after: datetime
    status: CertificateStatus = CertificateStatus.CURRENT
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CharterRecord:
    """One version of the charter, as signed."""

    version: int
    digest: str
    envelope: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study as proposed."""

    digest: str
    study_id: str
    version: int
    envelope: bytes
    state: StudyState
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """The newest verdict of one brand on one study."""

    brand: BrandId
    study: str
    envelope: bytes
    decided_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The run of a study; `state` is never `PROPOSED`.

    Attributes:
        run: Its number, the same from the first question to the release.
        study: Digest of the study.
        state: Where it stands.
        started_at: When it first began.
        ended_at: When it stopped; None while it runs.
    """

    run: int
    study: str
    state: StudyState
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """What one round of a run came to; every figure in it is already noised.

    Attributes:
        round_number: 0 for the cohort question, then 1, 2, ...
        ended_at: When its last answer was in.
        brands: Brands whose answers counted.
        refusals: Brand and code of each answer that is missing.
        metrics: Named figures, finite.
    """

    round_number: int
    ended_at: datetime
    brands: tuple[BrandId, ...] = ()
    refusals: tuple[tuple[BrandId, str], ...] = ()
    metrics: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release on the operator's disk.

    Attributes:
        digest: Digest of the release.
        study: Digest of the study it answers.
        run: The run it came out of.
        directory: Name of its folder among the operator's releases.
        recipients: Who may fetch it.
        released_at: When it was signed.
    """

    digest: str
    study: str
    run: int
    directory: str
    recipients: tuple[str, ...]
    released_at: datetime
