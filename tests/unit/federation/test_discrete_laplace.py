"""The discrete Laplace is drawn exactly, from whole numbers and the bits handed in."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.errors import NoiseParameterError
from hanse_federation.privacy.discrete_laplace import LARGEST_SCALE, discrete_laplace
from hanse_federation.randomness import SeededRandomness

DRAWS = 20_000


def chance(x: int, scale: int) -> float:
    """P(X = x) = (e^(1/b) - 1) / (e^(1/b) + 1) * e^(-|x|/b)."""
    return math.tanh(1 / (2 * scale)) * math.exp(-abs(x) / scale)


@pytest.mark.parametrize("scale", [1, 2, 3, 17])
def test_draws_have_the_law_of_the_discrete_laplace(scale: int) -> None:
    """Chi-squared over cells of at least 20 expected draws, 6 deviations wide of its mean."""
    randomness = SeededRandomness(scale)
    drawn = Counter(discrete_laplace(scale, randomness) for _ in range(DRAWS))
    edge = next(x for x in range(10**6) if DRAWS * chance(x + 1, scale) < 20)
    cells = {x: DRAWS * chance(x, scale) for x in range(-edge, edge + 1)}
    beyond = DRAWS - sum(cells.values())
    statistic = sum((drawn[x] - expected) ** 2 / expected for x, expected in cells.items())
    statistic += (DRAWS - sum(drawn[x] for x in cells) - beyond) ** 2 / beyond
    freedom = len(cells)
    assert abs(statistic - freedom) < 6 * math.sqrt(2 * freedom)


@given(st.integers(1, 10_000), st.integers(0, 10**6))
def test_the_same_bits_give_the_same_draw(scale: int, seed: int) -> None:
    first, second = (discrete_laplace(scale, SeededRandomness(seed)) for _ in range(2))
    assert first == second
    assert type(first) is int


def test_a_scale_may_be_very_large() -> None:
    randomness = SeededRandomness(3)
    drawn = [abs(discrete_laplace(LARGEST_SCALE, randomness)) for _ in range(400)]
    mean = Fraction(sum(drawn), 400 * LARGEST_SCALE)
    assert abs(mean - 1) < Fraction(6, 20)  # 6 deviations of a mean of 400 exponentials


@pytest.mark.parametrize("scale", [0, -1, 1.5, True, LARGEST_SCALE + 1])
def test_a_scale_out_of_range_is_refused(scale: int) -> None:
    with pytest.raises(NoiseParameterError, match="expected a discrete Laplace's scale"):
        discrete_laplace(scale, SeededRandomness(1))
