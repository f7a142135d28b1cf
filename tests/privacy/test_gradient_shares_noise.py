"""The noise that reaches the decoded gradient sum, measured on the path that brands take."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from hanse_clients.training import GradientSum
from hanse_federation.contributions_training import parameter_count
from hanse_federation.model import initial_parameters
from hanse_federation.privacy.distributed_noise import GradientShares
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import TrainModel
from tests.support.training import computation, rows

pytestmark = pytest.mark.slow

WIDTH = 40
ROUNDS = 600
CLIP = 0.5
NOISE = 1.5
SHARES = [1, 2, 9]
Sums = NDArray[np.float64]


def study() -> TrainModel:
    return computation(width=WIDTH, steps=1, rate=1.0, clip=CLIP)


def shares_for(count: int) -> GradientShares:
    return GradientShares(CLIP, NOISE, parameter_count(study(), WIDTH), count, 1e3)


@lru_cache
def decoded_sums(count: int) -> Sums:
    """Decode the sums of as many honest brands as share the noise, round by round."""
    shares, start = shares_for(count), initial_parameters(study(), WIDTH, "ab" * 32)
    brands = [
        GradientSum(
            study(),
            *rows(30, WIDTH, seed=brand),
            shares=shares,
            randomness=SeededRandomness(100 * count + brand),
        )
        for brand in range(count)
    ]
    return np.array(
        [
            shares.decode(np.sum([brand.share(start) for brand in brands], axis=0))
            for _ in range(ROUNDS)
        ]
    )


def centred(sums: Sums) -> Sums:
    """Take off what all rounds share; sampling at rate 1 leaves noise and rounding alone."""
    return sums - sums.mean(axis=0)


def planned_deviation(count: int) -> float:
    """What the accountant counts on: the multiplier times the sensitivity of the grid."""
    shares = shares_for(count)
    return NOISE * (CLIP + shares.step * math.sqrt(shares.dimension))


@pytest.mark.parametrize("count", SHARES)
def test_honest_shares_add_up_to_the_planned_noise_and_hardly_more(count: int) -> None:
    noise = centred(decoded_sums(count))
    degrees = (ROUNDS - 1) * noise.shape[1]
    ratio = float((noise**2).sum()) / degrees / planned_deviation(count) ** 2
    low, high = stats.chi2.ppf([1e-6, 1 - 1e-6], degrees) / degrees
    # Stochastic rounding adds at most a quarter of a squared step a brand.
    rounding = count * (shares_for(count).step / planned_deviation(count)) ** 2 / 4
    assert low <= ratio <= high * (1.0001 + rounding)


@pytest.mark.parametrize("count", SHARES)
def test_the_noise_of_the_sum_is_gaussian(count: int) -> None:
    noise = centred(decoded_sums(count)) / planned_deviation(count)
    # Centring takes one degree of freedom in ROUNDS away.
    scaled = noise.ravel() / math.sqrt(1 - 1 / ROUNDS)
    assert stats.kstest(scaled, "norm").pvalue > 1e-4


@pytest.mark.parametrize("count", SHARES)
def test_coordinates_are_noised_independently(count: int) -> None:
    correlations = np.corrcoef(decoded_sums(count), rowvar=False)
    off = correlations[np.triu_indices_from(correlations, k=1)] * math.sqrt(ROUNDS)
    assert np.abs(off).max() < stats.norm.isf(1e-6 / off.size)


@pytest.mark.parametrize("count", SHARES)
def test_the_sum_is_right_on_average(count: int) -> None:
    """Noise and rounding are unbiased: the mean of many rounds is the sum without noise."""
    quiet = GradientShares(CLIP, 1e-6, parameter_count(study(), WIDTH), count, 1e3)
    start = initial_parameters(study(), WIDTH, "ab" * 32)
    exact = np.sum(
        [
            quiet.decode(
                GradientSum(
                    study(),
                    *rows(30, WIDTH, seed=brand),
                    shares=quiet,
                    randomness=SeededRandomness(7),
                ).share(start)
            )
            for brand in range(count)
        ],
        axis=0,
    )
    error = (decoded_sums(count).mean(axis=0) - exact) * math.sqrt(ROUNDS)
    allowed = 5.5 * planned_deviation(count) + count * quiet.step * 9 * math.sqrt(ROUNDS)
    assert np.abs(error).max() < allowed
    assert np.abs(exact).max() * math.sqrt(ROUNDS) > 3 * allowed


def test_a_single_share_alone_is_less_than_the_plan_so_it_may_leave_masked_only() -> None:
    shares = shares_for(9)
    assert shares.share_sigma * shares.step < planned_deviation(9) / 2.9
