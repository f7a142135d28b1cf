"""What is looked after while a lease is in force, and what that may cost: never the lease."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanse_server.errors import StoreAccessError, StoreFencedError
from hanse_server.lease_keeper import LeaseKeeper, held_lease
from hanse_server.store import Lease, OperatorStore
from tests.support.league_parties import SmallLeague, small_league

BRIEF = timedelta(seconds=0.3)
HOUR = timedelta(hours=1)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


def now() -> datetime:
    return datetime.now(UTC)


class Rounds:
    """Counts the rounds of looking after, each of which fails in its own way."""

    def __init__(self, *failures: Exception | None) -> None:
        self._failures = list(failures)
        self.done = threading.Event()
        self.lost = threading.Event()

    def look_after(self) -> None:
        if not self._failures:
            self.done.set()
            return
        failure = self._failures.pop(0)
        if failure is not None:
            raise failure

    def keeper(self, store: OperatorStore, lease: Lease) -> LeaseKeeper:
        return LeaseKeeper(
            store, lease, now, BRIEF, on_renewed=self.look_after, on_lost=self.lost.set
        )


def test_looking_after_comes_again_at_each_renewal_whatever_it_raised(
    league: SmallLeague, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Rounds(None, StoreAccessError("no store"), ValueError("a defect"))
    with (
        held_lease(league.store, "one", now, BRIEF) as lease,
        rounds.keeper(league.store, lease) as keeper,
    ):
        assert rounds.done.wait(timeout=30)
        keeper.check()
        league.store.leases.renew(lease, now(), BRIEF)
    assert not rounds.lost.is_set()
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "not looked after this time: store-access" in caplog.text


def test_nothing_is_looked_after_once_the_lease_is_lost(league: SmallLeague) -> None:
    rounds = Rounds()
    lease = league.store.leases.acquire("one", now() - HOUR, BRIEF)
    league.store.leases.acquire("two", now(), HOUR)
    with rounds.keeper(league.store, lease) as keeper:
        assert rounds.lost.wait(timeout=30)
        with pytest.raises(StoreFencedError):
            keeper.check()
    assert not rounds.done.is_set()
