"""Commitments to a contribution: signed now, opened to an auditor later.

Rules: a commitment is a SHA-256 over a label, a secret random nonce of 256 bits
and the exact bytes of the quantised vector, each with its length in front, so
that no two openings share an encoding. The nonce hides the vector; the hash
binds the brand to it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np

from hanse_federation.secure_aggregation.context import encode_parts
from hanse_federation.secure_aggregation.errors import CommitmentRefusedError
from hanse_federation.secure_aggregation.messages import RingVector

NONCE_BYTES = 32

_LABEL = "commitment"


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """What opens a commitment.

    Attributes:
        nonce: The 32 secret bytes drawn for it.
        vector: The quantised contribution, before masking.
    """

    nonce: bytes
    vector: RingVector


def commit(nonce: bytes, label: bytes, vector: RingVector) -> bytes:
    """Commit to a contribution.

    Args:
        nonce: 32 bytes from the brand's generator, used for no other commitment.
        label: What the contribution is for: study, question and round.
        vector: The quantised contribution, before masking, contiguous.

    Returns:
        The commitment, 32 bytes.

    Raises:
        CommitmentRefusedError: The nonce has another length.
    """
    if len(nonce) != NONCE_BYTES:
        raise CommitmentRefusedError(
            f"a commitment's nonce has another size: expected {NONCE_BYTES} bytes, "
            f"got {len(nonce)}; draw it anew"
        )
    little_endian = np.ascontiguousarray(vector, dtype=vector.dtype.newbyteorder("<"))
    digest = hashlib.sha256(
        encode_parts(
            _LABEL,
            label,
            nonce,
            (8 * vector.itemsize).to_bytes(4, "big"),
            len(vector).to_bytes(8, "big"),
        )
    )
    digest.update(little_endian.data.cast("B"))
    return digest.digest()


def verify_opening(commitment: bytes, opening: Opening, label: bytes) -> None:
    """Check that an opening is of this commitment.

    Args:
        commitment: The 32 bytes that the brand signed.
        opening: What the brand shows now.
        label: What the contribution was for.

    Raises:
        CommitmentRefusedError: It is of another nonce, vector, purpose or size.
    """
    if not hmac.compare_digest(commit(opening.nonce, label, opening.vector), commitment):
        raise CommitmentRefusedError(
            "an opened commitment does not match: expected the vector and nonce that were "
            "committed to, got others; ask the brand for the opening of this round"
        )
