"""The operator's lasting process: what is put right before anything is served."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanse_federation.desk import StudyState
from hanse_policies.errors import KeyPermissionError
from hanse_server.errors import PortInUseError
from hanse_server.home import OperatorHome
from hanse_server.service import serving
from hanse_server.store import StudyRecord
from tests.support.league_parties import found_league_operator
from tests.support.league_processes import free_port


def operator(folder: Path, port: int | None = None) -> OperatorHome:
    address = f"127.0.0.1:{free_port() if port is None else port}"
    return found_league_operator(folder / "operator", datetime.now(UTC), address)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_run_that_a_killed_server_left_behind_is_failed_before_anything_is_served(
    tmp_path: Path,
) -> None:
    home, digest = operator(tmp_path), "ab" * 32
    with home.open_store() as store:
        store.studies.propose(
            StudyRecord(digest, "left-behind", 1, b"envelope", StudyState.PROPOSED, now())
        )
        store.runs.start(7, digest, now())
    with serving(home, clock=now, deadline_seconds=1) as server, home.open_store() as store:
        assert server.port > 0
        assert store.studies.study(digest).state is StudyState.FAILED
        assert store.runs.runs(digest)[0].state is StudyState.FAILED


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
