"""A brand's lasting process in a small league, which listens and has no link to answer on."""

from __future__ import annotations

import threading

from hanse_clients.agent import BrandAgent
from hanse_clients.purging import StudyPurge
from hanse_clients.round_retention import RoundRetention
from tests.support.league_parties import DeskContact, SmallLeague


class NoConnection:
    """A connection that lasts until the agent stops."""

    def run(self, stop: threading.Event) -> None:
        stop.wait()


def agent_of(league: SmallLeague, contact: DeskContact) -> BrandAgent:
    parts = league.brands["alder"]
    return BrandAgent(
        NoConnection(),  # type: ignore[arg-type]
        contact,
        parts.desk,
        retention=RoundRetention(parts.rounds, parts.gate.open),
        purge=StudyPurge(parts.state.ends, parts.rounds, parts.ledger, parts.sources),
        poll_seconds=0.02,
        clock=league.clock,
    )
