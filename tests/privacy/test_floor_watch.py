"""The watch over the floor of persons keeps its epsilon, by its exact law, not by draws."""

from __future__ import annotations

import math
from itertools import product

import pytest

from hanse_federation.privacy.events import FloorWatchEvent
from hanse_federation.privacy.floor_watch import FloorWatch, open_floor_watch
from hanse_federation.randomness import SeededRandomness

Counts = tuple[int, ...]
ROUNDING = 1 + 1e-9


def chance(x: int, scale: int) -> float:
    """P(noise = x)."""
    return math.tanh(1 / (2 * scale)) * math.exp(-abs(x) / scale)


def chance_below(x: int, scale: int) -> float:
    """P(noise < x), a geometric sum."""
    q = math.exp(-1 / scale)
    return q ** (1 - x) / (1 + q) if x <= 0 else 1 - q**x / (1 + q)


def outcomes(counts: Counts, floor: int, scale: int) -> dict[int, float]:
    """Return the chance of each outcome: the look that saw fewer, or len(counts) for none.

    Summed over the floor's noise as far out as a float sees anything.
    """
    reach = 60 * scale
    found = dict.fromkeys(range(len(counts) + 1), 0.0)
    for noise in range(-reach, reach + 1):
        going_on = chance(noise, scale)
        for look, persons in enumerate(counts):
            fewer = chance_below(floor + noise - persons, scale)
            found[look] += going_on * fewer
            going_on *= 1 - fewer
        found[len(counts)] += going_on
    return found


def neighbours(counts: Counts) -> list[Counts]:
    """Return the counts with one person more, who may have come or withdrawn at any look."""
    return [
        tuple(count + there for count, there in zip(counts, presence, strict=True))
        for presence in product((0, 1), repeat=len(counts))
    ]


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_the_law_used_here_is_the_discrete_laplace(scale: int) -> None:
    reach = range(-60 * scale, 60 * scale)
    assert sum(chance(x, scale) for x in reach) == pytest.approx(1)
    for bound in (-7, -1, 0, 1, 2, 9):
        summed = sum(chance(x, scale) for x in reach if x < bound)
        assert chance_below(bound, scale) == pytest.approx(summed, rel=1e-9)


@pytest.mark.parametrize("scale", [1, 2, 5])
@pytest.mark.parametrize("base", [-6, -1, 0, 2, 7])
def test_no_outcome_tells_one_person_by_more_than_epsilon(scale: int, base: int) -> None:
    """Both directions, every presence of the person, falling, rising and level counts."""
    bound = math.exp(FloorWatchEvent(scale).epsilon) * ROUNDING
    floor = 50
    shapes: list[Counts] = [(0, 0, 0), (0, -3, -6), (0, 4, 8), (0, -5, 5), (9, 9, -9)]
    for shape in shapes:
        counts = tuple(floor + base + step for step in shape)
        without = outcomes(counts, floor, scale)
        for other in neighbours(counts):
            with_person = outcomes(other, floor, scale)
            for outcome, probability in without.items():
                ratio = with_person[outcome] / probability
                assert 1 / bound <= ratio <= bound


@pytest.mark.parametrize("looks", [1, 5, 20])
def test_going_on_costs_no_more_however_often(looks: int) -> None:
    scale, floor = 3, 50
    bound = math.exp(1 / scale) * ROUNDING
    counts = (floor,) * looks
    without = outcomes(counts, floor, scale)[looks]
    with_person = outcomes(tuple(count + 1 for count in counts), floor, scale)[looks]
    assert 1 <= with_person / without <= bound


def worst_case(scale: int, looks: int = 30) -> float:
    """Return the most that a person who is in every count but the last changes an outcome by."""
    without = outcomes((50,) * looks + (50,), 50, scale)
    with_person = outcomes((51,) * looks + (50,), 50, scale)
    return max(with_person[look] / without[look] for look in without)


def test_a_person_who_withdraws_before_the_last_look_comes_close_to_the_bound() -> None:
    bound = math.exp(FloorWatchEvent(1).epsilon)
    assert 0.99 * bound < worst_case(1) <= bound * ROUNDING


def test_noise_of_half_the_scale_would_break_the_bound() -> None:
    """The check bites: a watch of scale 1 does not keep the epsilon of scale 2."""
    assert worst_case(1) > math.exp(FloorWatchEvent(2).epsilon)


@pytest.mark.parametrize(("persons", "fewer"), [(10, True), (300, False)])
def test_what_is_drawn_has_this_law(persons: int, fewer: bool) -> None:
    """Watches of a fresh seed each, one look; within 5 deviations of the exact chance."""
    scale, floor, runs = 30, 80 if fewer else 250, 2000
    expected = outcomes((persons,), floor, scale)[0]
    assert (expected > 0.5) is fewer
    randomness = SeededRandomness(11)
    seen = 0
    for _ in range(runs):
        watch, event = open_floor_watch(scale, randomness)
        assert event == FloorWatchEvent(scale)
        seen += watch.sees_fewer(persons, floor, watch.draw_count_noise(randomness))
    deviation = math.sqrt(runs * expected * (1 - expected))
    assert abs(seen - runs * expected) < 5 * deviation


@pytest.mark.parametrize(
    ("persons", "scale", "most"),
    [
        # 300 persons over a floor of 50, at epsilon 3 and the default shares.
        (300, 17, 4e-5),
        # 22 scales above the floor.
        (50 + 22 * 17, 17, 4e-8),
    ],
)
def test_a_cohort_comfortably_above_the_floor_is_hardly_ever_stopped(
    persons: int, scale: int, most: float
) -> None:
    found = outcomes((persons,) * 20, 50, scale)
    stopped = sum(found[look] for look in range(20))
    assert 0 < stopped <= most


def test_the_noise_of_the_floor_is_not_shown() -> None:
    watch = FloorWatch(17, 123_456_789)
    assert "123456789" not in f"{watch} {watch!r}"
