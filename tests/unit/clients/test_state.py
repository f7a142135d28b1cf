from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_clients.errors import (
    StateAccessError,
    StateVersionError,
    StudyNotSeenError,
)
from hanse_clients.held_charters import SignedCharter
from hanse_clients.state import (
    _UPGRADES,
    AcceptedCharter,
    Approval,
    BrandState,
    ClassedVersion,
    DecisionRecord,
    OwnVerdict,
    SeenStudy,
)
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import Verdict

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STUDY = SeenStudy("a" * 64, b"signed study", NOW)
DECISION = DecisionRecord(STUDY.digest, Verdict.DENY, ("purpose.permit",), "b" * 64, NOW)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[BrandState]:
    with BrandState(tmp_path / "state.db") as opened:
        yield opened


def charter(version: int, digest: str = "c" * 64) -> AcceptedCharter:
    return AcceptedCharter(version, digest, b"signed charter", NOW)


def handed(version: int, digest: str = "c" * 64) -> SignedCharter:
    return SignedCharter(version, digest, b"signed charter", NOW)


def test_study_keeps_the_instant_it_was_first_seen(state: BrandState) -> None:
    assert state.see_study(STUDY)
    assert not state.see_study(replace(STUDY, first_seen=NOW + timedelta(days=1)))

    assert state.study(STUDY.digest) == STUDY
    assert state.studies() == (STUDY,)


def test_study_never_received_has_no_records(state: BrandState) -> None:
    with pytest.raises(StudyNotSeenError):
        state.study(STUDY.digest)
    with pytest.raises(StudyNotSeenError):
        state.record_decision(DECISION)
    with pytest.raises(StudyNotSeenError):
        state.record_verdict(OwnVerdict(STUDY.digest, b"signed verdict", NOW))
    with pytest.raises(StudyNotSeenError):
        state.record_approval(Approval(STUDY.digest, True, NOW))


def test_every_decision_is_kept(state: BrandState) -> None:
    state.see_study(STUDY)
    permit = replace(DECISION, verdict=Verdict.PERMIT, codes=())

    digests = [state.record_decision(decision) for decision in (DECISION, permit, DECISION)]

    assert state.decisions(STUDY.digest) == (DECISION, permit, DECISION)
    assert digests[0] == digests[2] != digests[1]


def test_newest_verdict_and_approval_count(state: BrandState) -> None:
    state.see_study(STUDY)
    assert state.verdict(STUDY.digest) is None
    assert state.approval(STUDY.digest) is None

    for word, approved in ((b"permit", True), (b"deny", False)):
        state.record_verdict(OwnVerdict(STUDY.digest, word, NOW))
        state.record_approval(Approval(STUDY.digest, approved, NOW))

    assert state.verdict(STUDY.digest) == OwnVerdict(STUDY.digest, b"deny", NOW)
    assert state.approval(STUDY.digest) == Approval(STUDY.digest, False, NOW)


def test_records_are_the_owners_alone_and_synced(state: BrandState, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    connection.close()

    assert mode == "wal"
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600


def test_records_of_another_version_are_refused(tmp_path: Path) -> None:
    BrandState(tmp_path / "state.db").close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()

    with pytest.raises(StateVersionError, match="got 9"):
        BrandState(tmp_path / "state.db")


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"rubbish" * 1000)

    with pytest.raises(StateAccessError):
        BrandState(tmp_path / "state.db")


def test_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateAccessError):
        BrandState(tmp_path / "nowhere" / "state.db")


def test_threads_share_one_store(state: BrandState) -> None:
    def see(number: int) -> bool:
        return state.see_study(replace(STUDY, digest=f"{number % 10:064x}"))

    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(see, range(40)))

    assert new.count(True) == 10


@given(
    verdict=st.sampled_from(Verdict),
    codes=st.lists(st.from_regex(r"[a-z][a-z.-]{0,20}", fullmatch=True), max_size=5),
    decided_at=st.datetimes(timezones=st.just(UTC)),
)
def test_decision_survives_its_text(
    verdict: Verdict, codes: list[str], decided_at: datetime
) -> None:
    decision = DecisionRecord("a" * 64, verdict, tuple(codes), "b" * 64, decided_at)

    assert DecisionRecord.from_json(decision.to_json()) == decision


def test_records_of_the_layout_before_are_brought_forward(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with BrandState(path) as state:
        state.held.take(handed(1), lambda _: True)
    with sqlite3.connect(path) as connection:
        for statement in (*_UPGRADES[1], *_UPGRADES[2]):
            made = re.match(r"CREATE (TABLE|TRIGGER|INDEX) (\w+)", statement)
            assert made is not None
            connection.execute(f"DROP {made[1]} IF EXISTS {made[2]}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    version = ClassedVersion("a" * 64, "b" * 64, Direction.TIGHTENS, "c" * 64)
    with BrandState(path) as state:
        assert state.charter() == charter(1)
        state.record_class(version)
    with BrandState(path) as state:
        assert state.classes() == (version,)


def test_the_newest_class_of_a_version_counts(state: BrandState) -> None:
    for direction in (Direction.TIGHTENS, Direction.MIXED):
        state.record_class(ClassedVersion("a" * 64, "b" * 64, direction, None))

    newest = state.class_of("a" * 64, "b" * 64)
    assert newest is not None
    assert newest.direction is Direction.MIXED
    assert state.class_of("a" * 64, "c" * 64) is None
