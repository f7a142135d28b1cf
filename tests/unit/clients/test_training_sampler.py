from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_clients.training.sampler import PoissonSampler
from hanse_federation.randomness import SeededRandomness


class FixedWords:
    """Randomness that returns given words."""

    def __init__(self, *words: int) -> None:
        self._words = np.array(words, dtype=np.uint64)

    def words(self, count: int) -> NDArray[np.uint64]:
        return self._words[:count]

    def random_bytes(self, count: int) -> bytes:
        raise NotImplementedError(count)


def test_a_person_is_drawn_exactly_when_its_word_is_below_the_rate() -> None:
    half = 2**63
    sample = PoissonSampler(4, 0.5).draw(FixedWords(half - 1, half, 0, 2**64 - 1))
    np.testing.assert_array_equal(sample, [0, 2])


def test_rate_one_draws_everybody_without_randomness() -> None:
    np.testing.assert_array_equal(PoissonSampler(3, 1.0).draw(FixedWords()), [0, 1, 2])


def test_rate_just_below_one_is_still_a_rate() -> None:
    sample = PoissonSampler(2, float(np.nextafter(1, 0))).draw(FixedWords(0, 2**64 - 1))
    np.testing.assert_array_equal(sample, [0])


def test_a_rate_too_small_to_represent_draws_nobody() -> None:
    assert len(PoissonSampler(2, 1e-30).draw(FixedWords(0, 0))) == 0


def test_nobody_to_draw_is_an_empty_sample() -> None:
    assert len(PoissonSampler(0, 0.5).draw(SeededRandomness(1))) == 0


@pytest.mark.parametrize("rate", [0.01, 0.5, 0.9])
def test_size_of_samples_is_binomial(rate: float) -> None:
    sampler, randomness = PoissonSampler(1000, rate), SeededRandomness(3)
    sizes = np.array([len(sampler.draw(randomness)) for _ in range(400)])
    deviation = np.sqrt(1000 * rate * (1 - rate))
    assert abs(sizes.mean() - 1000 * rate) < 5 * deviation / np.sqrt(400)
    assert sizes.std() == pytest.approx(deviation, rel=0.2)


def test_persons_are_drawn_independently_of_each_other_and_of_earlier_steps() -> None:
    sampler, randomness = PoissonSampler(2, 0.5), SeededRandomness(4)
    draws = np.zeros((4000, 2))
    for step in range(len(draws)):
        draws[step, sampler.draw(randomness)] = 1
    bound = 5 / np.sqrt(len(draws))
    assert abs(np.corrcoef(draws[:, 0], draws[:, 1])[0, 1]) < bound
    assert abs(np.corrcoef(draws[1:, 0], draws[:-1, 0])[0, 1]) < bound
