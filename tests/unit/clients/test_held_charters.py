"""The record of charters: the newest is followed or waits, and a word is of one digest."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hanse_clients.errors import (
    CharterForkError,
    CharterNotWaitingError,
    CharterRollbackError,
    StateAccessError,
)
from hanse_clients.held_charters import CharterTaken, SignedAcceptance, SignedCharter
from hanse_clients.state import BrandState

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[BrandState]:
    with BrandState(tmp_path / "state.db") as opened:
        yield opened


def charter(version: int, mark: str = "") -> SignedCharter:
    digest = f"{version:02x}{mark}".ljust(64, "0")
    return SignedCharter(version, digest, f"signed {version}".encode(), NOW)


def followed(_: bytes) -> bool:
    return True


def waits(_: bytes) -> bool:
    return False


def accept(state: BrandState, one: SignedCharter, *, follows: SignedCharter) -> None:
    word = SignedAcceptance(one.digest, b"signed word", NOW)
    state.held.accept(word, follows=follows.digest)


def version_in_force(state: BrandState) -> int:
    held = state.charter()
    assert held is not None
    return held.version


def test_the_first_charter_is_followed_whatever_it_says(state: BrandState) -> None:
    assert state.charter() is None
    assert state.held.take(charter(2), waits) is CharterTaken.FOLLOWED
    assert version_in_force(state) == 2


def test_a_newer_charter_is_followed_or_waits(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    assert state.held.take(charter(5), followed) is CharterTaken.FOLLOWED
    assert state.held.take(charter(6), waits) is CharterTaken.WAITS
    assert version_in_force(state) == 5
    assert state.held.waiting() == charter(6)


def test_a_charter_handed_out_again_changes_nothing(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(3), waits)
    assert state.held.take(charter(3), followed) is CharterTaken.KNOWN
    assert version_in_force(state) == 2


@pytest.mark.parametrize("word", [followed, waits])
def test_charter_rollback_is_refused(state: BrandState, word: Callable[[bytes], bool]) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(5), word)
    for older in (charter(2), charter(4)):
        with pytest.raises(CharterRollbackError, match="expected charter version 5 or newer"):
            state.held.take(older, followed)
    assert version_in_force(state) == (5 if word is followed else 2)


@pytest.mark.parametrize("word", [followed, waits])
def test_two_charters_of_one_version_are_a_fork(
    state: BrandState, word: Callable[[bytes], bool]
) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(5), word)
    with pytest.raises(CharterForkError):
        state.held.take(charter(5, "ff"), followed)


def test_rollback_is_refused_by_another_process_too(state: BrandState, tmp_path: Path) -> None:
    state.held.take(charter(5), followed)
    with BrandState(tmp_path / "state.db") as other, pytest.raises(CharterRollbackError):
        other.held.take(charter(1), followed)


def test_a_charter_that_waits_is_in_force_once_accepted(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(3), waits)
    accept(state, charter(3), follows=charter(2))
    assert version_in_force(state) == 3
    assert state.held.waiting() is None
    assert state.held.acceptance(charter(3).digest) == SignedAcceptance(
        charter(3).digest, b"signed word", NOW
    )
    assert state.held.acceptance(charter(2).digest) is None


def test_a_word_on_a_charter_that_does_not_wait_is_refused(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    for one in (charter(2), charter(3)):
        with pytest.raises(CharterNotWaitingError):
            accept(state, one, follows=charter(2))


def test_a_word_on_a_charter_that_a_newer_one_overtook_is_refused(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(3), waits)
    state.held.take(charter(4), waits)
    with pytest.raises(CharterNotWaitingError, match="version 4"):
        accept(state, charter(3), follows=charter(2))
    assert version_in_force(state) == 2


def test_a_word_given_beside_another_charter_in_force_is_refused(state: BrandState) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(4), waits)
    with pytest.raises(CharterNotWaitingError):
        accept(state, charter(4), follows=charter(1))


def test_a_newer_charter_that_is_followed_takes_the_place_of_one_that_waits(
    state: BrandState,
) -> None:
    state.held.take(charter(2), followed)
    state.held.take(charter(3), waits)
    assert state.held.take(charter(4), followed) is CharterTaken.FOLLOWED
    assert version_in_force(state) == 4
    assert state.held.waiting() is None
    with pytest.raises(CharterNotWaitingError):
        accept(state, charter(3), follows=charter(4))


def test_a_newer_charter_is_compared_with_the_one_in_force(state: BrandState) -> None:
    seen: list[bytes] = []

    def look(in_force: bytes) -> bool:
        seen.append(in_force)
        return False

    for version in (2, 3, 4):
        state.held.take(charter(version), look)
    assert seen == [b"signed 2", b"signed 2"]


def test_an_acceptance_that_is_interrupted_leaves_the_charter_waiting(
    state: BrandState, tmp_path: Path
) -> None:
    """The word and the charter in force are one transaction: neither is there without the other."""
    state.held.take(charter(2), followed)
    state.held.take(charter(3), waits)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(
            "CREATE TRIGGER cut BEFORE INSERT ON charters BEGIN SELECT RAISE(ABORT, 'cut'); END"
        )
    with pytest.raises(StateAccessError, match="cut"):
        accept(state, charter(3), follows=charter(2))
    with BrandState(tmp_path / "state.db") as again:
        assert version_in_force(again) == 2
        assert again.held.waiting() == charter(3)
        assert again.held.acceptance(charter(3).digest) is None


def test_records_from_before_charters_waited_are_brought_forward(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with BrandState(path) as state:
        state.held.take(charter(2), followed)
    with sqlite3.connect(path) as connection:
        for table in ("held_charters", "charter_acceptances"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with BrandState(path) as state:
        assert version_in_force(state) == 2
        state.held.take(charter(3), waits)
        assert state.held.waiting() == charter(3)
