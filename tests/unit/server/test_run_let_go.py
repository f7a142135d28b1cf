"""A run that stopped while the store could not be written is taken up without a new server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hanse_federation.desk import StudyState
from hanse_server.errors import StudyRunError
from hanse_server.store import OperatorStore
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import SmallLeague, small_league

RUN = 77


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


def leased(league: SmallLeague, holder: str = "one") -> OperatorStore:
    lease = league.store.leases.acquire(holder, league.clock(), timedelta(seconds=1))
    return league.store.under(lease)


def test_a_run_whose_end_could_not_be_written_is_taken_up_under_the_same_lease(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    store = leased(league)
    first = store.runs.start_or_resume(digest, RUN, league.clock())
    with pytest.raises(StudyRunError):
        store.runs.start_or_resume(digest, RUN + 1, league.clock())
    store.runs.let_go(first.run)  # it stopped, and the disk was full
    assert store.runs.runs(digest)[-1].state is StudyState.RUNNING
    again = store.runs.start_or_resume(digest, RUN + 1, league.clock())
    assert again.run == first.run
    with pytest.raises(StudyRunError):
        store.runs.start_or_resume(digest, RUN + 2, league.clock())


def test_without_a_lease_a_run_that_is_recorded_as_running_is_refused(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    first = league.store.runs.start_or_resume(digest, RUN, league.clock())
    league.store.runs.let_go(first.run)
    with pytest.raises(StudyRunError):
        league.store.runs.start_or_resume(digest, RUN + 1, league.clock())


def test_a_take_up_that_could_not_be_written_leaves_the_run_to_be_taken_up(
    league: SmallLeague, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    store = leased(league)
    first = store.runs.start_or_resume(digest, RUN, league.clock())
    store.runs.let_go(first.run)

    def full_disk(point: str) -> None:
        if point.endswith(".after"):
            raise OSError(28, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr("hanse_server.store.runs.reach", full_disk)
        with pytest.raises(OSError, match="no space"):
            store.runs.start_or_resume(digest, RUN + 1, league.clock())
    assert store.runs.start_or_resume(digest, RUN + 1, league.clock()).run == first.run
