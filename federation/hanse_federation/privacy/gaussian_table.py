"""Cumulative probabilities of the discrete Gaussian, to 255 bits, by integer arithmetic.

The discrete Gaussian gives integer x a probability in proportion to
exp(-x^2 / (2 sigma^2)). A table holds T_k = floor(2^255 P(|X| <= k)) for
k = 0 .. K-1, so that a uniform U in [0, 2^255) gives |X| as the number of T_k
that are at most U.

Error of a table. (a) Cutting off |X| > K, K >= 19 sigma: that mass is at most
0.8 (sigma/K) exp(-K^2 / (2 sigma^2)) < 2^-262, since the sum over x > K of
2 exp(-x^2/2s^2) is at most 2 (s^2/K) exp(-K^2/2s^2) and the sum over all x is
at least s sqrt(2 pi) (Poisson summation). (b) Rounding: weights are kept to
FRACTION_BITS = 448 bits. The first ratio is off by one unit of 2^-448, each next
by four more, and each weight by two ratios' errors and one unit more than the
one before: less than 8 K^2 units, so less than 3 K^3 for a sum of weights. The
normaliser is at least 1, so for K < 2^40 this and the floor move each T_k by
less than two units of 2^-255. Two distributions whose K thresholds differ by at
most d each are within K d in total variation. Together: less than
(2 K + 1) 2^-255.

Nothing here uses binary floating point except to choose how many entries to
keep, so a table is the same on every platform.
"""

from __future__ import annotations

import decimal
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TAIL_SIGMAS = 19
FRACTION_BITS = 448
THRESHOLD_BITS = 255
HEAD_BITS = 63
REST_BYTES = (THRESHOLD_BITS - HEAD_BITS) // 8
GUIDE_BITS = 16


@dataclass(frozen=True, slots=True)
class GaussianTable:
    """The thresholds T_k, split so that the common case looks at one word.

    Attributes:
        heads: The upper 63 bits of T_0 .. T_(K-1), then 2^63 as a stop,
            shape (K + 1,), uint64, never decreasing.
        rests: The lower 192 bits of T_0 .. T_(K-1), 24 bytes each, most
            significant first.
        guide: For each value of a word's upper 16 of 63 bits, how many heads
            lie below every word that starts so, shape (2^16,), uint32.
    """

    heads: NDArray[np.uint64]
    rests: bytes
    guide: NDArray[np.uint32]

    def rest(self, index: int) -> bytes:
        """Return the lower 192 bits of threshold `index`."""
        return self.rests[REST_BYTES * index : REST_BYTES * (index + 1)]


@lru_cache(maxsize=16)
def gaussian_table(sigma: float) -> GaussianTable:
    """Build the table for `sigma`, or return it if it was built before.

    Args:
        sigma: Standard deviation parameter, in [0.1, 8192]. The table is for
            exactly the number that this float is.

    Returns:
        The thresholds.
    """
    thresholds = _thresholds(sigma)
    mask = (1 << (8 * REST_BYTES)) - 1
    heads = np.empty(len(thresholds) + 1, dtype=np.uint64)
    heads[:-1] = [threshold >> (8 * REST_BYTES) for threshold in thresholds]
    heads[-1] = 1 << HEAD_BITS
    rests = b"".join((threshold & mask).to_bytes(REST_BYTES, "big") for threshold in thresholds)
    starts = np.arange(1 << GUIDE_BITS, dtype=np.uint64) << np.uint64(HEAD_BITS - GUIDE_BITS)
    guide = np.searchsorted(heads, starts, side="left").astype(np.uint32)
    return GaussianTable(heads, rests, guide)


def table_distance(sigma: float) -> float:
    """Bound the total variation distance between a table and the exact law, see the module."""
    return (2 * entry_count(sigma) + 1) * 2.0**-THRESHOLD_BITS


def entry_count(sigma: float) -> int:
    """Return K, the number of thresholds, which is the largest |X| a table gives."""
    return math.ceil(TAIL_SIGMAS * sigma) + 2


def _thresholds(sigma: float) -> list[int]:
    """Compute floor(2^255 P(|X| <= k)) for k = 0 .. K-1, K = ceil(19 sigma) + 2."""
    entries = entry_count(sigma)
    ratio = _exp_of_minus_half_inverse_square(sigma)
    step = ratio * ratio >> FRACTION_BITS
    weight = 1 << (FRACTION_BITS + 1)  # twice exp(-k^2/2s^2); k = 0 counts once
    total = weight >> 1
    sums = [total]
    for _ in range(1, entries + 1):
        weight = weight * ratio >> FRACTION_BITS
        ratio = ratio * step >> FRACTION_BITS
        total += weight
        sums.append(total)
    inverse = (1 << (2 * FRACTION_BITS)) // total
    shift = 2 * FRACTION_BITS - THRESHOLD_BITS
    return [partial * inverse >> shift for partial in sums[:entries]]


def _exp_of_minus_half_inverse_square(sigma: float) -> int:
    """Compute exp(-1 / (2 sigma^2)) as an integer over 2^448.

    The decimal module rounds `exp` correctly (General Decimal Arithmetic), so
    the digits do not depend on the platform.
    """
    numerator, denominator = sigma.as_integer_ratio()
    context = decimal.Context(prec=170, Emin=-999_999, Emax=999_999)
    exponent = context.divide(
        decimal.Decimal(-denominator * denominator), decimal.Decimal(2 * numerator * numerator)
    )
    scaled = context.multiply(context.exp(exponent), decimal.Decimal(1 << FRACTION_BITS))
    return int(scaled)
