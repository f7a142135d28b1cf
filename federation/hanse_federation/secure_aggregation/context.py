"""What every key, signature and share of an attempt is bound to.

Rules: a byte string that is signed, sealed or fed to a key derivation is an
encoding of a label and length-prefixed parts, so that no two meanings share one
encoding. Everything before the roster is known binds the session; everything
after it binds the transcript: the session and every advertisement. So a message
of another alliance, charter, study, run, question, round, attempt or roster
never verifies, whoever replays it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hanse_federation.secure_aggregation.messages import Advertisement
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_policies.documents import BrandId

_PROTOCOL = "hanse/secure-aggregation/1/"
_LENGTH_BYTES = 4
_NUMBER_BYTES = 8


def encode_parts(label: str, *parts: bytes) -> bytes:
    """Encode a label and parts so that different inputs never have the same encoding.

    Args:
        label: What the bytes mean.
        parts: Each at most 2^32 - 1 bytes.

    Returns:
        Each of them, label first, behind its length in 4 bytes, big-endian.
    """
    return b"".join(
        len(part).to_bytes(_LENGTH_BYTES, "big") + part
        for part in ((_PROTOCOL + label).encode(), *parts)
    )


@dataclass(frozen=True, slots=True)
class Session:
    """One attempt to add up the answers to one question.

    Attributes:
        alliance: The alliance's identifier.
        charter: SHA-256 of the charter that pins the keys, 64 hex digits.
        study: SHA-256 of the signed study, 64 hex digits.
        run: The run.
        question: Name of the question.
        round_number: 0 before the first round, then 1, 2, ...
        attempt: From 1; a later attempt replaces an earlier one.
        vector: Length, ring and range of each contribution.
    """

    alliance: str
    charter: str
    study: str
    run: int
    question: str
    round_number: int
    attempt: int
    vector: VectorFormat

    def encode(self) -> bytes:
        """Encode the session, as everything that is signed binds it."""
        return _encoded(self)

    def contribution_label(self) -> bytes:
        """Encode what a contribution is for: the same in every attempt of its round."""
        return contribution_label(self.alliance, self.study, self.question, self.round_number)


def contribution_label(alliance: str, study: str, question: str, round_number: int) -> bytes:
    """Encode what a contribution is for, as its commitment binds it.

    Args:
        alliance: The alliance's identifier.
        study: SHA-256 of the signed study, 64 hex digits.
        question: Name of the question.
        round_number: 0 before the first round, then 1, 2, ...
    """
    return encode_parts(
        "contribution",
        alliance.encode(),
        bytes.fromhex(study),
        question.encode(),
        round_number.to_bytes(_NUMBER_BYTES, "big"),
    )


@lru_cache(maxsize=16)
def _encoded(session: Session) -> bytes:
    """Encode a session, once: every signature of an attempt is over the same one."""
    vector = session.vector
    return encode_parts(
        "session",
        session.alliance.encode(),
        bytes.fromhex(session.charter),
        bytes.fromhex(session.study),
        session.question.encode(),
        *(
            number.to_bytes(_NUMBER_BYTES, "big")
            for number in (
                session.run,
                session.round_number,
                session.attempt,
                vector.ring.bits,
                vector.length,
                vector.bound,
                vector.contributors,
            )
        ),
    )


def advertisement_text(
    session: Session, brand: BrandId, *, mask_key: bytes, policy: bytes, commitment: bytes
) -> bytes:
    """Encode what a brand signs when it joins."""
    return encode_parts(
        "advertisement", session.encode(), brand.encode(), mask_key, policy, commitment
    )


def transcript_of(session: Session, threshold: int, roster: Sequence[Advertisement]) -> bytes:
    """Hash the session with everybody's advertisement; equal for all who saw the same roster.

    Args:
        session: The session.
        threshold: How many endorsements unmasking needs.
        roster: Advertisements, ordered by brand.

    Returns:
        SHA-256, 32 bytes.
    """
    parts = (
        encode_parts("participant", ad.brand.encode(), ad.mask_key, ad.policy, ad.commitment)
        for ad in roster
    )
    text = encode_parts("roster", session.encode(), threshold.to_bytes(4, "big"), *parts)
    return hashlib.sha256(text).digest()


def masked_text(transcript: bytes, brand: BrandId) -> bytes:
    """Encode what a brand signs with its masked vector: that it masked for this roster.

    The vector itself is not covered: a hash of it would cost more than all its masks, the
    link says who sent it, and what it must be is bound by the commitment.
    """
    return encode_parts("masked", transcript, brand.encode())


def survivors_text(transcript: bytes, survivors: Sequence[BrandId]) -> bytes:
    """Encode what a brand signs when it endorses a survivor list."""
    return encode_parts("survivors", transcript, *(brand.encode() for brand in survivors))
