"""Fixed point: formats that cannot overflow, rounding without bias, and its sensitivity."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hanse_federation.errors import NonFiniteUpdateError
from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import (
    AggregationFormatError,
    ContributionRangeError,
    SumRangeError,
)
from hanse_federation.secure_aggregation.quantisation import (
    VectorFormat,
    round_stochastically,
    smallest_ring,
)
from hanse_federation.secure_aggregation.ring import Ring

RINGS = list(Ring)


class FixedBits:
    """Hands out the first bits of given 32-bit numbers: as many as rounding to a bound takes."""

    def __init__(self, numbers: list[int], bound: int = 1) -> None:
        self.numbers = numbers if bound >= 2**30 else [number >> 16 for number in numbers]
        self.kind = np.uint32 if bound >= 2**30 else np.uint16

    def random_bytes(self, count: int) -> bytes:
        """Refuse; rounding asks for words."""
        raise AssertionError(count)

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return the numbers, as many as fit in a word."""
        parts = np.zeros(count * (8 // np.dtype(self.kind).itemsize), dtype=self.kind)
        parts[: len(self.numbers)] = self.numbers
        return parts.view(np.uint64)


def int64(*numbers: int) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64)


# Formats.


@pytest.mark.parametrize("ring", RINGS)
def test_a_format_reaches_exactly_to_the_edge_of_its_ring(ring: Ring) -> None:
    most = ring.half - 1
    VectorFormat(length=1, ring=ring, bound=most, contributors=1)
    with pytest.raises(AggregationFormatError, match="wrap around"):
        VectorFormat(length=1, ring=ring, bound=most + 1, contributors=1)
    VectorFormat(length=1, ring=ring, bound=most // 7, contributors=7)
    with pytest.raises(AggregationFormatError, match="wrap around"):
        VectorFormat(length=1, ring=ring, bound=most // 7 + 1, contributors=7)


@pytest.mark.parametrize("field", ["length", "bound", "contributors"])
def test_a_format_without_room_is_refused(field: str) -> None:
    numbers = {"length": 1, "bound": 1, "contributors": 1} | {field: 0}
    with pytest.raises(AggregationFormatError, match=f"expected {field} of at least 1, got 0"):
        VectorFormat(ring=Ring.Z32, **numbers)


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("sign", [1, -1])
def test_sums_at_the_very_edge_are_exact(ring: Ring, sign: int) -> None:
    contributors = 5
    bound = (ring.half - 1) // contributors
    fmt = VectorFormat(length=2, ring=ring, bound=bound, contributors=contributors)
    total = ring.zeros(2)
    for _ in range(contributors):
        total += fmt.check(int64(sign * bound, 0))
    assert fmt.decode(total, contributors).tolist() == [sign * bound * contributors, 0]


@settings(max_examples=60)
@given(data=st.data())
def test_the_decoded_sum_is_the_sum(data: st.DataObject) -> None:
    ring = data.draw(st.sampled_from(RINGS))
    contributors = data.draw(st.integers(1, 20))
    bound = data.draw(st.integers(1, (ring.half - 1) // contributors))
    fmt = VectorFormat(length=4, ring=ring, bound=bound, contributors=contributors)
    element = st.integers(-bound, bound)
    vectors = [data.draw(arrays(np.int64, 4, elements=element)) for _ in range(contributors)]
    total = ring.zeros(4)
    for vector in vectors:
        total += fmt.check(vector)
    expected = [sum(int(v[i]) for v in vectors) for i in range(4)]
    assert fmt.decode(total, contributors).tolist() == expected


@pytest.mark.parametrize("number", [11, -11, 2**63 - 1, -(2**63)])
def test_a_contribution_outside_its_bound_is_refused_not_clipped(number: int) -> None:
    fmt = VectorFormat(length=2, ring=Ring.Z32, bound=10, contributors=3)
    with pytest.raises(ContributionRangeError, match="plus or minus 10"):
        fmt.check(int64(10, number))


@pytest.mark.parametrize(
    "values",
    [np.zeros(3, np.int64), np.zeros((2, 1), np.int64), np.zeros(2), np.zeros(2, np.uint32)],
)
def test_a_contribution_of_another_shape_or_type_is_refused(values: NDArray[np.int64]) -> None:
    fmt = VectorFormat(length=2, ring=Ring.Z32, bound=10, contributors=3)
    with pytest.raises(ContributionRangeError, match="another format"):
        fmt.check(values)


@pytest.mark.parametrize("ring", RINGS)
def test_a_contribution_of_narrow_integers_is_the_same_vector(ring: Ring) -> None:
    fmt = VectorFormat(length=4, ring=ring, bound=10, contributors=3)
    wide = int64(-10, -1, 0, 10)
    assert np.array_equal(fmt.check(wide.astype(np.int32)), fmt.check(wide))
    with pytest.raises(ContributionRangeError, match="plus or minus 10"):
        fmt.check(int64(0, 0, 0, -11).astype(np.int32))


def test_an_error_names_no_value_of_the_contribution() -> None:
    fmt = VectorFormat(length=1, ring=Ring.Z32, bound=10, contributors=3)
    with pytest.raises(ContributionRangeError) as refused:
        fmt.check(int64(424242))
    assert "424242" not in str(refused.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_out_of_reach_of_its_contributors_is_refused(sign: int) -> None:
    fmt = VectorFormat(length=1, ring=Ring.Z32, bound=10, contributors=5)
    at_edge = Ring.Z32.from_signed(int64(sign * 20))
    assert fmt.decode(at_edge, 2).tolist() == [sign * 20]
    with pytest.raises(SumRangeError, match="at most 20 from zero for 2"):
        fmt.decode(Ring.Z32.from_signed(int64(sign * 21)), 2)


@pytest.mark.parametrize("contributors", [0, 6])
def test_more_contributors_than_the_format_has_room_for_are_refused(contributors: int) -> None:
    fmt = VectorFormat(length=1, ring=Ring.Z32, bound=10, contributors=5)
    with pytest.raises(AggregationFormatError, match="expected 1 to 5"):
        fmt.decode(Ring.Z32.zeros(1), contributors)


def test_a_vector_of_another_ring_or_length_is_refused() -> None:
    fmt = VectorFormat(length=2, ring=Ring.Z32, bound=10, contributors=5)
    for vector in (Ring.Z64.zeros(2), Ring.Z32.zeros(1)):
        with pytest.raises(AggregationFormatError, match="expected 2 elements of 32 bits"):
            fmt.decode(vector, 1)


def test_the_smallest_ring_is_the_smallest_that_holds_the_sum() -> None:
    assert smallest_ring(bound=2**31 - 1, contributors=1, length=1) is Ring.Z32
    assert smallest_ring(bound=1, contributors=1, length=1) is Ring.Z32
    assert smallest_ring(bound=2**30, contributors=2, length=1) is Ring.Z64
    with pytest.raises(AggregationFormatError, match="no ring holds the sum"):
        smallest_ring(bound=2**62, contributors=2, length=1)


# Stochastic rounding.


def exact_rounding(value: float, unit: float, bound: int, number: int, bits: int) -> int:
    """Apply the formula of the docstring in rational arithmetic."""
    x = max(Fraction(-bound), min(Fraction(bound), Fraction(value) / Fraction(unit)))
    scaled = round(x * 2**bits)  # ties to even, as the processor rounds
    return math.floor(Fraction(scaled + (number >> (32 - bits)), 2**bits))


@settings(max_examples=400)
@given(
    value=st.floats(allow_nan=False, allow_infinity=False),
    exponent=st.integers(-60, 60),
    bound=st.sampled_from(
        [1, 2, 1000, 2**18, 2**19, 2**29, 2**30 - 1, 2**30, 2**40 + 1, 2**52 - 1]
    ),
    number=st.integers(0, 2**32 - 1) | st.sampled_from([0, 2**32 - 1, 2**31]),
)
def test_rounding_is_exactly_the_documented_formula(
    value: float, exponent: int, bound: int, number: int
) -> None:
    unit = 2.0**exponent
    bits = 16 if bound < 2**30 else 62 - bound.bit_length()
    got = round_stochastically(np.array([value]), unit, bound, FixedBits([number], bound))
    assert got.tolist() == [exact_rounding(value, unit, bound, number, bits)]


@given(
    value=st.floats(-1000, 1000),
    number=st.integers(0, 2**32 - 1),
)
def test_the_result_is_one_of_the_two_neighbours(value: float, number: int) -> None:
    got = int(round_stochastically(np.array([value]), 1.0, 2000, FixedBits([number]))[0])
    assert got in {math.floor(value), math.ceil(value), round(value)}


def test_whole_steps_stay_what_they_are_whatever_the_bits() -> None:
    values = np.array([-3.0, 0.0, 0.5, 7.5])
    for number in (0, 1, 2**32 - 1):
        got = round_stochastically(values, 0.5, 100, FixedBits([number] * 4))
        assert got.tolist() == [-6, 0, 1, 15]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.25, -0.25, 2.9, -1000.001, 1e-6])
def test_rounding_has_no_bias(value: float, dtype: type) -> None:
    count = 400_000
    values: NDArray[np.float64] = np.full(count, value, dtype=dtype)
    got = round_stochastically(values, 1.0, 10_000, SeededRandomness(11))
    fraction = float(values[0]) - math.floor(float(values[0]))
    deviation = math.sqrt(max(fraction * (1 - fraction), 1e-9) / count)
    assert abs(got.mean() - float(values[0])) < 5 * deviation + 2.0**-17


def test_the_two_outcomes_have_exactly_the_documented_probabilities() -> None:
    # x = 5/8 goes up for the 5 * 2^13 largest of 2^16 draws, and for no other.
    threshold = 2**32 - 5 * 2**29
    numbers = [threshold - 2**16, threshold]
    got = round_stochastically(np.full(2, 0.625), 1.0, 3, FixedBits(numbers))
    assert got.tolist() == [0, 1]


@settings(max_examples=200)
@given(data=st.data())
def test_rounding_adds_at_most_root_d_to_a_distance(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 20))
    bound = data.draw(st.sampled_from([3, 100, 2**31]))
    unit = data.draw(st.sampled_from([2.0**-8, 1.0, 4.0]))
    element = st.floats(-500, 500)
    v = data.draw(arrays(np.float64, length, elements=element))
    w = data.draw(
        st.one_of(
            arrays(np.float64, length, elements=element),
            st.just(v + 1e-9),
            st.just(v * (1 + 1e-12)),
        )
    )
    bits = data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=length, max_size=length))
    a = round_stochastically(v, unit, bound, FixedBits(bits, bound))
    b = round_stochastically(w, unit, bound, FixedBits(bits, bound))
    apart = math.sqrt(sum(int(p - q) ** 2 for p, q in zip(a, b, strict=True)))
    square = sum((Fraction(p) - Fraction(q)) ** 2 for p, q in zip(v.tolist(), w.tolist()))  # noqa: B905 - equal lengths
    assert apart <= math.sqrt(square) / unit + math.sqrt(length) + 1e-9


def test_clipping_keeps_every_element_within_the_bound() -> None:
    values = np.array([1e300, -1e300, 8.0, -8.0, 7.999999])
    got = round_stochastically(values, 1.0, 7, FixedBits([2**32 - 1] * 5))
    assert got.tolist() == [7, -7, 7, -7, 7]


@pytest.mark.parametrize("length", [0, 1, 2, 65_535, 65_536, 65_537, 200_001])
def test_blocks_make_no_difference(length: int) -> None:
    values = SeededRandomness(2).words(length).view(np.int64).astype(np.float64) * 2.0**-50
    whole = round_stochastically(values, 2.0**-6, 2**40, SeededRandomness(3))
    bits = SeededRandomness(3).words((length + 1) // 2).view(np.uint32)
    sample = range(0, length, max(1, length // 50))
    assert whole.shape == (length,)
    assert whole.dtype == np.int64
    for i in sample:
        expected = exact_rounding(float(values[i]), 2.0**-6, 2**40, int(bits[i]), 21)
        assert int(whole[i]) == expected


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_vector_with_nan_or_infinity_is_refused(poison: float, dtype: type) -> None:
    values: NDArray[np.float64] = np.zeros(70_000, dtype=dtype)
    values[-1] = poison
    with pytest.raises(NonFiniteUpdateError, match="expected finite numbers"):
        round_stochastically(values, 1.0, 10, SeededRandomness(0))


@pytest.mark.parametrize("unit", [0.0, -1.0, 0.3, math.nan, math.inf, 2.0**600, 2.0**-600])
def test_a_unit_that_is_no_power_of_two_is_refused(unit: float) -> None:
    with pytest.raises(AggregationFormatError, match="a power of two"):
        round_stochastically(np.zeros(1), unit, 10, SeededRandomness(0))


@pytest.mark.parametrize("bound", [0, -1, 2**52])
def test_a_bound_that_floats_cannot_keep_is_refused(bound: int) -> None:
    with pytest.raises(AggregationFormatError, match="rounding bound"):
        round_stochastically(np.zeros(1), 1.0, bound, SeededRandomness(0))


def test_the_input_is_left_alone() -> None:
    values = np.array([0.3, 99.0])
    round_stochastically(values, 1.0, 5, SeededRandomness(0))
    assert values.tolist() == [0.3, 99.0]
