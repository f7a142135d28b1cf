"""The operator's lasting process: what is put right before anything is served."""

from __future__ import annotations

import errno
import shutil
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanse_federation import fault_points
from hanse_federation.desk import StudyState
from hanse_policies.errors import KeyPermissionError
from hanse_policies.signing import Envelope
from hanse_server.errors import PortInUseError, StoreFencedError, StoreLeasedError
from hanse_server.home import OperatorHome
from hanse_server.service import serving
from hanse_server.store import StudyRecord
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import found_league_operator, small_league
from tests.support.league_processes import free_port, wait_for
from tests.support.stores import new_location, text_of


def operator(folder: Path, port: int | None = None) -> OperatorHome:
    address = f"127.0.0.1:{free_port() if port is None else port}"
    return found_league_operator(folder / "operator", datetime.now(UTC), address)


def now() -> datetime:
    return datetime.now(UTC)


def left_behind(home: OperatorHome) -> str:
    """Record a study whose run goes on and that nobody approved, which is how the run ends."""
    envelope = home.signing_key().sign(a_league_histogram(now())).to_json()
    digest = Envelope.from_json(envelope).payload_digest
    with home.open_store() as store:
        store.studies.propose(
            StudyRecord(digest, "audience", 1, envelope, StudyState.PROPOSED, now())
        )
        store.runs.start_or_resume(digest, 7, now())
    return digest


def test_a_run_that_a_killed_server_left_behind_is_taken_up_and_told_of_under_its_number(
    tmp_path: Path,
) -> None:
    home = operator(tmp_path)
    digest = left_behind(home)
    with serving(home, clock=now, deadline_seconds=1) as server, home.open_store() as store:
        assert server.port > 0
        wait_for(lambda: store.runs.resumable() == (), 20)
        (run,) = store.runs.runs(digest)
        assert (run.run, run.state) == (7, StudyState.REFUSED)


def test_a_run_that_could_not_write_that_it_stopped_is_taken_up_though_nobody_asks(
    tmp_path: Path,
) -> None:
    stops: list[StudyState] = []
    home = operator(tmp_path)
    digest = left_behind(home)
    with home.open_store() as store:

        def disk_that_is_full_twice(point: str) -> None:
            if point == "server.persist-run-end.before":
                stops.append(store.runs.runs(digest)[0].state)
                if len(stops) <= 2:
                    raise OSError(errno.ENOSPC, "no space left on the disk")

        fault_points.install(disk_that_is_full_twice)
        try:
            with serving(
                home, clock=now, deadline_seconds=1, lease_lifetime=timedelta(seconds=1.5)
            ):
                wait_for(lambda: store.runs.resumable() == (), 20)
        finally:
            fault_points.install(None)
        (run,) = store.runs.runs(digest)
        assert (run.run, run.state) == (7, StudyState.REFUSED)
    assert stops == [StudyState.RUNNING] * 3


def test_a_server_from_another_folder_is_refused_while_this_one_serves(tmp_path: Path) -> None:
    home = operator(tmp_path)
    with home.open_store() as store:
        store.leases.acquire("other-host:/srv/hanse", now(), timedelta(minutes=1))
    with (
        pytest.raises(StoreLeasedError, match="other-host:/srv/hanse"),
        serving(home, clock=now, deadline_seconds=1),
    ):
        pass


def test_a_server_that_was_replaced_stops_serving_and_says_so(tmp_path: Path) -> None:
    home = operator(tmp_path)

    with pytest.raises(StoreFencedError, match="another server took over"):
        serve_until_replaced(home)


def serve_until_replaced(home: OperatorHome) -> None:
    lost, brief, hour = threading.Event(), timedelta(seconds=0.3), timedelta(hours=1)
    with (
        serving(
            home, clock=now, deadline_seconds=1, lease_lifetime=brief, on_lost=lost.set
        ) as server,
        home.open_store() as store,
    ):
        # The clock of the other host is an hour ahead.
        rival = store.leases.acquire("rival", now() + hour, hour)
        assert lost.wait(timeout=30)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", server.port), timeout=5)
        assert store.leases.renew(rival, now(), hour).token == rival.token


def test_a_lease_is_renewed_while_serving_and_given_up_after(tmp_path: Path) -> None:
    home = operator(tmp_path)
    brief = timedelta(seconds=1.5)
    with (
        serving(home, clock=now, deadline_seconds=1, lease_lifetime=brief),
        home.open_store() as store,
    ):
        time.sleep(2 * brief.total_seconds())
        with pytest.raises(StoreLeasedError):
            store.leases.acquire("rival", now(), brief)
    with home.open_store() as store:
        store.leases.acquire("rival", now(), brief)


def test_a_server_started_anew_after_a_kill_need_not_wait_for_its_former_lease(
    tmp_path: Path,
) -> None:
    home = operator(tmp_path)
    with serving(home, clock=now, deadline_seconds=1):
        held = home.path / "as-it-was.db"
        shutil.copy(home.path / "store.db", held)
        for suffix in ("-wal", "-shm"):
            shutil.copy(home.path / f"store.db{suffix}", home.path / f"as-it-was.db{suffix}")
    for suffix in ("", "-wal", "-shm"):
        (home.path / f"as-it-was.db{suffix}").replace(home.path / f"store.db{suffix}")

    with serving(home, clock=now, deadline_seconds=1) as server:
        assert server.port > 0


def test_an_operator_whose_store_is_in_postgresql_serves(tmp_path: Path) -> None:
    with new_location("postgresql", tmp_path) as location:
        address = f"127.0.0.1:{free_port()}"
        home = found_league_operator(tmp_path / "operator", now(), address, text_of(location))
        with serving(home, clock=now, deadline_seconds=1) as server:
            assert server.port > 0
        assert not (home.path / "store.db").exists()


def test_a_run_under_way_in_a_server_that_was_replaced_ends_at_once(tmp_path: Path) -> None:
    with small_league(tmp_path) as league:
        digest = league.approved(a_league_histogram(now()))
        league.store.runs.start_or_resume(digest, 7, now())
        address = f"127.0.0.1:{free_port()}"
        configuration = league.operator.configuration.model_copy(update={"address": address})
        # No brand ever connects, so that the run waits for them; it would do so for a minute.
        with pytest.raises(StoreFencedError):
            serve_until_replaced(replace(league.operator, configuration=configuration))
        wait_for(lambda: not runs_under_way(), 10)
        with league.operator.open_store() as store:
            assert [run.run for run in store.runs.resumable()] == [7]


def runs_under_way() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "study-run"]


def test_certificates_that_end_soon_are_renewed_before_anything_is_served(tmp_path: Path) -> None:
    home = operator(tmp_path)
    before = home.server_identity().certificate
    with serving(home, clock=now, deadline_seconds=1):
        assert home.server_identity().certificate == before
    late = now() + timedelta(days=350)
    with serving(home, clock=lambda: late, deadline_seconds=1):
        pass
    assert home.server_identity().certificate != before


def test_a_port_in_use_is_told_and_left_to_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        home = operator(tmp_path, holder.getsockname()[1])
        with (
            pytest.raises(PortInUseError),
            serving(home, clock=now, deadline_seconds=1),
        ):
            pass


def test_a_server_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    home = operator(tmp_path)
    (home.path / "server.key").chmod(0o644)
    with (
        pytest.raises(KeyPermissionError),
        serving(home, clock=now, deadline_seconds=1),
    ):
        pass
