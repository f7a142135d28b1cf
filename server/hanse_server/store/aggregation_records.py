"""What the store holds of secure aggregation, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hanse_federation.messages import Question
from hanse_policies.documents import BrandId


class AttemptPhase(StrEnum):
    """How far an attempt has come; in this order, never back."""

    JOINING = "joining"
    SHARING = "sharing"
    MASKING = "masking"
    ENDORSING = "endorsing"
    """The survivor list and the masked sum are fixed."""
    UNMASKING = "unmasking"
    """Shares may be revealed; there is no further attempt from here on."""
    DECODED = "decoded"


class AggregationStep(StrEnum):
    """What a brand answered."""

    JOIN = "join"
    SHARE = "share"
    MASK = "mask"
    ENDORSE = "endorse"
    UNMASK = "unmask"


@dataclass(frozen=True, slots=True)
class QuestionKey:
    """One question of one round of one run; it has one sum, ever."""

    run: int
    question: Question
    round_number: int


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """The newest attempt at a question.

    Attributes:
        key: The question.
        attempt: 1, 2, ...
        phase: How far it has come.
        opened_at: When it began.
        charter: Digest of the charter that pins the keys in it.
        survivors: Whose masked vectors are in the sum, sorted; empty until fixed.
        ring_bits: Of the masked sum; None until the survivors are fixed.
    """

    key: QuestionKey
    attempt: int
    phase: AttemptPhase
    opened_at: datetime
    charter: str
    survivors: tuple[BrandId, ...] = ()
    ring_bits: int | None = None


@dataclass(frozen=True, slots=True)
class EnvelopeRecord:
    """What one brand answered to one step of an attempt.

    Attributes:
        attempt: The attempt.
        step: The step.
        brand: Who.
        digest: SHA-256 of its exact bytes, 32 bytes.
        content: The bytes; None for a masked vector and for revealed shares, which are
            never kept, and for sealed shares of an attempt that is over.
    """

    attempt: int
    step: AggregationStep
    brand: BrandId
    digest: bytes
    content: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class MaskedSum:
    """The sum of the survivors' masked vectors.

    Attributes:
        survivors: Whose vectors are in it, sorted.
        ring_bits: 16, 32 or 64.
        elements: Ring elements, little-endian.
    """

    survivors: tuple[BrandId, ...]
    ring_bits: int
    elements: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SumRecord:
    """A decoded sum; it never changes.

    Attributes:
        key: The question.
        attempt: The attempt that led to it.
        contributors: Whose contributions are in it, sorted.
        ring_bits: Of the ring it was summed in.
        cells: Signed 64-bit integers, little-endian.
    """

    key: QuestionKey
    attempt: int
    contributors: tuple[BrandId, ...]
    ring_bits: int
    cells: bytes = field(repr=False)
