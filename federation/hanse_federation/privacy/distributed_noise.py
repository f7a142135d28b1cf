"""Shares of noise: each brand adds a part, and only the sum of the parts is enough.

Rules: what leaves is integers; the noise of `shares` brands together is the
noise multiplier times the sensitivity, rounded up; a share is sized after
everything that widens the sensitivity; decoding is arithmetic on what is
released already and costs nothing.

Who must add noise. A sum is decoded only over at least the floor of brands, of
which at most the colluders assumed know, and could take off, their own shares;
`shares` is what is left. Any further honest share only adds noise.

Why the sum of shares hides a person. With m shares of parameter s the sum is not
exactly discrete Gaussian, but at s >= LEAST_SHARE_SIGMA it differs from the
discrete Gaussian of parameter s sqrt(m) by less than 2^-900 in the logarithm of
every probability (see `accountant.py` for the bound and its source). Each scale
and grid here is therefore chosen so that a share has at least that parameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError, NoiseRangeError
from hanse_federation.privacy.discrete_gaussian import MAXIMUM_SIGMA, DiscreteGaussian
from hanse_federation.privacy.events import LEAST_SHARE_SIGMA, SummedGaussianEvent
from hanse_federation.privacy.mechanism import STEPS_PER_ROUNDING, SUMMATION_SLACK
from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.errors import NoiseSharesError
from hanse_federation.secure_aggregation.quantisation import round_stochastically

_EXACT_FLOAT_INTEGERS = 1 << 52
_WIDEN = 1 + 2.0**-48
"""Makes up for the rounding of the few float operations that size a share."""


@dataclass(frozen=True, slots=True)
class CountShares:
    """Noise for counts to which one person adds a vector of L2 norm at most 1.

    Counts are multiplied by a power of two before the noise is added, so that a
    share is at least LEAST_SHARE_SIGMA wide however many brands divide the noise.

    Attributes:
        noise_multiplier: Standard deviation of `shares` shares together, in counts.
        shares: Brands that add noise which nobody can take off, at least 1.
        scale: What counts are multiplied by.
        share_sigma: Parameter of one brand's noise, in scaled integers.
    """

    noise_multiplier: float
    shares: int
    scale: int = field(init=False)
    share_sigma: float = field(init=False)
    _noise: DiscreteGaussian = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Choose the scale.

        Raises:
            NoiseParameterError: The multiplier is not positive and finite, or too
                small or large for the sampler.
            NoiseSharesError: `shares` is below 1.
        """
        _check(self.noise_multiplier, self.shares)
        wanted = LEAST_SHARE_SIGMA * math.sqrt(self.shares) / self.noise_multiplier
        scale = 1 << max(0, math.ceil(math.log2(wanted)))
        sigma = _share_of(scale * self.noise_multiplier, self.shares)
        if sigma < LEAST_SHARE_SIGMA:
            scale, sigma = 2 * scale, 2 * sigma
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "share_sigma", sigma)
        object.__setattr__(self, "_noise", DiscreteGaussian(sigma))

    @property
    def largest_noise(self) -> int:
        """The most that one share moves a scaled count; no draw lies outside."""
        return self._noise.largest

    def bound(self, largest_count: int) -> int:
        """Return the most |integer| of a share, for counts within +-`largest_count`."""
        return largest_count * self.scale + self.largest_noise

    def event(self, dimension: int) -> SummedGaussianEvent:
        """Return what a sum of `dimension` counts with all shares releases."""
        return SummedGaussianEvent(self.noise_multiplier, self.shares, self.share_sigma, dimension)

    def add_share(self, values: NDArray[np.int64], randomness: Randomness) -> NDArray[np.int64]:
        """Scale counts and add one brand's share of the noise.

        Args:
            values: Counts, any shape, int64, at most 2^52 in size after scaling.
                Not modified.
            randomness: Where the bits come from.

        Returns:
            Scaled, noised integers, same shape. By itself this is less private
            than the study promises; it must not leave but masked.

        Raises:
            NoiseParameterError: `values` are not int64.
            NoiseRangeError: A count is too large.
        """
        if values.dtype != np.int64:
            raise NoiseParameterError(f"expected int64 counts, got {values.dtype}")
        most = _EXACT_FLOAT_INTEGERS // self.scale
        if values.size and (values.max() > most or values.min() < -most):
            raise NoiseRangeError(
                f"expected counts within +-{most}, got a larger one; bound them first"
            )
        draws = self._noise.sample(values.size, randomness).reshape(values.shape)
        noised: NDArray[np.int64] = values * self.scale + draws
        return noised

    def decode(self, total: NDArray[np.int64]) -> NDArray[np.int64]:
        """Turn a sum of shares into whole counts, halves to the even one."""
        counts, rest = np.divmod(total, self.scale)
        up = (2 * rest > self.scale) | ((2 * rest == self.scale) & (counts % 2 == 1))
        whole: NDArray[np.int64] = counts + up
        return whole

    def standard_deviation(self, contributions: int) -> float:
        """Return the noise's standard deviation in counts, in a sum of so many brands."""
        return self.share_sigma * math.sqrt(contributions) / self.scale


@dataclass(frozen=True, slots=True)
class GradientShares:
    """Noise for a float vector, a sum over persons each clipped to `clipping_norm`.

    Each coordinate is clamped, divided by a power of two, rounded stochastically
    to an integer, and noised.

    Sensitivity. Let S and S' be a brand's sums with and without one person: at
    most C apart in L2, and C 2^-20 more for the rounding of float64 sums (see
    `GaussianGrid`). Clamping a coordinate moves no two numbers further apart. For
    any fixed u, |floor(a + u) - floor(b + u)| is less than |a - b| + 1, so the
    integer vectors of d coordinates are at most C (1 + 2^-20) / step + sqrt(d)
    apart whatever the rounding draws, and the noise is sized for that: the result
    is a mixture, over draws that no data influence, of mechanisms that all keep
    the bound, and Renyi divergence is quasi-convex. Nothing is asked of the
    rounding's draws, which would fail to hold if they were not uniform.

    The grid is the coarsest with 128 sqrt(d) steps to the clipping norm, so that
    rounding costs less than 1 % more noise, and with a share of at least
    LEAST_SHARE_SIGMA steps; coarser only where the sampler's range asks for it.

    Attributes:
        clipping_norm: L2 bound C > 0 on one person's part of the sum.
        noise_multiplier: Deviation of `shares` shares together over sensitivity.
        dimension: Number of coordinates, at least 1.
        shares: Brands that add noise which nobody can take off, at least 1.
        coordinate_limit: Most |coordinate| of one brand's sum, as a multiple of C.
        step: The grid's step, a power of two.
        share_sigma: Parameter of one brand's noise, in grid steps.
    """

    clipping_norm: float
    noise_multiplier: float
    dimension: int
    shares: int
    coordinate_limit: float
    step: float = field(init=False)
    share_sigma: float = field(init=False)
    _noise: DiscreteGaussian = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Choose the grid.

        Raises:
            NoiseParameterError: A parameter is out of range, or no grid suits.
            NoiseSharesError: `shares` is below 1.
        """
        _check(self.noise_multiplier, self.shares)
        _check_positive("clipping_norm", self.clipping_norm)
        _check_positive("coordinate_limit", self.coordinate_limit)
        if self.dimension < 1:
            raise NoiseParameterError(f"expected a dimension of at least 1, got {self.dimension}")
        step = self._choose_step()
        object.__setattr__(self, "step", step)
        sigma = self._share_sigma_at(step)
        object.__setattr__(self, "share_sigma", sigma)
        object.__setattr__(self, "_noise", DiscreteGaussian(sigma))
        if self.coordinate_limit * self.clipping_norm / step >= _EXACT_FLOAT_INTEGERS:
            raise NoiseParameterError(
                f"expected a coordinate_limit within 2^52 grid steps, got "
                f"{self.coordinate_limit:g} times the clipping norm; lower it"
            )

    @property
    def largest_noise(self) -> int:
        """The most grid steps that one share moves a coordinate; no draw lies outside."""
        return self._noise.largest

    @property
    def bound(self) -> int:
        """The most |integer| of a share, noise included."""
        return self._coordinate_bound + self.largest_noise

    @property
    def event(self) -> SummedGaussianEvent:
        """What a sum with all shares releases, claiming nothing for sampling."""
        return SummedGaussianEvent(
            self.noise_multiplier, self.shares, self.share_sigma, self.dimension
        )

    @property
    def _coordinate_bound(self) -> int:
        return max(1, math.floor(self.coordinate_limit * self.clipping_norm / self.step))

    def add_share(self, vector: NDArray[np.float64], randomness: Randomness) -> NDArray[np.int64]:
        """Clamp and round a sum, and add one brand's share of the noise.

        Args:
            vector: A sum of clipped parts, shape (dimension,), float64. Not modified.
            randomness: Where the bits come from.

        Returns:
            Grid steps, shape (dimension,). By itself this is less private than
            the study promises; it must not leave but masked.

        Raises:
            NoiseParameterError: `vector` has another shape or dtype.
            NonFiniteUpdateError: `vector` holds NaN or infinity.
        """
        if vector.shape != (self.dimension,) or vector.dtype != np.float64:
            raise NoiseParameterError(
                f"expected {self.dimension} float64 coordinates, "
                f"got shape {vector.shape} of {vector.dtype}"
            )
        steps = round_stochastically(vector, self.step, self._coordinate_bound, randomness)
        noise = self._noise.sample(self.dimension, randomness)
        noise += steps
        return noise

    def decode(self, total: NDArray[np.int64]) -> NDArray[np.float64]:
        """Turn a sum of shares into the vector's own units, exactly below 2^53 steps."""
        return total.astype(np.float64) * self.step

    def standard_deviation(self, contributions: int) -> float:
        """Return the noise's deviation in the vector's units, in a sum of so many brands."""
        return self.share_sigma * math.sqrt(contributions) * self.step

    def _choose_step(self) -> float:
        width = LEAST_SHARE_SIGMA * math.sqrt(self.shares) / self.noise_multiplier
        fineness = max(width, STEPS_PER_ROUNDING * math.sqrt(self.dimension))
        step = 2.0 ** math.floor(math.log2(self.clipping_norm / fineness))
        while self._share_sigma_at(step) > MAXIMUM_SIGMA:
            if step > self.clipping_norm:
                raise NoiseParameterError(
                    f"expected a noise multiplier that a share in {self.dimension} coordinates "
                    f"can be drawn for, got {self.noise_multiplier}; lower it or the dimension"
                )
            step *= 2
        return step

    def _share_sigma_at(self, step: float) -> float:
        sensitivity = self.clipping_norm * (1 + SUMMATION_SLACK) / step + math.sqrt(self.dimension)
        return _share_of(sensitivity * self.noise_multiplier, self.shares)


def _share_of(sigma: float, shares: int) -> float:
    """Return a share s with shares s^2 >= sigma^2, compared exactly, float rounding made up for."""
    total = sigma * _WIDEN
    share = total / math.sqrt(shares)
    while shares * Fraction(share) ** 2 < Fraction(total) ** 2:
        share = math.nextafter(share, math.inf)
    return share


def _check(noise_multiplier: float, shares: int) -> None:
    _check_positive("noise_multiplier", noise_multiplier)
    if shares < 1:
        raise NoiseSharesError(
            f"expected at least 1 brand whose noise nobody can take off, got {shares}; "
            "raise minimum_brands or lower assumed_colluders"
        )


def _check_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise NoiseParameterError(f"expected {name} above 0 and finite, got {value}")
