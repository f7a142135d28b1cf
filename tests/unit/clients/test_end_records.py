"""What a brand records of endings stays, is upgraded from older files, and is never taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanse_clients.errors import StateVersionError
from hanse_clients.state import _TABLES, _UPGRADES, BrandState, SeenStudy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STUDY = SeenStudy("a" * 64, b"signed study", NOW)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[BrandState]:
    with BrandState(tmp_path / "state.db") as opened:
        opened.see_study(STUDY)
        yield opened


def test_an_earlier_date_of_a_planned_purge_stands(state: BrandState) -> None:
    for days in (15, 3, 20):
        state.ends.plan_purge(STUDY.digest, NOW + days * DAY)
    (planned,) = state.ends.purges()
    assert (planned.purge_by, planned.done_at) == (NOW + 3 * DAY, None)


def test_a_purge_that_was_done_is_planned_anew_by_a_later_withdrawal(state: BrandState) -> None:
    state.ends.plan_purge(STUDY.digest, NOW)
    state.ends.purge_is_done(STUDY.digest, NOW)
    state.ends.purge_is_done(STUDY.digest, NOW + DAY)
    assert [one.done_at for one in state.ends.purges()] == [NOW]
    state.ends.record_withdrawal("b" * 64, b"signed", STUDY.digest, NOW + 15 * DAY)
    (planned,) = state.ends.purges()
    assert (planned.purge_by, planned.done_at) == (NOW + 15 * DAY, None)
    assert state.ends.withdrawals() == (b"signed",)


def test_the_first_exit_and_its_first_list_stand(state: BrandState) -> None:
    assert state.ends.exit() is None
    first = state.ends.begin_exit("sold", NOW)
    assert state.ends.begin_exit("another", NOW + DAY) == first
    state.ends.finish_exit(b"list")
    state.ends.finish_exit(b"another list")
    left = state.ends.exit()
    assert left is not None
    assert (left.reason, left.began_at, left.envelope) == ("sold", NOW, b"list")


def test_a_reason_is_replaced_while_nothing_is_signed_and_not_after(state: BrandState) -> None:
    state.ends.begin_exit("", NOW)
    replaced = state.ends.replace_reason("sold")
    assert (replaced.reason, replaced.began_at, replaced.envelope) == ("sold", NOW, None)
    state.ends.finish_exit(b"list")
    assert state.ends.replace_reason("another").reason == "sold"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM exits",
        "DELETE FROM purges",
        "DELETE FROM withdrawals",
        "UPDATE withdrawals SET envelope = x'00'",
        "UPDATE exits SET envelope = NULL",
        "UPDATE exits SET began_at = '2030-01-01T00:00:00+00:00'",
    ],
)
def test_nothing_recorded_is_taken_back_by_whoever_writes_to_the_file(
    state: BrandState, tmp_path: Path, statement: str
) -> None:
    state.ends.record_withdrawal("b" * 64, b"signed", STUDY.digest, NOW)
    state.ends.begin_exit("sold", NOW)
    state.ends.finish_exit(b"list")
    with (
        sqlite3.connect(tmp_path / "state.db") as other,
        pytest.raises(sqlite3.IntegrityError, match="never"),
    ):
        other.execute(statement)


def made_by_version_1(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        for statement in _TABLES:
            if statement not in {*_UPGRADES[1], *_UPGRADES[2]}:
                connection.execute(statement)
        connection.execute("INSERT INTO studies VALUES (?, ?, ?)", (STUDY.digest, b"s", "2026"))
        connection.execute("PRAGMA user_version = 1")


def test_a_file_of_the_first_version_is_upgraded_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    made_by_version_1(path)
    for _ in range(2):
        with BrandState(path) as state:
            assert state.ends.exit() is None
            state.ends.plan_purge(STUDY.digest, NOW)
            assert len(state.ends.purges()) == 1


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StateVersionError, match="got 99"):
        BrandState(path)
