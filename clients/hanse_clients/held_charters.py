"""Charters of the operator that wait until a person at the brand accepts them.

Rules: the newest charter that the brand was handed is followed or waits, and no older one
is taken in its place; what waits is in force only once the brand signed that a person
accepted that one digest, and that word and the charter's place in force are written
together or not at all; a newer charter that changes less takes the place of one that
waits. What is recorded is never changed, only followed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from hanse_clients.errors import CharterForkError, CharterNotWaitingError, CharterRollbackError
from hanse_clients.local_database import LocalDatabase

HELD_CHARTER_TABLES: Final = (
    """CREATE TABLE held_charters (
        position INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL,
        digest TEXT NOT NULL, envelope BLOB NOT NULL, follows TEXT NOT NULL,
        received_at TEXT NOT NULL)""",
    """CREATE TABLE charter_acceptances (
        position INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL,
        envelope BLOB NOT NULL, accepted_at TEXT NOT NULL)""",
)


class CharterTaken(StrEnum):
    """What became of a charter that the brand was handed."""

    KNOWN = "known"
    FOLLOWED = "followed"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class SignedCharter:
    """A charter whose signature has been verified.

    Attributes:
        version: Its version.
        digest: SHA-256 of it as signed, 64 hex digits.
        envelope: It, signed.
        received_at: When this brand was handed it.
    """

    version: int
    digest: str
    envelope: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SignedAcceptance:
    """The brand's signed word that a person accepted a charter."""

    charter: str
    envelope: bytes
    accepted_at: datetime


class HeldCharters:
    """The charters that wait or waited, in the brand's local store."""

    def __init__(self, file: LocalDatabase) -> None:
        self._file = file

    def take(self, charter: SignedCharter, is_followed: Callable[[bytes], bool]) -> CharterTaken:
        """Follow a charter, or let it wait.

        Args:
            charter: Verified.
            is_followed: Tells, of the envelope of the charter in force, whether this one may take
                its place without a person's word. Where none is in force, it may.

        Raises:
            CharterRollbackError: It is older than one handed out before.
            CharterForkError: Another charter of its version was handed out before.
            StateAccessError: It could not be recorded.
        """
        with self._file.writing() as connection:
            in_force = _in_force(connection)
            waiting = _waiting(connection)
            _check_newest(charter, waiting or in_force)
            if in_force is not None and charter.digest == in_force.digest:
                return CharterTaken.KNOWN
            if waiting is not None and charter.digest == waiting.digest:
                return CharterTaken.KNOWN
            if in_force is None or is_followed(in_force.envelope):
                _put_in_force(connection, charter, charter.received_at)
                return CharterTaken.FOLLOWED
            connection.execute(
                "INSERT INTO held_charters (version, digest, envelope, follows, received_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (
                    charter.version,
                    charter.digest,
                    charter.envelope,
                    in_force.digest,
                    _to_text(charter.received_at),
                ),
            )
        return CharterTaken.WAITS

    def waiting(self) -> SignedCharter | None:
        """Return the newest charter that waits, or None."""
        row = self._file.one(_WAITING)
        return None if row is None else _charter(row)

    def accept(self, acceptance: SignedAcceptance, *, follows: str) -> None:
        """Put the charter that waits in force, by a person's signed word.

        Args:
            acceptance: Of that charter.
            follows: The charter in force that the person compared it with.

        Raises:
            CharterNotWaitingError: It is not the one that waits, or what is in force changed.
            StateAccessError: It could not be recorded; then it waits as before.
        """
        with self._file.writing() as connection:
            in_force, waiting = _in_force(connection), _waiting(connection)
            is_as_shown = in_force is not None and in_force.digest == follows
            if waiting is None or waiting.digest != acceptance.charter or not is_as_shown:
                raise not_waiting(acceptance.charter, waiting)
            connection.execute(
                "INSERT INTO charter_acceptances (digest, envelope, accepted_at) VALUES (?, ?, ?)",
                (acceptance.charter, acceptance.envelope, _to_text(acceptance.accepted_at)),
            )
            _put_in_force(connection, waiting, acceptance.accepted_at)

    def acceptance(self, charter: str) -> SignedAcceptance | None:
        """Return the signed word by which a charter is in force, or None where none was needed."""
        row = self._file.one(
            "SELECT digest, envelope, accepted_at FROM charter_acceptances WHERE digest = ?",
            charter,
        )
        if row is None:
            return None
        return SignedAcceptance(row[0], row[1], datetime.fromisoformat(row[2]))


_WAITING: Final = """SELECT version, digest, envelope, received_at FROM held_charters
    WHERE version > (SELECT max(version) FROM charters)
    ORDER BY version DESC, position DESC LIMIT 1"""
_IN_FORCE: Final = """SELECT version, digest, envelope, accepted_at FROM charters
    ORDER BY version DESC LIMIT 1"""


def not_waiting(digest: str, waiting: SignedCharter | None) -> CharterNotWaitingError:
    """Say that a charter is not the one that waits."""
    found = "none" if waiting is None else f"version {waiting.version}, {waiting.digest}"
    return CharterNotWaitingError(
        f"expected the digest of the charter that waits ({found}), got {digest[:64]}; hanse brand "
        "charter shows it and what it changes"
    )


def _check_newest(charter: SignedCharter, newest: SignedCharter | None) -> None:
    if newest is None or charter.version > newest.version:
        return
    if charter.version < newest.version:
        raise CharterRollbackError(
            f"expected charter version {newest.version} or newer, got {charter.version}; an older "
            "charter is never followed"
        )
    if charter.digest != newest.digest:
        raise CharterForkError(
            f"expected the one charter of version {charter.version}, got a different one; the "
            "operator signed two, so tell the other members"
        )


def _in_force(connection: sqlite3.Connection) -> SignedCharter | None:
    row = connection.execute(_IN_FORCE).fetchone()
    return None if row is None else _charter(row)


def _waiting(connection: sqlite3.Connection) -> SignedCharter | None:
    row = connection.execute(_WAITING).fetchone()
    return None if row is None else _charter(row)


def _put_in_force(
    connection: sqlite3.Connection, charter: SignedCharter, instant: datetime
) -> None:
    connection.execute(
        "INSERT INTO charters VALUES (?, ?, ?, ?)",
        (charter.version, charter.digest, charter.envelope, _to_text(instant)),
    )


def _charter(row: sqlite3.Row) -> SignedCharter:
    return SignedCharter(row[0], row[1], row[2], datetime.fromisoformat(row[3]))


def _to_text(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone, got one without")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
