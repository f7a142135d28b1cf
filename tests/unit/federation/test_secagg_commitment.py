"""Commitments: an opening that matches passes, any other is refused."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.secure_aggregation.commitment import Opening, commit, verify_opening
from hanse_federation.secure_aggregation.context import encode_parts
from hanse_federation.secure_aggregation.errors import CommitmentRefusedError
from hanse_federation.secure_aggregation.messages import RingVector
from hanse_federation.secure_aggregation.ring import Ring

NONCE = bytes(range(32))
LABEL = b"study, question, round"
VECTOR = np.array([1, 2, 3], dtype=np.uint32)
COMMITMENT = commit(NONCE, LABEL, VECTOR)


@given(
    ring=st.sampled_from(list(Ring)),
    numbers=st.lists(st.integers(0, 2**16 - 1)),
    nonce=st.binary(min_size=32, max_size=32),
    label=st.binary(),
)
def test_an_honest_opening_passes(
    ring: Ring, numbers: list[int], nonce: bytes, label: bytes
) -> None:
    vector = np.array(numbers, dtype=ring.dtype)
    commitment = commit(nonce, label, vector)
    assert len(commitment) == 32
    verify_opening(commitment, Opening(nonce, vector), label)


@pytest.mark.parametrize(
    ("nonce", "vector", "label"),
    [
        (NONCE, np.array([1, 2, 4], dtype=np.uint32), LABEL),
        (NONCE, np.array([1, 2], dtype=np.uint32), LABEL),
        (NONCE, np.array([1, 2, 3, 0], dtype=np.uint32), LABEL),
        (NONCE, VECTOR.view(np.uint16), LABEL),  # the same bytes in another ring
        (NONCE, np.array([1, 2, 3], dtype=np.uint64), LABEL),
        (bytes(32), VECTOR, LABEL),
        (NONCE, VECTOR, b"study, question, round two"),
    ],
)
def test_another_opening_is_refused(nonce: bytes, vector: RingVector, label: bytes) -> None:
    with pytest.raises(CommitmentRefusedError, match="does not match"):
        verify_opening(COMMITMENT, Opening(nonce, vector), label)


@pytest.mark.parametrize("commitment", [b"", COMMITMENT[:-1], COMMITMENT + b"\0"])
def test_a_commitment_of_another_size_is_refused(commitment: bytes) -> None:
    with pytest.raises(CommitmentRefusedError):
        verify_opening(commitment, Opening(NONCE, VECTOR), LABEL)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_nonce_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(CommitmentRefusedError, match=f"expected 32 bytes, got {size}"):
        commit(bytes(size), LABEL, VECTOR)


def test_the_encoding_is_the_documented_one() -> None:
    text = encode_parts("commitment", LABEL, NONCE, (32).to_bytes(4), (3).to_bytes(8))
    little_endian = b"\1\0\0\0\2\0\0\0\3\0\0\0"
    assert commit(NONCE, LABEL, VECTOR) == hashlib.sha256(text + little_endian).digest()


def test_memory_layout_and_byte_order_make_no_difference() -> None:
    spread = np.array([1, 9, 2, 9, 3, 9], dtype=np.uint32)[::2]
    assert commit(NONCE, LABEL, spread) == COMMITMENT
    assert commit(NONCE, LABEL, VECTOR.astype(">u4")) == COMMITMENT
