"""The rings: signed numbers go in and come out, and sums are exact modulo 2^bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.secure_aggregation.ring import Ring

RINGS = list(Ring)


@pytest.mark.parametrize(("ring", "bits"), [(Ring.Z16, 16), (Ring.Z32, 32), (Ring.Z64, 64)])
def test_an_element_is_unsigned_little_endian(ring: Ring, bits: int) -> None:
    assert (ring.bits, ring.bytes, ring.half) == (bits, bits // 8, 2 ** (bits - 1))
    encoded = ring.from_signed(np.array([1, -2], dtype=np.int64)).tobytes()
    expected = (1).to_bytes(bits // 8, "little") + (2**bits - 2).to_bytes(bits // 8, "little")
    assert encoded == expected


@pytest.mark.parametrize("ring", RINGS)
def test_zeros_add_nothing(ring: Ring) -> None:
    zeros = ring.zeros(3)
    assert (zeros.shape, zeros.dtype) == ((3,), ring.dtype)
    assert not zeros.any()


@pytest.mark.parametrize("ring", RINGS)
@given(data=st.data())
def test_signed_numbers_round_trip(ring: Ring, data: st.DataObject) -> None:
    numbers = data.draw(
        st.lists(st.integers(-ring.half, ring.half - 1) | st.sampled_from([-ring.half, -1]))
    )
    values = np.array(numbers, dtype=np.int64)
    assert ring.signed_view(ring.from_signed(values)).tolist() == numbers


@pytest.mark.parametrize("ring", RINGS)
@given(data=st.data())
def test_addition_agrees_with_integers_modulo_the_ring(ring: Ring, data: st.DataObject) -> None:
    number = st.integers(-(2**62), 2**62 - 1)
    a, b = data.draw(number), data.draw(number)
    total = ring.from_signed(np.array([a])) + ring.from_signed(np.array([b]))
    assert int(total[0]) == (a + b) % 2**ring.bits


@pytest.mark.parametrize("ring", RINGS)
def test_the_sign_turns_at_half(ring: Ring) -> None:
    edge = np.array([ring.half - 1, ring.half], dtype=ring.dtype)
    assert ring.signed_view(edge).tolist() == [ring.half - 1, -ring.half]
