"""Shares of noise: enough together, sized after rounding, within the bound that is declared."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.errors import NoiseParameterError, NoiseRangeError, NonFiniteUpdateError
from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian
from hanse_federation.privacy.distributed_noise import CountShares, GradientShares
from hanse_federation.privacy.events import LEAST_SHARE_SIGMA
from hanse_federation.privacy.gaussian_table import gaussian_table
from hanse_federation.privacy.mechanism import SUMMATION_SLACK
from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import NoiseSharesError

MULTIPLIERS = st.floats(0.1, 1e6)
SHARES = st.integers(1, 999)


@given(MULTIPLIERS, SHARES)
@settings(deadline=None)
def test_count_shares_together_have_the_planned_noise(multiplier: float, shares: int) -> None:
    noise = CountShares(multiplier, shares)
    assert shares * Fraction(noise.share_sigma) ** 2 >= (noise.scale * Fraction(multiplier)) ** 2
    assert noise.share_sigma >= LEAST_SHARE_SIGMA
    assert noise.scale & (noise.scale - 1) == 0
    assert noise.standard_deviation(shares) == pytest.approx(multiplier, rel=1e-9)


@given(MULTIPLIERS, SHARES)
@settings(deadline=None)
def test_counts_are_scaled_no_more_than_they_need(multiplier: float, shares: int) -> None:
    noise = CountShares(multiplier, shares)
    assert noise.scale == 1 or noise.share_sigma < 2 * LEAST_SHARE_SIGMA * (1 + 1e-9)


@given(
    clipping_norm=st.floats(1e-6, 1e3),
    multiplier=st.floats(0.1, 1e3),
    dimension=st.integers(1, 2_000_000),
    shares=SHARES,
)
@settings(deadline=None)
def test_gradient_shares_together_cover_the_sensitivity_after_rounding(
    clipping_norm: float, multiplier: float, dimension: int, shares: int
) -> None:
    noise = GradientShares(clipping_norm, multiplier, dimension, shares, 1000.0)
    clipped = Fraction(clipping_norm) * (1 + Fraction(SUMMATION_SLACK)) / Fraction(noise.step)
    sensitivity = float(clipped) + math.sqrt(dimension)
    assert math.sqrt(shares) * noise.share_sigma >= multiplier * sensitivity
    assert noise.share_sigma >= LEAST_SHARE_SIGMA
    assert math.frexp(noise.step)[0] == 0.5


def test_rounding_costs_less_than_one_percent_more_noise() -> None:
    noise = GradientShares(1.0, 1.5, 100_000, 4, 1000.0)
    assert noise.standard_deviation(4) == pytest.approx(1.5, rel=0.01)
    assert noise.standard_deviation(4) >= 1.5


def test_a_sum_of_count_shares_decodes_to_the_counts_and_the_planned_noise() -> None:
    noise, source = CountShares(3.0, 4), SeededRandomness(7)
    counts = np.arange(40_000, dtype=np.int64)
    total = sum((noise.add_share(counts, source) for _ in range(4)), np.zeros_like(counts))
    errors = noise.decode(total) - 4 * counts
    assert errors.mean() == pytest.approx(0, abs=0.06)
    assert errors.std() == pytest.approx(math.hypot(3.0, math.sqrt(1 / 12)), rel=0.02)


def test_a_sum_of_gradient_shares_decodes_to_the_gradient_and_the_planned_noise() -> None:
    noise, source = GradientShares(2.0, 1.5, 40_000, 3, 10.0), SeededRandomness(8)
    vector = np.linspace(-15.0, 15.0, 40_000)
    shares = [noise.add_share(vector, source) for _ in range(5)]
    errors = noise.decode(np.sum(shares, axis=0)) - 5 * vector
    assert errors.mean() == pytest.approx(0, abs=0.1)
    assert errors.std() == pytest.approx(noise.standard_deviation(5), rel=0.02)


def test_coordinates_beyond_the_limit_are_clamped() -> None:
    noise = GradientShares(1.0, 0.5, 2, 1, 4.0)
    decoded = noise.decode(noise.add_share(np.array([1e9, -1e9]), SeededRandomness(3)))
    assert np.abs(decoded - [4.0, -4.0]).max() <= noise.largest_noise * noise.step


@given(st.integers(0, 2**32), st.sampled_from([0.3, 8.0, 700.0]))
@settings(max_examples=25, deadline=None)
def test_no_share_leaves_its_bound(seed: int, multiplier: float) -> None:
    source = SeededRandomness(seed)
    counts = CountShares(multiplier, 2)
    noised = counts.add_share(np.array([100, -100] * 500, dtype=np.int64), source)
    assert np.abs(noised).max() <= counts.bound(100)
    gradients = GradientShares(1.0, multiplier, 1000, 2, 5.0)
    assert np.abs(gradients.add_share(np.full(1000, 50.0), source)).max() <= gradients.bound


@pytest.mark.parametrize("sigma", [0.1, 8.0, 5000.0, 5000.1, 1e6, 2.0**23])
def test_the_largest_draw_is_what_the_table_holds(sigma: float) -> None:
    law = DiscreteGaussian(sigma)
    entries = len(gaussian_table(law._table_sigma).heads) - 1
    assert law.largest == entries * (1 + law._stride)
    assert 19 * sigma <= law.largest <= 28 * sigma + 16


@pytest.mark.parametrize(
    ("total", "count"), [(0, 0), (7, 1), (8, 1), (4, 0), (12, 2), (-4, 0), (-12, -2), (-5, -1)]
)
def test_halves_are_decoded_to_the_even_count(total: int, count: int) -> None:
    noise = CountShares(1.5, 1)
    assert noise.scale == 8
    assert noise.decode(np.array([total], dtype=np.int64)).tolist() == [count]


def test_decoding_is_exact_for_large_totals() -> None:
    noise = CountShares(1.5, 1)
    large = (1 << 61) + 3
    assert noise.decode(np.array([8 * (1 << 58) + 3], dtype=np.int64)).tolist() == [1 << 58]
    assert noise.decode(np.array([large - 3], dtype=np.int64)).tolist() == [1 << 58]


def test_the_event_says_how_the_noise_was_divided() -> None:
    counts = CountShares(7.0, 3)
    assert counts.event(20).shares == 3
    assert counts.event(20).share_sigma == counts.share_sigma
    gradients = GradientShares(1.0, 2.0, 50, 3, 10.0)
    assert (gradients.event.noise_multiplier, gradients.event.dimension) == (2.0, 50)


@pytest.mark.parametrize("shares", [0, -1])
def test_noise_that_nobody_is_left_to_add_is_refused(shares: int) -> None:
    with pytest.raises(NoiseSharesError, match="raise minimum_brands"):
        CountShares(1.0, shares)
    with pytest.raises(NoiseSharesError):
        GradientShares(1.0, 1.0, 3, shares, 10.0)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_numbers_that_make_no_sense_are_refused(value: float) -> None:
    with pytest.raises(NoiseParameterError, match="expected noise_multiplier"):
        CountShares(value, 2)
    with pytest.raises(NoiseParameterError, match="expected clipping_norm"):
        GradientShares(value, 1.0, 3, 2, 10.0)
    with pytest.raises(NoiseParameterError, match="expected coordinate_limit"):
        GradientShares(1.0, 1.0, 3, 2, value)
    with pytest.raises(NoiseParameterError, match="expected a dimension"):
        GradientShares(1.0, 1.0, 0, 2, 10.0)
    with pytest.raises(NoiseParameterError, match="lower it or the dimension"):
        GradientShares(1.0, 1e9, 3, 2, 10.0)
    with pytest.raises(NoiseParameterError, match="within 2\\^52 grid steps"):
        GradientShares(1.0, 1.0, 3, 2, 1e15)


def test_vectors_that_do_not_fit_are_refused() -> None:
    gradients, counts, source = (
        GradientShares(1.0, 1.0, 3, 2, 10.0),
        CountShares(1.0, 2),
        SeededRandomness(1),
    )
    with pytest.raises(NoiseParameterError, match="expected 3 float64 coordinates"):
        gradients.add_share(np.zeros(4), source)
    with pytest.raises(NonFiniteUpdateError):
        gradients.add_share(np.array([0.0, math.nan, 0.0]), source)
    with pytest.raises(NoiseParameterError, match="expected int64 counts"):
        counts.add_share(np.zeros(3), source)  # type: ignore[arg-type]
    with pytest.raises(NoiseRangeError, match="bound them first"):
        counts.add_share(np.array([1 << 60], dtype=np.int64), source)
