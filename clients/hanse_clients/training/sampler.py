"""Poisson sampling of persons, the sampling that the accountant's amplification is proved for.

Rules: every person is drawn independently in every step, by cryptographic
randomness; the chance is the study's rate rounded down to a multiple of 2^-64,
so it is never above what is accounted for; the size of a sample is private and
an empty sample is a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanse_federation.randomness import Randomness

_WORDS = 2**64


@dataclass(frozen=True, slots=True)
class PoissonSampler:
    """Draws samples of persons, each with the same chance, independent of all else.

    Attributes:
        persons: How many persons there are, at least 0. Private.
        rate: Chance q of each person to be in a sample, in (0, 1].
    """

    persons: int
    rate: float

    def draw(self, randomness: Randomness) -> NDArray[np.intp]:
        """Draw one sample.

        Args:
            randomness: Where the draws come from.

        Returns:
            Positions of the persons drawn, increasing, possibly none.
        """
        threshold = int(self.rate * _WORDS)
        if threshold >= _WORDS:
            return np.arange(self.persons)
        words = randomness.words(self.persons)
        return np.flatnonzero(words < np.uint64(threshold))
