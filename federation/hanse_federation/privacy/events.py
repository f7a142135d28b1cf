"""What was released, as frozen descriptions; the accountant alone judges them.

A mechanism bounds a sensitivity, adds noise and returns an event. All events
are for the privacy unit and neighbouring relation that the study states
(person at a brand; add or remove one person). Standard deviations are given as
multiples of the L2 sensitivity, so an event holds no scale of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SHARE_SIGMA = 8.0
"""Least parameter of a share of noise, in units of the integers summed: every mechanism
here keeps it, and from there on a sum of shares is discrete Gaussian for all purposes."""


@dataclass(frozen=True, slots=True)
class GaussianEvent:
    """One (discrete or continuous) Gaussian release.

    Attributes:
        noise_multiplier: Standard deviation over L2 sensitivity, > 0.
    """

    noise_multiplier: float


@dataclass(frozen=True, slots=True)
class PoissonSampledGaussianEvent:
    """`steps` Gaussian releases, each on a fresh Poisson sample of persons.

    Attributes:
        noise_multiplier: Standard deviation over L2 sensitivity, > 0.
        sampling_rate: Chance of each person to be in each sample, in (0, 1].
        steps: Number of releases, at least 1.
    """

    noise_multiplier: float
    sampling_rate: float
    steps: int


@dataclass(frozen=True, slots=True)
class SummedGaussianEvent:
    """One release of a sum to which several brands each added discrete Gaussian noise.

    Attributes:
        noise_multiplier: Standard deviation of `shares` shares together over the
            L2 sensitivity of the sum, > 0.
        shares: Shares of noise that nobody can take off, at least 1.
        share_sigma: Parameter of one share in units of the integers summed, or a
            smaller number; the less, the more is charged.
        dimension: Coordinates of the sum, or a larger number.
    """

    noise_multiplier: float
    shares: int
    share_sigma: float
    dimension: int


@dataclass(frozen=True, slots=True)
class PoissonSampledSummedGaussianEvent:
    """`steps` such sums, each over a fresh Poisson sample of persons.

    Attributes:
        summed: One of them, without sampling.
        sampling_rate: Chance of each person to be in each sample, in (0, 1].
        steps: Number of releases, at least 1.
    """

    summed: SummedGaussianEvent
    sampling_rate: float
    steps: int


@dataclass(frozen=True, slots=True)
class FloorWatchEvent:
    """All looks of a watch over the floor of persons, up to the first that finds fewer.

    Attributes:
        noise_scale: Scale b of the discrete Laplace noise over the sensitivity of one
            person, at least 1. The whole is (2/b)-differentially private.
    """

    noise_scale: int

    @property
    def epsilon(self) -> float:
        """Return the epsilon of the whole, with delta 0."""
        return 2 / self.noise_scale


@dataclass(frozen=True, slots=True)
class ComposedEvent:
    """Several events on the same persons."""

    events: tuple[Event, ...]


Event = (
    GaussianEvent
    | PoissonSampledGaussianEvent
    | SummedGaussianEvent
    | PoissonSampledSummedGaussianEvent
    | FloorWatchEvent
    | ComposedEvent
)
