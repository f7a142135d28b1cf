"""Mechanisms: noise sized after rounding, integers only, bad vectors refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError, NoiseRangeError, NonFiniteUpdateError
from hanse_federation.privacy.events import GaussianEvent
from hanse_federation.privacy.mechanism import SUMMATION_SLACK, GaussianGrid, gaussian_integers
from hanse_federation.randomness import SeededRandomness


def test_integers_get_noise_of_the_stated_size() -> None:
    values = np.arange(100_000, dtype=np.int64)
    noised, event = gaussian_integers(
        values, l2_sensitivity=2.0, noise_multiplier=3.0, randomness=SeededRandomness(1)
    )
    assert noised.dtype == np.int64
    assert (noised - values).std() == pytest.approx(6.0, rel=0.01)
    assert event == GaussianEvent(3.0)


def test_the_given_vector_is_not_changed() -> None:
    values = np.zeros(5, dtype=np.int64)
    gaussian_integers(
        values, l2_sensitivity=1.0, noise_multiplier=5.0, randomness=SeededRandomness(1)
    )
    assert not values.any()


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_sensitivity_or_multiplier_that_makes_no_sense_is_refused(value: float) -> None:
    values, source = np.zeros(2, dtype=np.int64), SeededRandomness(1)
    with pytest.raises(NoiseParameterError, match="expected l2_sensitivity above 0"):
        gaussian_integers(values, l2_sensitivity=value, noise_multiplier=1, randomness=source)
    with pytest.raises(NoiseParameterError, match="expected noise_multiplier above 0"):
        gaussian_integers(values, l2_sensitivity=1, noise_multiplier=value, randomness=source)
    with pytest.raises(NoiseParameterError):
        GaussianGrid(value, 1.0, 3)


def test_floats_are_refused_where_integers_are_expected() -> None:
    with pytest.raises(NoiseParameterError, match="expected int64 values, got float64"):
        gaussian_integers(
            np.zeros(2),  # type: ignore[arg-type]
            l2_sensitivity=1.0,
            noise_multiplier=1.0,
            randomness=SeededRandomness(1),
        )


def test_integers_that_could_wrap_around_are_refused() -> None:
    with pytest.raises(NoiseRangeError):
        gaussian_integers(
            np.array([(1 << 62) + 1]),
            l2_sensitivity=1.0,
            noise_multiplier=1.0,
            randomness=SeededRandomness(1),
        )


@given(
    clipping_norm=st.floats(1e-6, 1e3),
    noise_multiplier=st.floats(0.3, 300),
    dimension=st.integers(1, 100_000),
)
@settings(max_examples=60, deadline=None)
def test_noise_covers_clipping_norm_and_rounding(
    clipping_norm: float, noise_multiplier: float, dimension: int
) -> None:
    grid = GaussianGrid(clipping_norm, noise_multiplier, dimension)
    sensitivity = clipping_norm * (1 + SUMMATION_SLACK) + grid.step * math.sqrt(dimension)
    assert grid.standard_deviation >= noise_multiplier * sensitivity
    assert grid.standard_deviation <= noise_multiplier * clipping_norm * 1.05
    assert math.frexp(grid.step)[0] == 0.5  # a power of two
    assert grid.statistical_distance(1000) < 2.0**-180


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_rounded_neighbouring_sums_stay_within_the_sensitivity_proved(
    seed: int, dimension: int
) -> None:
    generator = np.random.default_rng(seed)
    grid = GaussianGrid(0.75, 1.1, dimension)
    rest = generator.standard_normal(dimension)
    person = generator.standard_normal(dimension)
    person *= 0.75 / np.linalg.norm(person)
    apart = np.rint((rest + person) / grid.step) - np.rint(rest / grid.step)
    assert np.linalg.norm(apart) <= 0.75 / grid.step + math.sqrt(dimension)


def test_what_leaves_is_on_the_grid() -> None:
    grid = GaussianGrid(1.0, 1.3, 500)
    vector = np.random.default_rng(1).standard_normal(500)
    noised = grid.noise(vector, SeededRandomness(2))
    assert (noised / grid.step == np.rint(noised / grid.step)).all()
    assert np.abs(noised - vector).max() > 0
    assert grid.event == GaussianEvent(1.3)


def test_grid_noise_has_the_stated_deviation_and_no_bias() -> None:
    grid = GaussianGrid(0.5, 2.0, 50_000)
    noise = grid.noise(np.full(50_000, 0.1), SeededRandomness(3)) - 0.1
    assert noise.std() == pytest.approx(grid.standard_deviation, rel=0.02)
    assert abs(noise.mean()) < 4 * grid.standard_deviation / math.sqrt(50_000)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_vector_with_a_number_that_is_not_finite_is_refused(bad: float) -> None:
    vector: NDArray[np.float64] = np.zeros(4)
    vector[2] = bad
    with pytest.raises(NonFiniteUpdateError, match="expected a finite vector"):
        GaussianGrid(1.0, 1.0, 4).noise(vector, SeededRandomness(1))


def test_a_vector_of_another_shape_or_dtype_is_refused() -> None:
    grid = GaussianGrid(1.0, 1.0, 4)
    wrong: list[NDArray[np.float64]] = [
        np.zeros(3),
        np.zeros((2, 2)),
        np.zeros(4, dtype=np.float32),
    ]
    for vector in wrong:
        with pytest.raises(NoiseParameterError, match="expected 4 float64 coordinates"):
            grid.noise(vector, SeededRandomness(1))


def test_a_vector_too_large_for_exact_integers_is_refused() -> None:
    with pytest.raises(NoiseRangeError):
        GaussianGrid(1.0, 1.0, 2).noise(np.array([0.0, 1e18]), SeededRandomness(1))


def test_a_dimension_below_one_is_refused() -> None:
    with pytest.raises(NoiseParameterError, match="at least 1, got 0"):
        GaussianGrid(1.0, 1.0, 0)


def test_a_huge_dimension_gets_a_coarser_grid_and_more_noise() -> None:
    grid = GaussianGrid(1.0, 50.0, 10_000_000)
    assert grid.standard_deviation >= 50.0 * (1 + grid.step * math.sqrt(10_000_000))
    with pytest.raises(NoiseParameterError, match="lower it or the dimension"):
        GaussianGrid(1.0, 1e5, 10_000_000)
