"""Mask streams: the published cipher, exact cancellation, every ring and length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import AggregationFormatError
from hanse_federation.secure_aggregation.masking import BLOCK_BYTES, MaskStream, apply_masks
from hanse_federation.secure_aggregation.messages import RingVector
from hanse_federation.secure_aggregation.ring import Ring

RINGS = list(Ring)

ZERO_KEY_STREAM = bytes.fromhex(
    "dc95c078a2408989ad48a21492842087"  # E(K, 0): H of test case 13
    "530f8afbc74536b9a963b4f1c4cb738b"  # E(K, 1): the tag of test case 13
    "cea7403d4d606b6e074ec5d3baf39d18"  # E(K, 2): the ciphertext of test case 14
)
"""The AES-256 key of zeros, counters 0, 1 and 2.

Source: McGrew and Viega, "The Galois/Counter Mode of Operation" (submitted to NIST),
appendix B, test cases 13 and 14, whose plaintexts are empty and zero.
"""


def random_vector(ring: Ring, length: int, seed: int) -> RingVector:
    raw = SeededRandomness(seed).random_bytes(length * ring.bytes)
    return np.frombuffer(raw, dtype=ring.dtype).copy()


def keys(count: int, seed: int) -> list[bytes]:
    source = SeededRandomness(seed)
    return [source.random_bytes(32) for _ in range(count)]


def test_the_stream_is_the_published_aes_256_ctr_from_counter_zero() -> None:
    out = np.empty(48, dtype=np.uint8)
    MaskStream(bytes(32)).fill(out)
    assert out.tobytes() == ZERO_KEY_STREAM


def test_a_stream_goes_on_where_it_stopped() -> None:
    whole, first, second = (np.empty(n, dtype=np.uint8) for n in (48, 5, 43))
    stream = MaskStream(bytes(32))
    stream.fill(first)
    stream.fill(second)
    MaskStream(bytes(32)).fill(whole)
    assert first.tobytes() + second.tobytes() == whole.tobytes()


@pytest.mark.parametrize("ring", RINGS)
def test_a_mask_is_the_stream_read_as_little_endian_elements(ring: Ring) -> None:
    length = 48 // ring.bytes
    masked = ring.zeros(length)
    apply_masks(masked, [(1, bytes(32))])
    assert masked.tobytes() == ZERO_KEY_STREAM
    apply_masks(masked, [(-1, bytes(32))])
    assert not masked.any()


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_blocks_make_no_difference(ring: Ring, extra: int) -> None:
    length = 2 * BLOCK_BYTES // ring.bytes + extra
    key = keys(1, 4)[0]
    masked = ring.zeros(length)
    apply_masks(masked, [(1, key)])
    stream, pieces = MaskStream(key), []
    for start in range(0, length * ring.bytes, 1000):
        piece = np.empty(min(1000, length * ring.bytes - start), dtype=np.uint8)
        stream.fill(piece)
        pieces.append(piece.tobytes())
    assert masked.tobytes() == b"".join(pieces)


@settings(max_examples=50)
@given(
    ring=st.sampled_from(RINGS),
    length=st.integers(1, 300),
    count=st.integers(2, 8),
    seed=st.integers(0, 2**32),
)
def test_pairwise_masks_cancel_in_the_sum(ring: Ring, length: int, count: int, seed: int) -> None:
    vectors = [random_vector(ring, length, seed + i) for i in range(count)]
    true_sum, masked_sum = ring.zeros(length), ring.zeros(length)
    pair_keys = {(i, j): keys(1, seed + 99 * i + j)[0] for i in range(count) for j in range(i)}
    for i, vector in enumerate(vectors):
        true_sum += vector
        masked = vector.copy()
        signed = [(1, pair_keys[i, j]) for j in range(i)]
        signed += [(-1, pair_keys[j, i]) for j in range(i + 1, count)]
        apply_masks(masked, signed)
        masked_sum += masked
    assert masked_sum.tobytes() == true_sum.tobytes()


@pytest.mark.parametrize("ring", RINGS)
def test_the_order_of_masks_makes_no_difference(ring: Ring) -> None:
    signed = list(zip([1, -1, 1, -1, 1], keys(5, 8), strict=True))
    forwards, backwards = (random_vector(ring, 1000, 1) for _ in range(2))
    apply_masks(forwards, signed)
    apply_masks(backwards, reversed(signed))
    assert forwards.tobytes() == backwards.tobytes()


def test_no_keys_leave_the_vector_as_it_is() -> None:
    vector = random_vector(Ring.Z32, 10, 1)
    before = vector.tobytes()
    apply_masks(vector, [])
    assert vector.tobytes() == before


def test_a_masked_vector_looks_uniform() -> None:
    masked = Ring.Z32.zeros(200_000)
    apply_masks(masked, [(1, keys(1, 3)[0])])
    for bit in range(32):
        ones = int(((masked >> np.uint32(bit)) & np.uint32(1)).sum())
        assert abs(ones - 100_000) < 5 * 224  # five standard deviations


@pytest.mark.parametrize("size", [0, 4, 16, 31, 33])
def test_a_key_of_fewer_than_256_bits_is_refused(size: int) -> None:
    with pytest.raises(AggregationFormatError, match=f"expected 32 bytes, got {size}"):
        apply_masks(Ring.Z32.zeros(1), [(1, bytes(size))])


@pytest.mark.parametrize("sign", [0, 2, -2])
def test_a_mask_without_a_direction_is_refused_before_anything_is_added(sign: int) -> None:
    vector = Ring.Z32.zeros(4)
    with pytest.raises(AggregationFormatError, match="no direction"):
        apply_masks(vector, [(1, bytes(32)), (sign, bytes(32))])
    assert not vector.any()
