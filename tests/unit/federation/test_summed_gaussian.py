"""Sums of discrete Gaussians: the cost stated is at least the divergence computed outright."""

from __future__ import annotations

import functools
import itertools
import math

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
import pytest

from hanse_federation.errors import PrivacyEventError
from hanse_federation.privacy.accountant import ORDERS, Accountant
from hanse_federation.privacy.events import (
    Event,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.summed_gaussian import (
    sampled_summed_divergence,
    sum_discrepancy,
    summed_gaussian_rho,
)

DIGITS = 60
CASES = [(shares, sigma) for shares, sigma in itertools.product((1, 2, 3, 5), (0.5, 0.6, 0.8, 1.5))]


@functools.cache
def law_of_sum(shares: int, sigma: float) -> dict[int, mp.mpf]:
    """Convolve discrete Gaussians, to 60 digits, up to 14 deviations of the sum."""
    with mp.workdps(DIGITS):
        reach = math.ceil(14 * sigma * math.sqrt(shares)) + 8
        weight = {
            x: mp.exp(-(mp.mpf(x) ** 2) / (2 * mp.mpf(sigma) ** 2))
            for x in range(-reach, reach + 1)
        }
        whole = mp.fsum(weight.values())
        one = {x: value / whole for x, value in weight.items()}
        law = {0: mp.mpf(1)}
        for _ in range(shares):
            law = {
                x: mp.fsum(law[y] * one[x - y] for y in law if x - y in one)
                for x in range(-reach, reach + 1)
            }
        return law


def divergence(
    law: dict[int, mp.mpf], shift: int, order: float, rate: float = 1.0, *, added: bool = True
) -> float:
    """Compute the Renyi divergence of a law and its mixture with its shift, either way round."""
    with mp.workdps(DIGITS):
        moment = mp.mpf(0)
        for x, base in law.items():
            moved = law.get(x - shift)
            if moved is None or base == 0:
                continue
            mixed = (1 - mp.mpf(rate)) * base + mp.mpf(rate) * moved
            upper, lower = (mixed, base) if added else (base, mixed)
            moment += upper ** mp.mpf(order) * lower ** (1 - mp.mpf(order))
        return float(mp.log(moment) / (order - 1))


@pytest.mark.parametrize(("shares", "sigma"), CASES)
def test_probabilities_of_a_sum_are_as_near_the_discrete_gaussian_as_is_claimed(
    shares: int, sigma: float
) -> None:
    law = law_of_sum(shares, sigma)
    with mp.workdps(DIGITS):
        # Beyond 8 deviations the tails cut off above would show.
        near = range(-math.ceil(8 * sigma * math.sqrt(shares)), 0)
        weight = {x: mp.exp(-(mp.mpf(x) ** 2) / (2 * shares * mp.mpf(sigma) ** 2)) for x in law}
        whole = mp.fsum(weight.values())
        worst = max(abs(float(mp.log(law[x] * whole / weight[x]))) for x in near)
    assert worst <= sum_discrepancy(shares, sigma) / 2 + 1e-15


@pytest.mark.parametrize("shift", [1, 2, 3])
@pytest.mark.parametrize("order", [1.05, 2.0, 3.5, 8.0])
@pytest.mark.parametrize(("shares", "sigma"), CASES)
def test_the_cost_of_a_sum_is_at_least_its_divergence(
    shares: int, sigma: float, order: float, shift: int
) -> None:
    multiplier = sigma * math.sqrt(shares) / shift
    stated = order * summed_gaussian_rho(multiplier, shares, sigma, 1)
    assert divergence(law_of_sum(shares, sigma), shift, order) <= stated * (1 + 1e-12)


def test_coarse_shares_cost_more_than_a_gaussian_and_truly_so() -> None:
    """The sum of two shares of parameter 1/2 is not a Gaussian's worth of noise."""
    computed = divergence(law_of_sum(2, 0.5), 1, 1.05) / 1.05
    gaussian = 1 / (2 * 0.5**2 * 2)
    assert computed > gaussian * 1.001
    assert summed_gaussian_rho(0.5 * math.sqrt(2), 2, 0.5, 1) > computed


def test_the_cost_grows_with_coordinates_as_it_does_for_independent_ones() -> None:
    """In two coordinates moved by one each, divergences of the coordinates add up."""
    one = divergence(law_of_sum(3, 0.6), 1, 2.0)
    multiplier = 0.6 * math.sqrt(3) / math.sqrt(2)
    assert 2 * one <= 2.0 * summed_gaussian_rho(multiplier, 3, 0.6, 2)


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("order", [1.25, 2.0, 4.5])
@pytest.mark.parametrize("rate", [0.01, 0.3])
def test_the_cost_of_a_sampled_sum_is_at_least_its_divergence(
    rate: float, order: float, added: bool
) -> None:
    shift, shares, sigma = 5, 2, 4.0
    law = law_of_sum(shares, sigma)
    stated = sampled_summed_divergence(
        sigma * math.sqrt(shares) / shift,
        rate,
        np.array([order]),
        shares=shares,
        share_sigma=sigma,
        dimension=1,
    )
    computed = divergence(law, shift, order, rate, added=added)
    assert computed <= float(stated[0]) * (1 + 1e-9) + 1e-12
    if added:
        assert computed == pytest.approx(float(stated[0]), rel=1e-6)


@pytest.mark.parametrize("shares", [1, 2, 90])
def test_fine_shares_cost_what_a_gaussian_costs(shares: int) -> None:
    summed = SummedGaussianEvent(1.7, shares, 8.0, 1 << 40)
    assert Accountant().rho(summed) == pytest.approx(
        Accountant().rho(GaussianEvent(1.7)), rel=1e-12
    )
    sampled = PoissonSampledSummedGaussianEvent(summed, 0.05, 20)
    plain = PoissonSampledGaussianEvent(1.7, 0.05, 20)
    assert Accountant().epsilon([sampled], 1e-6) == pytest.approx(
        Accountant().epsilon([plain], 1e-6), rel=1e-12
    )


def test_sampling_every_person_claims_nothing_for_sampling() -> None:
    summed = SummedGaussianEvent(3.0, 2, 8.0, 100)
    sampled = Accountant().curve(PoissonSampledSummedGaussianEvent(summed, 1.0, 4))
    assert sampled.gaussian_rho == 4 * Accountant().rho(summed)
    assert not sampled.sampled.any()


def test_more_coordinates_or_coarser_shares_never_cost_less() -> None:
    costs = [
        Accountant().rho(SummedGaussianEvent(1.0, 4, sigma, dimension))
        for sigma, dimension in [(2.0, 1), (2.0, 1000), (1.0, 1000), (0.5, 1000)]
    ]
    assert costs == sorted(costs)
    curves = [
        sampled_summed_divergence(1.0, 0.1, ORDERS, shares=4, share_sigma=4.0, dimension=dimension)
        for dimension in (1, 1 << 40)
    ]
    assert (curves[1] >= curves[0]).all()


@pytest.mark.parametrize(
    "event",
    [
        SummedGaussianEvent(0.0, 2, 8.0, 1),
        SummedGaussianEvent(1.0, 0, 8.0, 1),
        SummedGaussianEvent(1.0, 2, 0.49, 1),
        SummedGaussianEvent(1.0, 2, math.nan, 1),
        SummedGaussianEvent(1.0, 2, math.inf, 1),
        SummedGaussianEvent(1.0, 2, 8.0, 0),
        PoissonSampledSummedGaussianEvent(SummedGaussianEvent(1.0, 2, 3.9, 1), 0.1, 1),
        PoissonSampledSummedGaussianEvent(SummedGaussianEvent(1.0, 2, 8.0, 1), 0.0, 1),
        PoissonSampledSummedGaussianEvent(SummedGaussianEvent(1.0, 2, 8.0, 1), 0.1, 0),
    ],
)
def test_a_sum_that_makes_no_sense_is_refused(event: Event) -> None:
    with pytest.raises(PrivacyEventError, match="expected"):
        Accountant().epsilon([event], 1e-6)
