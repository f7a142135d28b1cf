"""What a brand keeps of the rounds of secure aggregation, as types."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hanse_federation.messages import Question


@dataclass(frozen=True, slots=True)
class RoundKey:
    """One question of one round of a study: a brand contributes to it once.

    Attributes:
        study: SHA-256 of the signed study, 64 hex digits.
        question: What is asked.
        round_number: 0 outside training rounds.
    """

    study: str
    question: Question
    round_number: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, in one run, to add up what the brands contribute to a round.

    Attributes:
        round: The round.
        run: The run's number.
        number: The attempt within the run; a later one has a higher number.
    """

    round: RoundKey
    run: int
    number: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """The one vector that a brand adds to a round, noise included.

    Attributes:
        round: Where it belongs.
        request_digest: SHA-256 of the question's payload, 64 hex digits.
        data_version: The brand's mark for the data and consent behind it.
        ring_bits: Bits of an element: 16, 32 or 64.
        length: Number of elements.
        vector: The elements, little-endian; None once the study was forgotten.
        nonce: What its commitment was made with, 32 bytes; None once forgotten.
    """

    round: RoundKey
    request_digest: str
    data_version: str
    ring_bits: int
    length: int
    vector: bytes | None
    nonce: bytes | None

    @property
    def vector_digest(self) -> str:
        """SHA-256 of the vector, 64 hex digits; empty once forgotten."""
        return "" if self.vector is None else hashlib.sha256(self.vector).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contribution stands.

    Attributes:
        live: The attempt it is masked for now; None before the first and once its
            study was forgotten.
        survivors: Digest of the survivor list that shares were revealed for; None
            until then. From then on it is spent and never masked again.
    """

    live: Attempt | None
    survivors: bytes | None

    @property
    def is_spent(self) -> bool:
        """Tell whether the contribution may be in a decoded sum already."""
        return self.survivors is not None


@dataclass(frozen=True, slots=True)
class KeptContribution:
    """A contribution as the store holds it.

    Attributes:
        contribution: What was kept.
        vector_digest: SHA-256 of the vector, 64 hex digits; stays when the vector goes.
        standing: Where it stands.
    """

    contribution: Contribution
    vector_digest: str
    standing: Standing

    @property
    def live(self) -> Attempt | None:
        """The attempt it is masked for now."""
        return self.standing.live

    @property
    def is_spent(self) -> bool:
        """Tell whether it may be in a decoded sum already."""
        return self.standing.is_spent


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step that was taken, with the exact bytes that answered it.

    Attributes:
        attempt: Where it belongs.
        step: The step's name.
        request_digest: SHA-256 of the request's payload, 64 hex digits.
        reply: The reply's encoded payload, without its binding; None once the attempt
            was given up or forgotten.
        reply_digest: SHA-256 of these bytes, 64 hex digits; stays when they go.
    """

    attempt: Attempt
    step: str
    request_digest: str
    reply: bytes | None
    reply_digest: str
