"""Integer noise: the discrete Gaussian, drawn by inverting tabulated probabilities.

Rules: integers in, integers out; every bit comes from the `Randomness` handed
in; how far the draws are from the exact law is a proved number that goes into
delta (see `statistical_distance`), never a hope.

One draw looks at 64 random bits: one for the sign, 63 against a table of
thresholds of 255 bits. Only when those 63 bits equal a threshold's first 63
(less than once in 2^40 draws) do 192 further bits decide, so nothing is lost to
the word's size.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError
from hanse_federation.privacy.gaussian_table import (
    GUIDE_BITS,
    HEAD_BITS,
    REST_BYTES,
    GaussianTable,
    entry_count,
    gaussian_table,
    table_distance,
)
from hanse_federation.randomness import Randomness

MINIMUM_SIGMA = 0.1
MAXIMUM_TABLE_SIGMA = 5000.0
MAXIMUM_SIGMA = float(1 << 23)

_CHUNK = 1 << 13
_GUIDE_SHIFT = np.uint64(HEAD_BITS - GUIDE_BITS)
_ONE = np.uint64(1)


class DiscreteGaussian:
    """Draws from the discrete Gaussian with parameter `sigma`.

    Up to sigma 5000 one table serves. Above, X = A + s B with A and B drawn from
    one table of parameter v, v^2 (1 + s^2) >= sigma^2 (the least such float v).

    Why that is right: P(X = x) is in proportion to the sum over integers b of
    exp(-(x - s b)^2 / 2v^2 - b^2 / 2v^2). With w^2 = v^2 (1 + s^2), t = v^2 / w
    and m = s x / (1 + s^2) the exponent is -x^2 / 2w^2 - (b - m)^2 / 2t^2. By
    Poisson summation the sum over b of exp(-(b - m)^2 / 2t^2) lies within
    t sqrt(2 pi) (1 +- e), e = 2.01 exp(-2 pi^2 t^2), whatever m is (t >= 1). So X
    has the discrete Gaussian's law of parameter w up to a factor within
    (1 + e) / (1 - e), that is 2e / (1 - e) in total variation. Here t = v^2 / w
    >= 2.9 for every sigma allowed, e < 2^-237.

    Source: Canonne, Kamath, Steinke, NeurIPS 2020 (arXiv:2004.00010), for the
    distribution; Micciancio, Walter, CRYPTO 2017, for the sum of two.
    """

    def __init__(self, sigma: float) -> None:
        """Fix the law; the table is made by the first `sample`.

        Args:
            sigma: Scale parameter, from 0.1 to 2^23.

        Raises:
            NoiseParameterError: `sigma` is outside that range or not a number.
        """
        if not MINIMUM_SIGMA <= sigma <= MAXIMUM_SIGMA:
            raise NoiseParameterError(
                f"expected a discrete Gaussian's sigma from {MINIMUM_SIGMA} to "
                f"{MAXIMUM_SIGMA:.0f}, got {sigma}; choose a grid that brings it into this range"
            )
        self._stride = _stride(sigma)
        self.sigma = float(sigma)
        part = self.sigma if self._stride == 0 else _smallest_part(self.sigma, self._stride)
        self._table_sigma = part

    @property
    def largest(self) -> int:
        """The largest |draw| there is; what the law has beyond is in `statistical_distance`."""
        return entry_count(self._table_sigma) * (1 + self._stride)

    def sample(self, count: int, randomness: Randomness) -> NDArray[np.int64]:
        """Draw `count` independent integers.

        Args:
            count: How many, at least 0.
            randomness: Where the bits come from.

        Returns:
            The draws, shape (count,), int64.

        Raises:
            NoiseParameterError: `count` is negative.
        """
        if count < 0:
            raise NoiseParameterError(f"expected a count of draws of at least 0, got {count}")
        table = gaussian_table(self._table_sigma)
        out = np.empty(count, dtype=np.int64)
        for start in range(0, count, _CHUNK):
            piece = out[start : start + _CHUNK]
            piece[:] = _draw(table, len(piece), randomness)
            if self._stride:
                piece += self._stride * _draw(table, len(piece), randomness)
        return out

    def statistical_distance(self, count: int) -> float:
        """Bound the total variation distance between `count` draws and the exact law.

        Proof. A draw from a table errs by at most `table_distance` (proved in
        its module); a sum of two errs by twice that and 2e / (1 - e)
        (proved above). Independent draws add up (hybrid argument). A mechanism
        that is (epsilon, delta)-private with exact noise and errs by d is
        (epsilon, delta + (1 + exp(epsilon)) d)-private. The random bits count as
        uniform: telling AES-256 from that is assumed infeasible.

        Args:
            count: Number of draws.

        Returns:
            The bound, at most 1.
        """
        per_draw = table_distance(self._table_sigma)
        if self._stride:
            width = self._table_sigma**2 / self.sigma
            smoothing = 2.01 * math.exp(-2 * (math.pi * width) ** 2)
            per_draw = 2 * per_draw + 2 * smoothing / (1 - smoothing)
        return min(1.0, count * per_draw)


def _stride(sigma: float) -> int:
    """Choose s: 0 where one table serves, else the least that brings v to 5000 or below."""
    if sigma <= MAXIMUM_TABLE_SIGMA:
        return 0
    return math.ceil(math.sqrt((sigma / MAXIMUM_TABLE_SIGMA) ** 2 - 1))


def _smallest_part(sigma: float, stride: int) -> float:
    """Return the least float v with v^2 (1 + stride^2) >= sigma^2, compared exactly."""
    part = sigma / math.hypot(1, stride) * (1 - 1e-15)
    while Fraction(part) ** 2 * (1 + stride * stride) < Fraction(sigma) ** 2:
        part = math.nextafter(part, math.inf)
    return part


def _draw(table: GaussianTable, count: int, randomness: Randomness) -> NDArray[np.int64]:
    """Draw `count` values by one table."""
    words = randomness.words(count)
    heads = words >> _ONE
    magnitudes = table.guide[heads >> _GUIDE_SHIFT].astype(np.int64)
    open_cases = np.flatnonzero(table.heads[magnitudes] <= heads)
    if open_cases.size:
        wanted = heads[open_cases]
        found = np.searchsorted(table.heads, wanted, side="left")
        ties = np.flatnonzero(table.heads[found] == wanted)
        for tie in ties:
            found[tie] = _resolve_tie(table, int(wanted[tie]), randomness)
        magnitudes[open_cases] = found
    signs = (words & _ONE).view(np.int64)
    drawn: NDArray[np.int64] = (magnitudes ^ -signs) + signs
    return drawn


def _resolve_tie(table: GaussianTable, head: int, randomness: Randomness) -> int:
    """Count the thresholds at most U, where U starts with `head` and 192 bits are still to draw."""
    word = np.uint64(head)
    first = int(np.searchsorted(table.heads, word, side="left"))
    last = int(np.searchsorted(table.heads, word, side="right"))
    rest = randomness.random_bytes(REST_BYTES)
    return bisect_right(range(last), rest, lo=first, key=table.rest)
