"""What was released, as frozen descriptions; the accountant alone judges them.

A mechanism bounds a sensitivity, adds noise and returns an event. All events
are for the privacy unit and neighbouring relation that the study states
(person at a brand; add or remove one person). Standard deviations are given as
multiples of the L2 sensitivity, so an event holds no scale of the data.
"""

from __future__ import annotations

from dataclasses import dataclass


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
class ComposedEvent:
    """Several events on the same persons."""

    events: tuple[Event, ...]


Event = GaussianEvent | PoissonSampledGaussianEvent | ComposedEvent
