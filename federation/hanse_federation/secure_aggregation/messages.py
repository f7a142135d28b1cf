"""The messages of secure aggregation, as types; the codec alone knows their bytes.

Five steps, each a request to every brand and its reply, in this order:

    join     the question itself -> a signed advertisement of this attempt's key
    share    all advertisements  -> two shares for each neighbour, sealed to it
    mask     shares for me       -> the masked vector
    endorse  the survivor list   -> a signature on it
    unmask   list and signatures -> one share for each neighbour, never both

The run, the study and the round stand in the request's binding; question and
attempt stand in each payload. Names of brands in requests are the server's
words: a brand believes only what a charter-pinned key signed or sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hanse_policies.documents import BrandId

RingVector = NDArray[np.uint16] | NDArray[np.uint32] | NDArray[np.uint64]

KEY_BYTES = 32
DIGEST_BYTES = 32
SIGNATURE_BYTES = 64
SHARE_BYTES = 33
"""A share is a number below 2^256 + 297, big-endian."""
SEALED_BYTES = 2 * SHARE_BYTES + 16
"""Two shares and an AEAD tag; the nonce follows from the context."""


class ShareKind(StrEnum):
    """Which of an owner's two secrets a share belongs to."""

    SELF_MASK = "self-mask"
    """The seed of the mask that only the owner adds; revealed for survivors."""
    MASK_KEY = "mask-key"
    """The private key behind the pairwise masks; revealed for dropped brands."""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a brand says, and signs, when it joins an attempt.

    Attributes:
        brand: Who.
        mask_key: X25519 public key made for this attempt, 32 bytes.
        policy: SHA-256 of the signed policy that let the question in, 32 bytes.
        commitment: To its contribution; see `commitment.py`, 32 bytes.
        signature: Ed25519 over the session, the brand and the three, 64 bytes.
    """

    brand: BrandId
    mask_key: bytes
    policy: bytes
    commitment: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SealedShare:
    """Both shares of one owner for one holder, readable by the holder alone."""

    owner: BrandId
    holder: BrandId
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Endorsement:
    """One brand's signature on the survivor list of an attempt."""

    brand: BrandId
    signature: bytes


@dataclass(frozen=True, slots=True)
class RevealedShare:
    """A holder's share of one secret of one owner."""

    owner: BrandId
    kind: ShareKind
    value: bytes


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """Hands out everybody's advertisement; asks for sealed shares."""

    question: str
    attempt: int
    roster: tuple[Advertisement, ...]


@dataclass(frozen=True, slots=True)
class MaskRequest:
    """Hands out the shares that others sealed for this brand; asks for the masked vector."""

    question: str
    attempt: int
    shares: tuple[SealedShare, ...]


@dataclass(frozen=True, slots=True)
class EndorseRequest:
    """Names the brands whose masked vectors are in the sum; asks for a signature on it."""

    question: str
    attempt: int
    survivors: tuple[BrandId, ...]


@dataclass(frozen=True, slots=True)
class UnmaskRequest:
    """Shows who endorsed the survivor list; asks for shares."""

    question: str
    attempt: int
    survivors: tuple[BrandId, ...]
    endorsements: tuple[Endorsement, ...]


@dataclass(frozen=True, slots=True)
class JoinReply:
    """The brand has an answer ready and joins."""

    advertisement: Advertisement


@dataclass(frozen=True, slots=True)
class ShareReply:
    """Shares for every neighbour, sealed; ordered by holder."""

    shares: tuple[SealedShare, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MaskReply:
    """The masked vector; `signature` covers its roster, hence session, and its sender."""

    vector: RingVector
    signature: bytes


@dataclass(frozen=True, slots=True)
class EndorseReply:
    """A signature on the survivor list."""

    signature: bytes


@dataclass(frozen=True, slots=True)
class UnmaskReply:
    """Shares, ordered by owner: one for each neighbour that shared, of one kind each."""

    shares: tuple[RevealedShare, ...]


StepRequest = ShareRequest | MaskRequest | EndorseRequest | UnmaskRequest
StepReply = JoinReply | ShareReply | MaskReply | EndorseReply | UnmaskReply
