"""Which faults a campaign makes happen, drawn from a seed, and what became of each."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.points import BRAND, party_of

ANY_INSTANT = "any-instant"
STARTING = "server.persist-lease"
"""Begins the points that a server reaches when it starts."""
FAILING = "server.persist-run-end"
"""Begins the points that a server reaches when a run ends without a release."""
PASSES = (0, 0, 0, 1, 2, 3, 5, 8)
"""From these it is drawn how often a point is passed before the kill."""
FEWEST_KILLS, MOST_KILLS = 2, 6
"""How many are armed for one study; not all of them are reached."""
GIVEN_UP_AFTER = 6
"""A point that was armed so often at its first pass, and never reached, is not armed again."""


class Disturbance(StrEnum):
    """What befalls parties beside kills."""

    CUT = "connection-cut"
    DOWN = "network-down"
    SLOW = "network-slow"
    STALL = "delay-at-a-point"
    REPEAT = "repeat-and-reorder"
    FULL_DISK = "full-disk"
    CLOCK_BACK = "clock-an-hour-back"
    CLOCK_AHEAD = "clock-ahead"


class Outcome(StrEnum):
    """How a run ended that suffered a fault."""

    RELEASED = "released"
    REFUSED = "refused"
    VIOLATED = "violated"


@dataclass(frozen=True, slots=True)
class PlannedKill:
    """A kill that is armed for one study."""

    point: str
    passes: int


class KillPlan:
    """Spreads kills evenly over the fault points, each after a random number of passes."""

    def __init__(self, points: tuple[str, ...], draw: random.Random) -> None:
        self._draw = draw
        self._points = (*points, f"brand.{ANY_INSTANT}", f"server.{ANY_INSTANT}")
        self._passes: dict[str, int] = dict.fromkeys(self._points, max(PASSES))
        self._missed: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()

    def next_kills(self, at_most: int) -> list[PlannedKill]:
        """Choose points, those killed at or armed in vain least first."""
        left = [point for point in self._points if self._missed[point] < GIVEN_UP_AFTER]
        self._draw.shuffle(left)
        left.sort(key=lambda point: self.happened[point] + self._missed[point])
        chosen = left[: min(at_most, self._draw.randint(FEWEST_KILLS, MOST_KILLS))]
        return [
            PlannedKill(point, min(self._draw.choice(PASSES), self._passes[point]))
            for point in chosen
        ]

    def note_kill(self, point: str) -> None:
        """Count a kill that happened."""
        self.happened[point] += 1
        self._missed[point] = 0

    def note_miss(self, kill: PlannedKill) -> None:
        """Note that a point was not reached so often; it is killed earlier from now on."""
        self._passes[kill.point] = kill.passes // 2
        if not self.happened[kill.point] and not kill.passes:
            self._missed[kill.point] += 1

    @property
    def never_reached(self) -> tuple[str, ...]:
        """List the points that no study reached."""
        return tuple(point for point in self._points if not self.happened[point])

    @property
    def is_used_up(self) -> bool:
        """Tell whether no point is left to kill at."""
        return all(self._missed[point] >= GIVEN_UP_AFTER for point in self._points)


class Tally:
    """What became of the faults that happened."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)

    def count(self, faults: list[str], outcome: Outcome) -> None:
        """Count the faults of a study whose run ended so."""
        for fault in faults:
            self._counts[fault][outcome] += 1

    def rows(self) -> list[tuple[str, int, int, int]]:
        """List fault, happened, survived by a release, survived by a refusal; kills first."""
        rows = [
            (
                fault,
                counts.total(),
                counts[Outcome.RELEASED],
                counts[Outcome.REFUSED],
            )
            for fault, counts in self._counts.items()
        ]
        return sorted(rows, key=lambda row: ("." not in row[0], row[0]))


def is_of_a_brand(point: str) -> bool:
    """Tell whether a brand's process reaches a point."""
    return party_of(point) == BRAND
