"""Watches whether a cohort still has its floor of persons, at one price however often it looks.

Rules: the floor is noised once for a study at a brand and that noise never changes;
each look noises the count anew; the first look that finds the count below is the last
one, for good. Integers only. What it releases is when it stopped, or that it did not,
and nothing else: no noised count, no noised floor.

Privacy. Look i compares f_i(D) + v_i with t_i + r: f_i counts the persons at that look,
t_i is the floor in force then (public), r and all v_i are discrete Laplace of scale b.
One person more adds d_i, 0 or 1, to each count. Let the answers be "goes on" up to look
k - 1, then "below" at look k.

- One person more. "Goes on" gets no less likely at any r. "Below" at look k, with v_k
  shifted by d_k, costs a factor of at most exp(1/b).
- One person less. Shift r by one, for exp(1/b): then every "goes on" with the person
  implies one without, for d_i is at most 1. "Below" at look k asks to shift v_k by
  1 - d_k, for at most exp(1/b).

Together exp(2/b) at most, so the whole watch is (2/b)-differentially private; looks that
all go on cost no more than exp(1/b). Because all counts move the same way, the noise of a
look need not be twice that of the floor. The looks may be chosen in the light of anything
that the watch or other mechanisms said before: the bound holds look by look.

Source: Dwork, Roth 2014, Algorithm 1 and Theorem 3.23 (AboveThreshold); Lyu, Su, Li,
VLDB 2017 (arXiv:1603.01699), Algorithm 7, for queries that are monotone in one person;
Lyu, NeurIPS 2022 (arXiv:2207.09397), for mechanisms asked in turns.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_federation.privacy.discrete_laplace import check_scale, discrete_laplace
from hanse_federation.privacy.events import FloorWatchEvent
from hanse_federation.randomness import Randomness


@dataclass(frozen=True, slots=True, repr=False)
class FloorWatch:
    """One study's watch at one brand.

    Attributes:
        noise_scale: Scale b of the noise on the floor and on each count, in persons.
        floor_noise: What the floor was noised with. A secret of the brand: whoever knows
            it learns more from each look than is accounted for.
    """

    noise_scale: int
    floor_noise: int

    def draw_count_noise(self, randomness: Randomness) -> int:
        """Draw what one look noises its count with, in persons; a secret as the floor's is.

        Whoever looks keeps it durably before the look: a look that begins again after a
        failure uses it again, for a second draw would be a second look.
        """
        return discrete_laplace(self.noise_scale, randomness)

    def sees_fewer(self, persons: int, floor: int, count_noise: int) -> bool:
        """Look once: tell whether the noised count lies below the noised floor.

        After the first True no further look may be released.

        Args:
            persons: The true number of persons now, at most one of them due to any person.
            floor: The least number of persons, a public figure.
            count_noise: What was drawn for this look.
        """
        return persons + count_noise < floor + self.floor_noise


def open_floor_watch(
    noise_scale: int, randomness: Randomness
) -> tuple[FloorWatch, FloorWatchEvent]:
    """Draw the noise of a floor; the caller keeps it durably before the first look.

    Args:
        noise_scale: Scale b of all noise, in persons, a whole number from 1.
        randomness: Where the noise comes from.

    Returns:
        The watch, and the event that stands for all its looks together.

    Raises:
        NoiseParameterError: The scale is out of its range.
    """
    check_scale(noise_scale)
    watch = FloorWatch(noise_scale, discrete_laplace(noise_scale, randomness))
    return watch, FloorWatchEvent(noise_scale)
