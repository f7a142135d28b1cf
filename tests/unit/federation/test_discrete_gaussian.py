"""Draws of the discrete Gaussian: shape, refusal, ties, the bound on their error."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_federation.errors import NoiseParameterError
from hanse_federation.privacy.discrete_gaussian import DiscreteGaussian
from hanse_federation.privacy.gaussian_table import REST_BYTES, gaussian_table
from hanse_federation.privacy.plan import MOST_DISTANCE_PER_DRAW
from hanse_federation.randomness import SeededRandomness


class FixedRandomness:
    """Hands out given words, then given bytes."""

    def __init__(self, word: int, rest: bytes) -> None:
        self.word, self.rest = word, rest

    def words(self, count: int) -> NDArray[np.uint64]:
        """Return the word again and again."""
        return np.full(count, self.word, dtype=np.uint64)

    def random_bytes(self, count: int) -> bytes:
        """Return the bytes, which must be as many as asked."""
        assert count == len(self.rest)
        return self.rest


@pytest.mark.parametrize("sigma", [0, -1, 0.05, math.nan, math.inf, 2.0**24])
def test_nonsense_sigma_is_refused(sigma: float) -> None:
    with pytest.raises(NoiseParameterError, match="expected a discrete Gaussian's sigma"):
        DiscreteGaussian(sigma)


def test_negative_count_is_refused() -> None:
    with pytest.raises(NoiseParameterError, match="at least 0, got -1"):
        DiscreteGaussian(1.0).sample(-1, SeededRandomness(0))


@pytest.mark.parametrize("count", [0, 1, 8192, 8193, 20_001])
def test_as_many_draws_come_as_were_asked(count: int) -> None:
    draws = DiscreteGaussian(3.0).sample(count, SeededRandomness(1))
    assert draws.shape == (count,)
    assert draws.dtype == np.dtype(np.int64)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 40.0, 4999.5, 5000.5, 30_000.0, 2.0**20])
def test_mean_and_deviation_are_right(sigma: float) -> None:
    count = 200_000
    draws = DiscreteGaussian(sigma).sample(count, SeededRandomness(7))
    support = np.arange(-20, 21)
    weights = np.exp(-(support**2) / (2 * sigma**2))
    deviation = math.sqrt(float((support**2 * weights).sum() / weights.sum()))
    expected = deviation if sigma < 1 else sigma
    assert abs(draws.mean()) < 4 * expected / math.sqrt(count)
    assert draws.std() == pytest.approx(expected, rel=4 / math.sqrt(2 * count) + 0.001)


def test_the_low_bit_decides_the_sign() -> None:
    word = 3 << 61
    plus = DiscreteGaussian(10.0).sample(1, FixedRandomness(word, b""))
    minus = DiscreteGaussian(10.0).sample(1, FixedRandomness(word | 1, b""))
    assert plus[0] == -minus[0] > 0


@pytest.mark.parametrize(("offset", "step"), [(-1, 0), (0, 1), (1, 1)])
def test_a_tie_is_decided_by_the_threshold_s_remaining_bits(offset: int, step: int) -> None:
    table = gaussian_table(10.0)
    index = 4
    rest = int.from_bytes(table.rest(index), "big") + offset
    source = FixedRandomness(int(table.heads[index]) << 1, rest.to_bytes(REST_BYTES, "big"))
    assert DiscreteGaussian(10.0).sample(1, source)[0] == index + step


def test_a_tie_among_many_equal_heads_in_the_tail_is_decided() -> None:
    table = gaussian_table(10.0)
    head = int(table.heads[-2])
    equal = np.flatnonzero(table.heads == np.uint64(head))
    assert len(equal) > 50
    target = int(equal[25])
    source = FixedRandomness(head << 1, table.rest(target))
    assert DiscreteGaussian(10.0).sample(1, source)[0] == target + 1
    source = FixedRandomness(head << 1, b"\xff" * REST_BYTES)
    assert DiscreteGaussian(10.0).sample(1, source)[0] == len(table.heads) - 1


@pytest.mark.parametrize("sigma", [0.1, 1.0, 5000.0, 5000.1, 8000.0, 2.0**20, 2.0**23])
def test_statistical_distance_stays_below_what_plans_assume(sigma: float) -> None:
    assert 0 < DiscreteGaussian(sigma).statistical_distance(1) <= MOST_DISTANCE_PER_DRAW


def test_statistical_distance_adds_up_and_stops_at_one() -> None:
    noise = DiscreteGaussian(2.0)
    one = noise.statistical_distance(1)
    assert noise.statistical_distance(1000) == pytest.approx(1000 * one)
    assert noise.statistical_distance(10**300) == 1.0


def test_a_table_is_built_quickly() -> None:
    gaussian_table.cache_clear()
    start = time.process_time()
    DiscreteGaussian(4999.0).sample(1, SeededRandomness(0))
    assert time.process_time() - start < 0.6  # 0.16 s on an idle core
