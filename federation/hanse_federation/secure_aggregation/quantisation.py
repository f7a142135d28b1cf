"""From real numbers to integers that a sum cannot wrap around, and back.

Rules: a vector's format says what a brand may contribute at most and how many
brands may add up; a format whose sum could leave its ring cannot be made. A
contribution outside its bound is refused, never clipped in silence, and so is a
decoded sum outside what its contributors can reach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import NonFiniteUpdateError
from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.errors import (
    AggregationFormatError,
    ContributionRangeError,
    SumRangeError,
)
from hanse_federation.secure_aggregation.messages import RingVector
from hanse_federation.secure_aggregation.ring import Ring

MOST_ROUNDED_BITS = 52
"""A bound on rounded numbers has at most as many bits; at least 10 are left for fractions."""
MOST_UNIT_EXPONENT = 512

_WORK_BITS = 62
_SMALL_BOUND = 1 << 30
_SMALL_FRACTION_BITS = 16
_SHIFTER = 3.0 * 2.0**51
_SHIFTER_BITS = 0x4338 << 48
"""The same number's bits (IEEE 754 binary64), as an integer."""
_ROUNDING_BITS = 32
_BLOCK = 1 << 16
"""Elements rounded at a time: all buffers of a block stay in a core's cache."""

Steps = NDArray[np.int64] | NDArray[np.int32]
"""Whole, signed steps."""


@dataclass(frozen=True, slots=True)
class VectorFormat:
    """How a vector is carried, and what bounds make its sum exact.

    Attributes:
        length: Number of elements, at least 1.
        ring: Where the elements and their sums live.
        bound: Most that one brand's element is in absolute value, noise included.
        contributors: Most brands whose vectors may be added.

    Raises:
        AggregationFormatError: A number is below 1, or a sum could wrap around.
    """

    length: int
    ring: Ring
    bound: int
    contributors: int

    def __post_init__(self) -> None:
        _check_counts(self.length, self.bound, self.contributors)
        most = self.ring.half - 1
        if self.contributors * self.bound > most:
            raise AggregationFormatError(
                f"a sum could wrap around: expected contributors times bound of at most {most} "
                f"in a ring of {self.ring.bits} bits, got {self.contributors} times {self.bound}; "
                "choose a wider ring or a smaller bound"
            )

    def check(self, values: Steps) -> RingVector:
        """Turn a contribution into a vector of the ring.

        Args:
            values: Shape (length,), each within plus or minus `bound`; not to be changed after.

        Returns:
            A vector of `ring`, over the memory of `values` where their widths are equal.

        Raises:
            ContributionRangeError: The shape is another or an element is outside the bound.
        """
        if values.shape != (self.length,) or values.dtype not in (np.int32, np.int64):
            raise ContributionRangeError(
                f"a contribution has another format: expected {self.length} numbers of type int64 "
                f"or int32 in one dimension, got shape {values.shape} of type {values.dtype}; "
                "encode it in the format of the question"
            )
        if int(values.min()) < -self.bound or int(values.max()) > self.bound:
            raise ContributionRangeError(
                "a contribution leaves its range: expected every element within plus or minus "
                f"{self.bound}, got one outside; bound the contribution before it is masked"
            )
        return self.ring.from_signed(values)

    def check_ring(self, vector: RingVector) -> None:
        """Check that a vector, masked or not, is of this ring and length.

        Raises:
            AggregationFormatError: It is not.
        """
        if vector.shape != (self.length,) or vector.dtype != self.ring.dtype:
            raise AggregationFormatError(
                f"a vector has another format: expected {self.length} elements of "
                f"{self.ring.bits} bits, got shape {vector.shape} of type {vector.dtype}; "
                "use the format that the session states"
            )

    def decode(self, total: RingVector, contributors: int) -> NDArray[np.int64]:
        """Read the sum of `contributors` vectors.

        Args:
            total: The unmasked sum, shape (length,), of `ring`.
            contributors: How many brands' vectors are in it.

        Returns:
            The signed sum, shape (length,), int64.

        Raises:
            AggregationFormatError: The vector is not of this format, or there are too many
                contributors for it.
            SumRangeError: An element is further from zero than that many brands can reach.
        """
        self.check_ring(total)
        if not 1 <= contributors <= self.contributors:
            raise AggregationFormatError(
                f"a sum has too many or too few contributors: expected 1 to {self.contributors}, "
                f"got {contributors}; decode it with the format that it was masked in"
            )
        signed = self.ring.signed_view(total)
        most = contributors * self.bound
        if int(signed.min()) < -most or int(signed.max()) > most:
            raise SumRangeError(
                f"a decoded sum leaves its range: expected at most {most} from zero for "
                f"{contributors} contributors, got more; a mask was not removed or a brand did "
                "not keep the format, so give up the attempt"
            )
        return signed.astype(np.int64)


def smallest_ring(bound: int, contributors: int, length: int) -> Ring:
    """Choose the narrowest ring, of 32 bits or more, in which no sum wraps around.

    Args:
        bound: Most that one brand's element is in absolute value, noise included.
        contributors: Most brands whose vectors are added.
        length: Number of elements.

    Raises:
        AggregationFormatError: A number is below 1, or not even 64 bits hold the sum.
    """
    _check_counts(length, bound, contributors)
    for ring in (Ring.Z32, Ring.Z64):
        if contributors * bound <= ring.half - 1:
            return ring
    raise AggregationFormatError(
        f"no ring holds the sum: expected contributors times bound of at most {Ring.Z64.half - 1}, "
        f"got {contributors} times {bound}; lower the bound"
    )


def _check_counts(length: int, bound: int, contributors: int) -> None:
    for name, number in (("length", length), ("bound", bound), ("contributors", contributors)):
        if number < 1:
            raise AggregationFormatError(
                f"a vector format makes no sense: expected {name} of at least 1, got {number}; "
                "correct the format"
            )


def round_stochastically(
    values: NDArray[np.float64] | NDArray[np.float32],
    unit: float,
    bound: int,
    randomness: Randomness,
) -> Steps:
    """Express numbers in whole units, rounded up or down at random without bias.

    With x = values / unit cut to plus or minus `bound`, an element becomes
    floor((T + r) / 2^f), where T is the integer nearest to x * 2^f, r is uniform
    on the integers 0 .. 2^f - 1, independent for each element, and f is 16 for bounds
    below 2^30, else 62 minus the bits of the bound (10 to 31).

    *What distribution results.* The element is one of the two integers around
    T / 2^f, and its expectation is exactly T / 2^f, which is x to within
    2^-(f+1); a whole x stays what it is. Nothing is lost on the way: `unit` is a
    power of two, so multiplying by 2^f / unit changes exponents only (a product
    too small for that is far below one half, and T is 0 either way); the bound has
    at most 52 bits, so cutting is exact; |T| <= bound * 2^f < 2^62 and r < 2^f, so
    T + r is exact in 64 bits, and shifting right is the floor of the division. For
    the smaller bounds |T| <= 2^46, and adding 3 * 2^51 to x * 2^f leaves a number from
    2^52 to 2^53, where neighbouring floats are 1 apart: the addition itself rounds to
    the nearest integer, and the number's bits, read as an integer, are those of
    3 * 2^51 plus T. The former are a multiple of 2^51, so after the shift they are a
    multiple of 2^35, which the low 32 bits of the result do not hold.

    *What it does to sensitivity.* Let two vectors v and w, d elements long, be at
    Euclidean distance D, and let them be rounded with the same r. Cutting changes
    no distance upwards (it is 1-Lipschitz in each element), so the vectors x of v
    and y of w are at most D / unit apart. Per element, |T_x / 2^f - x| <= 2^-(f+1)
    and likewise for y, and floor((T + r) / 2^f) lies between (T + r - 2^f + 1) / 2^f
    and (T + r) / 2^f. The difference of two rounded elements is therefore off from
    x - y by at most 2 * 2^-(f+1) + (1 - 2^-f) = 1, and by the triangle inequality the
    rounded vectors are at most D / unit + sqrt(d) apart. As this holds for every
    fixed r, a mechanism whose noise covers that distance is private given r, and so
    private whatever r is: nothing is asked of the rounding's randomness.

    Args:
        values: Shape (n,), float64 or float32. Not modified.
        unit: The size of one step, a power of two between 2^-512 and 2^512.
        bound: Most steps from zero, 1 to 2^52 - 1.
        randomness: Where the 16 or 32 bits for each element come from.

    Returns:
        Whole steps, shape (n,), each within plus or minus `bound`; int32 for bounds below 2^30,
        else int64.

    Raises:
        AggregationFormatError: `unit` or `bound` is not as described.
        NonFiniteUpdateError: `values` holds NaN or infinity.

    Source: the additive sqrt(d) for plain stochastic rounding stands in Kairouz, Liu and
    Steinke 2021 (arXiv:2102.06387), section 4; the proof here needs no conditional rounding.
    """
    scale, fraction_bits = _rounding_scale(unit, bound)
    is_small = bound < _SMALL_BOUND
    length = len(values)
    steps: Steps = np.empty(length, np.int32) if is_small else np.empty(length, np.int64)
    work, draws = (np.empty(min(_BLOCK, length), dtype=np.int64) for _ in range(2))
    limit = math.ldexp(bound, fraction_bits)
    for start in range(0, length, _BLOCK):
        block, out = values[start : start + _BLOCK], steps[start : start + _BLOCK]
        t, r = work[: len(block)], draws[: len(block)]
        x = t.view(np.float64)  # in one place, to stay in the cache
        np.copyto(x, block)
        with np.errstate(over="ignore"):  # an infinite product is cut like any large one
            np.multiply(x, scale, out=x)
        # NaN is within no limits, and infinity is beyond any.
        if not (-limit <= x.min() and x.max() <= limit):
            _cut(block, x, limit)
        if is_small:
            np.add(x, _SHIFTER, out=x)
            np.copyto(r, randomness.words((len(block) + 3) // 4).view(np.uint16)[: len(block)])
        else:
            np.rint(x, out=x)
            np.copyto(t, x, casting="unsafe")
            np.copyto(r, randomness.words((len(block) + 1) // 2).view(np.uint32)[: len(block)])
            np.right_shift(r, _ROUNDING_BITS - fraction_bits, out=r)
        np.add(t, r, out=t)
        np.right_shift(t, fraction_bits, out=t)
        np.copyto(out, t, casting="same_kind")
    return steps


def _cut(
    block: NDArray[np.float64] | NDArray[np.float32], scaled: NDArray[np.float64], limit: float
) -> None:
    """Cut `scaled` to plus or minus `limit`, unless `block`, which it came from, is not finite."""
    if not np.isfinite(block).all():
        raise NonFiniteUpdateError(
            "a vector cannot be rounded: expected finite numbers, got NaN or infinity; "
            "nothing of it may leave"
        )
    np.clip(scaled, -limit, limit, out=scaled)


def _rounding_scale(unit: float, bound: int) -> tuple[float, int]:
    """Return 2^f / unit and f, or refuse."""
    mantissa, exponent = math.frexp(unit) if math.isfinite(unit) else (0.0, 0)
    if mantissa != 0.5 or abs(exponent - 1) > MOST_UNIT_EXPONENT:
        raise AggregationFormatError(
            "a rounding unit makes no sense: expected a power of two between 2^-512 and 2^512, "
            f"got {unit}; take the power of two below it"
        )
    if not 1 <= bound < 1 << MOST_ROUNDED_BITS:
        raise AggregationFormatError(
            f"a rounding bound makes no sense: expected 1 to 2^{MOST_ROUNDED_BITS} - 1 steps, "
            f"got {bound}; take a larger unit"
        )
    fraction_bits = (
        _SMALL_FRACTION_BITS if bound < _SMALL_BOUND else _WORK_BITS - bound.bit_length()
    )
    return math.ldexp(1.0, fraction_bits - exponent + 1), fraction_bits
