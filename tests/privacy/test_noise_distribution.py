"""Draws against the exact law and against OpenDP's exact sampler.

Seeds are fixed, so a pass is a pass for good. FALSE_ALARM is the chance that a
right sampler would have failed one test with a fresh seed.
"""

from __future__ import annotations

import math

import numpy as np
import opendp.prelude as dp
import pytest
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from hanse_federation.privacy.accountant import Accountant
from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian
from hanse_federation.privacy.events import GaussianEvent
from hanse_federation.privacy.mechanism import GaussianGrid, gaussian_integers
from hanse_federation.randomness import SeededRandomness

FALSE_ALARM = 1e-4
DRAWS = 400_000
LEAST_EXPECTED = 25


def exact_cells(sigma: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cut the integers into at most about 400 runs; return their ends and probabilities.

    Above sigma 5000 the normal law at half-integers is the discrete one to 1e-8.
    """
    if sigma > 5000:
        cut = np.append(np.round(np.linspace(-3.5, 3.5, 281) * sigma), 13 * sigma).astype(np.int64)
        return cut, np.diff(stats.norm.cdf((cut + 0.5) / sigma), prepend=0.0)
    reach = math.ceil(12 * sigma) + 12
    support = np.arange(-reach, reach + 1)
    weights = np.exp(-(support.astype(float) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    width = max(1, math.ceil(sigma / 40))
    ends, probabilities, held = [], [], 0.0
    for index, weight in enumerate(weights):
        held += float(weight)
        if held * DRAWS >= LEAST_EXPECTED and (index % width == width - 1):
            ends.append(int(support[index]))
            probabilities.append(held)
            held = 0.0
    probabilities[-1] += held
    ends[-1] = reach
    return np.array(ends), np.array(probabilities)


def upper_tail(sigma: float, cut: int) -> float:
    """Return P(X >= cut)."""
    if sigma > 5000:
        return float(stats.norm.sf((cut - 0.5) / sigma))
    support = np.arange(-math.ceil(14 * sigma) - 14, math.ceil(14 * sigma) + 14)
    weights = np.exp(-(support.astype(float) ** 2) / (2 * sigma**2))
    return float(weights[support >= cut].sum() / weights.sum())


def counted(draws: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    places = np.minimum(np.searchsorted(ends, draws, side="left"), len(ends) - 1)
    return np.bincount(places, minlength=len(ends))


@pytest.mark.slow
@pytest.mark.parametrize(
    "sigma",
    [0.3, 0.5, 1.0, 1.7, 3.0, 11.0, 100.5, 2048.0, 4999.0, 5001.0, 7100.0, 65_537.0, 2.0**20],
)
def test_draws_follow_the_exact_law(sigma: float) -> None:
    draws = DiscreteGaussian(sigma).sample(DRAWS, SeededRandomness(11))
    ends, probabilities = exact_cells(sigma)
    observed = counted(draws, ends)
    assert stats.chisquare(observed, probabilities * DRAWS).pvalue > FALSE_ALARM


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.7, 4.0, 60.0])
def test_draws_look_like_those_of_opendp(sigma: float) -> None:
    """Two samples, one from OpenDP's exact rejection sampler (its own randomness)."""
    dp.enable_features("contrib")
    count = 40_000
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64")
    reference = np.array(dp.m.make_gaussian(*space, scale=sigma)([0] * count))
    ours = DiscreteGaussian(sigma).sample(count, SeededRandomness(12))
    edges = np.unique(np.round(np.linspace(-3.2, 3.2, 41) * sigma)).astype(np.int64)
    table = np.array([counted(draws, np.append(edges, 10**9)) for draws in (ours, reference)])
    table = table[:, table.sum(axis=0) > 20]
    assert stats.chi2_contingency(table).pvalue > 1e-9  # OpenDP cannot be seeded


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.5, 3.0, 5001.0, 2.0**20])
def test_tails_are_as_heavy_as_the_law_s(sigma: float) -> None:
    count = 4_000_000
    draws = np.abs(DiscreteGaussian(sigma).sample(count, SeededRandomness(13)))
    for sigmas in (3.0, 4.0):
        cut = math.ceil(sigmas * sigma)
        expected = 2 * upper_tail(sigma, cut) * count
        seen = int((draws >= cut).sum())
        assert abs(seen - expected) < 5 * math.sqrt(expected) + 5


@pytest.mark.slow
def test_neighbouring_draws_and_coordinates_are_uncorrelated() -> None:
    draws = DiscreteGaussian(6000.0).sample(1_000_000, SeededRandomness(14)).astype(float)
    for lag in (1, 2, 8192):
        correlation = np.corrcoef(draws[:-lag], draws[lag:])[0, 1]
        assert abs(correlation) < 5e-3
    assert stats.kurtosis(draws) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("multiplier", [0.5, 1.0, 4.0])
def test_the_exact_loss_of_one_count_is_within_the_accountant_s(
    multiplier: float, delta: float
) -> None:
    """Sum max(0, P(x) - e^epsilon P(x - 1)), the least delta of the exact discrete law."""
    epsilon = Accountant().epsilon([GaussianEvent(multiplier)], delta)
    support = np.arange(-400, 401, dtype=float)
    law = np.exp(-(support**2) / (2 * multiplier**2))
    law /= law.sum()
    assert np.maximum(0, law[1:] - math.exp(epsilon) * law[:-1]).sum() <= delta


@pytest.mark.slow
def test_an_attacker_tells_one_person_apart_no_better_than_the_law_allows() -> None:
    """Audit by simulation: hits and false alarms of every threshold attack on one count."""
    runs = 400_000

    def release(persons: int, seed: int) -> NDArray[np.int64]:
        values = np.full(runs, persons, dtype=np.int64)
        return gaussian_integers(
            values, l2_sensitivity=1.0, noise_multiplier=1.0, randomness=SeededRandomness(seed)
        )[0]

    support = np.arange(-40, 41)
    law = np.exp(-(support**2) / 2)
    law /= law.sum()
    without, with_person = release(0, 15), release(1, 16)
    for threshold in range(-4, 6):
        hits, alarms = (with_person >= threshold).mean(), (without >= threshold).mean()
        assert hits == pytest.approx(law[support >= threshold - 1].sum(), abs=4e-3)
        assert alarms == pytest.approx(law[support >= threshold].sum(), abs=4e-3)


@pytest.mark.slow
def test_grid_noise_is_gaussian_and_independent_of_the_vector() -> None:
    dimension = 100_000
    grid = GaussianGrid(1.0, 1.5, dimension)
    vector = np.random.default_rng(17).standard_normal(dimension) * 0.01
    noise = grid.noise(vector, SeededRandomness(18)) - vector
    assert stats.kstest(noise / grid.standard_deviation, "norm").pvalue > FALSE_ALARM
    assert abs(np.corrcoef(noise, vector)[0, 1]) < 0.02
