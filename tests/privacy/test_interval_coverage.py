"""Intervals of 95 % cover the truth in 93 to 97 % of simulated releases (seeded)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_federation.measurements import ScoreHistogram, measurement_for
from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import AudienceHistogram, CategoricalFeature

LOWEST, HIGHEST = 0.93, 0.97

pytestmark = pytest.mark.slow


def releases(
    cells: NDArray[np.int64], multiplier: float, brands: int, count: int
) -> NDArray[np.int64]:
    """Draw `count` noised sums over brands, shape (count, cells)."""
    noise = DiscreteGaussian(multiplier).sample(
        count * brands * cells.shape[-1], SeededRandomness(21)
    )
    summed: NDArray[np.int64] = noise.reshape(count, brands, cells.shape[-1]).sum(axis=1)
    return cells + summed


@pytest.mark.parametrize(
    ("cells", "multiplier", "brands"),
    [
        ((400, 90, 1500, 0, 30), 6.0, 5),
        ((60, 20, 10, 5, 0), 8.0, 3),
        ((30_000, 200_000, 500, 70, 1), 40.0, 5),
    ],
)
def test_counts_and_shares_are_covered(
    cells: tuple[int, ...], multiplier: float, brands: int
) -> None:
    axis = CategoricalFeature(column="x", categories=("a", "b", "c", "d"))
    measurement = measurement_for(AudienceHistogram(axes=(axis,)))
    truth, total = np.array(cells), sum(cells)
    counts, shares, totals, count = 0, 0, 0, 3000
    for noised in releases(truth, multiplier, brands, count):
        figures = measurement.decode(
            noised, contributions=brands, noise_multiplier=multiplier, minimum_persons=-(10**6)
        )
        totals += figures.total.interval.lower <= total <= figures.total.interval.upper
        for cell, exact in zip(figures.cells, truth, strict=True):
            assert cell.persons is not None
            assert cell.share is not None
            counts += cell.persons.interval.lower <= exact <= cell.persons.interval.upper
            shares += cell.share.interval.lower <= exact / total <= cell.share.interval.upper
    for covered, trials in ((counts, 5 * count), (shares, 5 * count), (totals, count)):
        assert LOWEST <= covered / trials <= HIGHEST


@pytest.mark.parametrize(
    ("bins", "persons", "multiplier", "brands"),
    [(10, 2000, 5.0, 5), (10, 20_000, 20.0, 5), (20, 1500, 3.0, 3), (5, 800, 2.0, 4)],
)
def test_auc_and_calibration_are_covered(
    bins: int, persons: int, multiplier: float, brands: int
) -> None:
    generator, rate, count = np.random.default_rng(22), 0.2, 1500
    histogram = ScoreHistogram(bins)
    cut = np.linspace(0, 1, bins + 1)
    positive = np.diff(6 * cut**2 - 8 * cut**3 + 3 * cut**4)[::-1]  # Beta(3, 2), mirrored below
    positive, negative = np.diff(4 * cut**3 - 3 * cut**4), positive
    wins = np.tri(bins, k=-1) + 0.5 * np.eye(bins)
    auc = positive @ wins @ negative
    observed = rate * positive / (rate * positive + (1 - rate) * negative)
    covered, points = 0, 0
    for _ in range(count):
        some = int(generator.binomial(persons, rate))
        truth = np.concatenate(
            (generator.multinomial(persons - some, negative), generator.multinomial(some, positive))
        )
        noise = DiscreteGaussian(multiplier).sample(
            brands * 2 * bins, SeededRandomness(int(generator.integers(2**62)))
        )
        quality = histogram.decode(
            truth + noise.reshape(brands, -1).sum(axis=0),
            contributions=brands,
            noise_multiplier=multiplier,
        )
        covered += int(quality.auc.interval.lower <= auc <= quality.auc.interval.upper)
        points += sum(
            point.observed.interval.lower <= share <= point.observed.interval.upper
            for point, share in zip(quality.calibration, observed, strict=True)
        )
    assert LOWEST <= covered / count <= HIGHEST
    assert LOWEST <= points / (count * bins) <= HIGHEST
