"""What befalls a league beside kills: network, disk, clocks, repeated messages, delays."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from tests.chaos.faults import Disturbance
from tests.chaos.league import OPERATOR, FaultyLeague
from tests.support.fault_control import ArmedFault, FaultKind

HOUR_SECONDS = 3600.0
AHEAD_SECONDS = 120.0
"""Within what clocks may be apart, so that what was decided then still counts after."""
SLOW_SECONDS = 0.01
STALL_SECONDS = 0.7
STALLED_POINTS = (
    "brand.send.before",
    "brand.persist-step.after",
    "brand.receive.after",
    "server.send.after",
    "server.receive.before",
)
REPEAT_SHARE = 0.3
MOST_AT_ONCE = 2
FIRST_NUMBER = 10**9
"""Numbers of armed delays, far from those of kills."""

Action = Callable[[], None]


class Disturber:
    """Disturbs a league for a while in each study."""

    def __init__(self, league: FaultyLeague, draw: random.Random) -> None:
        self._league = league
        self._draw = draw
        self._due: list[tuple[float, str, Action]] = []
        self._numbers = iter(range(FIRST_NUMBER, 2 * FIRST_NUMBER))
        self.seconds_back = 0.0
        """By how much a brand's clock was set back in this study."""

    def begin(self) -> None:
        """Draw what happens in the study that begins."""
        self.seconds_back = 0.0
        for disturbance in self._draw.sample(tuple(Disturbance), self._draw.randint(0, 2)):
            starts = time.monotonic() + self._draw.uniform(0.0, 1.0)
            self._plan(disturbance, starts, self._draw.uniform(0.5, 2.0))

    def step(self) -> list[str]:
        """Do what is due; name the disturbances that began."""
        now, begun = time.monotonic(), []
        for planned in [planned for planned in self._due if planned[0] <= now]:
            self._due.remove(planned)
            planned[2]()
            if planned[1]:
                begun.append(planned[1])
        return begun

    def end(self) -> None:
        """Let whatever lasts end at once; drop what has not begun."""
        for _, name, action in self._due:
            if not name:
                action()
        self._due.clear()

    def _plan(self, disturbance: Disturbance, starts: float, lasts: float) -> None:
        brand = self._draw.choice(tuple(self._league.brands))
        party = self._draw.choice((OPERATOR, *self._league.brands))
        network = self._league.networks[brand]
        match disturbance:
            case Disturbance.CUT:
                self._at(starts, disturbance, network.cut)
            case Disturbance.DOWN:
                self._for(starts, lasts, disturbance, begin=network.take_down, end=network.bring_up)
            case Disturbance.SLOW:
                self._for(
                    starts,
                    lasts,
                    disturbance,
                    begin=lambda: network.delay(SLOW_SECONDS),
                    end=lambda: network.delay(0),
                )
            case Disturbance.STALL:
                self._at(starts, disturbance, self._stall)
            case Disturbance.REPEAT:
                self._at(starts, disturbance, self._repeat)
            case Disturbance.FULL_DISK:
                self._for(
                    starts,
                    lasts,
                    disturbance,
                    begin=lambda: self._league.fill_disk(party, full=True),
                    end=lambda: self._league.fill_disk(party, full=False),
                )
            case Disturbance.CLOCK_BACK:
                self._clock(starts, lasts, disturbance, party, -HOUR_SECONDS)
            case Disturbance.CLOCK_AHEAD:
                self._clock(starts, lasts, disturbance, party, AHEAD_SECONDS)

    def _clock(
        self, starts: float, lasts: float, disturbance: Disturbance, party: str, seconds: float
    ) -> None:
        self._for(
            starts,
            lasts,
            disturbance,
            begin=lambda: self._set_clock(party, seconds),
            end=lambda: self._set_clock(party, 0.0),
        )

    def _at(self, when: float, name: str, action: Action) -> None:
        self._due.append((when, name, action))

    def _for(self, starts: float, lasts: float, name: str, *, begin: Action, end: Action) -> None:
        self._at(starts, name, begin)
        self._at(starts + lasts, "", end)

    def _set_clock(self, party: str, seconds: float) -> None:
        sufferer = self._league.sufferers[party]
        sufferer.suffer(replace(sufferer.spec, clock_seconds=seconds))
        self.seconds_back = max(self.seconds_back, abs(seconds))

    def _repeat(self) -> None:
        sufferer = self._league.sufferers[OPERATOR]
        sufferer.suffer(replace(sufferer.spec, repeat_share=REPEAT_SHARE))

    def _stall(self) -> None:
        point = self._draw.choice(STALLED_POINTS)
        brand = self._draw.choice(tuple(self._league.brands))
        name = OPERATOR if point.startswith("server") else brand
        fault = ArmedFault(
            next(self._numbers), point, self._draw.randint(0, 4), FaultKind.DELAY, STALL_SECONDS
        )
        self._league.arm(name, fault)
