"""Mechanisms: take what has a bounded sensitivity, add integer noise, say what was released.

Rules: noise is a discrete Gaussian on integers, never a float; the noise is
sized after everything that widens the sensitivity, rounding included; a vector
with NaN or infinity is refused, not cleaned; the event returned is all that the
accountant needs. A rounding of the noise's size is always upward.

That integer vectors at L2 distance at most D, plus discrete Gaussian noise of
parameter s in every coordinate, have the Renyi divergence of the continuous
Gaussian, at most a D^2 / (2 s^2) at every order a: Canonne, Kamath, Steinke 2020
(arXiv:2004.00010), Theorem 14.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError, NoiseRangeError, NonFiniteUpdateError
from hanse_federation.privacy.discrete_gaussian import MAXIMUM_SIGMA, DiscreteGaussian
from hanse_federation.privacy.events import GaussianEvent
from hanse_federation.randomness import Randomness

SUMMATION_SLACK = 2.0**-20
"""Part of the clipping norm set aside for the rounding of float64 sums, see `GaussianGrid`."""

STEPS_PER_NOISE = 1 << 11
STEPS_PER_ROUNDING = 1 << 7
_EXACT_FLOAT_INTEGERS = float(1 << 52)
_EXACT_INTEGERS = 1 << 62
_WIDEN = 1 + 2.0**-48
"""Makes up for the rounding of the few float operations that size the noise."""


def gaussian_integers(
    values: NDArray[np.int64],
    *,
    l2_sensitivity: float,
    noise_multiplier: float,
    randomness: Randomness,
) -> tuple[NDArray[np.int64], GaussianEvent]:
    """Add discrete Gaussian noise to a vector of integers.

    Args:
        values: What is to be released, any shape, int64, within +-2^62. Not modified.
        l2_sensitivity: The most that adding or removing one person moves
            `values`, as a Euclidean distance, > 0.
        noise_multiplier: Standard deviation over `l2_sensitivity`, > 0.
        randomness: Where the bits come from.

    Returns:
        The noised vector, same shape, and the event to account for.

    Raises:
        NoiseParameterError: A parameter is not positive and finite, or the
            noise is too small or too large to draw.
        NoiseRangeError: A value lies outside +-2^62.
    """
    _check_positive("l2_sensitivity", l2_sensitivity)
    _check_positive("noise_multiplier", noise_multiplier)
    if values.dtype != np.int64:
        raise NoiseParameterError(f"expected int64 values, got {values.dtype}")
    if values.size and (values.max() > _EXACT_INTEGERS or values.min() < -_EXACT_INTEGERS):
        raise NoiseRangeError("expected values within +-2^62, got a larger one; bound them first")
    noise = DiscreteGaussian(l2_sensitivity * noise_multiplier * _WIDEN)
    draws = noise.sample(values.size, randomness).reshape(values.shape)
    return values + draws, GaussianEvent(noise_multiplier)


class GaussianGrid:
    """Noise for a float vector: round it to a grid, add integer noise, give back grid points.

    The vector is a sum over persons, each person's part clipped to
    `clipping_norm`. Rounding comes after the sum, once per coordinate.

    Sensitivity. Let S and S' be the sums with and without one person, in exact
    arithmetic: |S - S'| <= C. Rounding to a multiple of g moves each coordinate
    by at most g/2, hence each vector of d coordinates by at most (g/2) sqrt(d)
    and the two apart by at most g sqrt(d). So the integer vectors differ by at
    most C/g + sqrt(d) in L2, and the noise is sized for that. The grid is a power
    of two, so dividing by it, rounding and multiplying back are exact in float64.

    Float sums. A float64 sum of n parts clipped to C errs by at most about
    n^2 2^-53 C in L2, and so does the other one; the sensitivity therefore
    carries C 2^-20 more, which covers float64 sums of up to 2^15 persons in any
    order (Casacuberta et al., CCS 2022, on why this matters). Whoever sums in
    float32 must convert the clipped parts to float64 first.

    The grid is the coarsest with at least 2^11 steps to the noise's deviation
    and 128 sqrt(d) steps to the clipping norm, so rounding costs less than 1 %
    more noise; it is coarser only where the sampler's range asks for it.

    Sampling. Under Poisson sampling the Renyi divergence of integer orders is
    the continuous Gaussian's exactly, as the sums of the discrete Gaussian over
    integer shifts are equal; at fractional orders the two differ by terms like
    exp(-2 pi^2 s^2) with s >= 2^11 grid steps, less than any float can hold.
    """

    def __init__(self, clipping_norm: float, noise_multiplier: float, dimension: int) -> None:
        """Fix the grid.

        Args:
            clipping_norm: L2 bound C > 0 on one person's part of the sum.
            noise_multiplier: Standard deviation over sensitivity, > 0.
            dimension: Number of coordinates, at least 1.

        Raises:
            NoiseParameterError: A parameter is out of range, or no grid suits.
        """
        _check_positive("clipping_norm", clipping_norm)
        _check_positive("noise_multiplier", noise_multiplier)
        if dimension < 1:
            raise NoiseParameterError(f"expected a dimension of at least 1, got {dimension}")
        self.clipping_norm = clipping_norm
        self.noise_multiplier = noise_multiplier
        self.dimension = dimension
        self.step = _choose_step(clipping_norm, noise_multiplier, dimension)
        steps = _sensitivity_in_steps(clipping_norm, dimension, self.step)
        self._noise = DiscreteGaussian(steps * noise_multiplier * _WIDEN)

    @property
    def event(self) -> GaussianEvent:
        """What one call of `noise` releases."""
        return GaussianEvent(self.noise_multiplier)

    @property
    def standard_deviation(self) -> float:
        """The noise's standard deviation in the vector's own units."""
        return self._noise.sigma * self.step

    def statistical_distance(self, calls: int) -> float:
        """Bound how far `calls` calls of `noise` are from exact noise, in total variation."""
        return self._noise.statistical_distance(calls * self.dimension)

    def noise(self, vector: NDArray[np.float64], randomness: Randomness) -> NDArray[np.float64]:
        """Round `vector` to the grid and add noise.

        Args:
            vector: A sum of clipped parts, shape (dimension,), float64. Not modified.
            randomness: Where the bits come from.

        Returns:
            Multiples of the grid's step, shape (dimension,), float64.

        Raises:
            NoiseParameterError: `vector` has another shape or dtype.
            NonFiniteUpdateError: `vector` holds NaN or infinity.
            NoiseRangeError: A coordinate is more than 2^52 steps from zero.
        """
        if vector.shape != (self.dimension,) or vector.dtype != np.float64:
            raise NoiseParameterError(
                f"expected {self.dimension} float64 coordinates, "
                f"got shape {vector.shape} of {vector.dtype}"
            )
        if not np.isfinite(vector).all():
            raise NonFiniteUpdateError(
                "expected a finite vector, got NaN or infinity; bound each person's part first"
            )
        steps = np.rint(vector / self.step)
        if np.abs(steps).max() > _EXACT_FLOAT_INTEGERS:
            raise NoiseRangeError(
                "expected every coordinate within 2^52 grid steps, got a larger one; "
                "clip each person's part first"
            )
        integers = steps.astype(np.int64) + self._noise.sample(self.dimension, randomness)
        return integers.astype(np.float64) * self.step


def _sensitivity_in_steps(clipping_norm: float, dimension: int, step: float) -> float:
    return clipping_norm * (1 + SUMMATION_SLACK) / step + math.sqrt(dimension)


def _choose_step(clipping_norm: float, noise_multiplier: float, dimension: int) -> float:
    """Choose the grid's step, a power of two, see `GaussianGrid`."""
    fineness = max(STEPS_PER_NOISE / noise_multiplier, STEPS_PER_ROUNDING * math.sqrt(dimension))
    step = 2.0 ** math.floor(math.log2(clipping_norm / fineness))
    limit = MAXIMUM_SIGMA / _WIDEN
    while noise_multiplier * _sensitivity_in_steps(clipping_norm, dimension, step) > limit:
        if step > clipping_norm:
            raise NoiseParameterError(
                f"expected a noise multiplier of at most {limit / math.sqrt(dimension):.3g} for "
                f"{dimension} coordinates, got {noise_multiplier}; lower it or the dimension"
            )
        step *= 2
    return step


def _check_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise NoiseParameterError(f"expected {name} above 0 and finite, got {value}")
