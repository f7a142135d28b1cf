"""What a brand that only measures holds in memory, while it answers a real study.

Rules: fresh brand processes, started as anybody starts them, answer the demo's
audience histogram through gate, ledger, worker, answer store and journal; they
are watched from their first moment to after the release.
"""

from __future__ import annotations

from contextlib import ExitStack

from bench.link_league import BenchLeague
from bench.link_processes import Footprint, MemoryWatch, product_command, running, wait_for
from bench.link_rounds import approvals
from hanse_federation.desk import RunStage


def measure_memory(league: BenchLeague) -> tuple[Footprint, ...]:
    """Run the audience study once and tell each brand's footprint."""
    alliance = league.alliance()
    with ExitStack() as stack:
        stack.enter_context(alliance.serve())
        processes = stack.enter_context(running([product_command(b) for b in league.brands]))
        watches = [MemoryWatch(process.pid) for process in processes]
        digest = alliance.propose(league.audience_study())
        wait_for(
            lambda: approvals(alliance, digest) == len(league.brands), "the approval of all brands"
        )
        last = [event.stage for event in alliance.run(digest)][-1]
        assert last is RunStage.RELEASED, last
        return tuple(watch.end() for watch in watches)
