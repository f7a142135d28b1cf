"""The rows of a ledger's file: charges, answers, totals, and which of them belong together.

Everything here runs in a transaction that the caller holds open.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hanse_federation.messages import Question
from hanse_federation.privacy.charges import (
    AnswerKey,
    Charge,
    LedgerEntry,
    event_from_json,
    event_to_json,
)
from hanse_policies.documents import Purpose, StudyId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEY = (
    "study_digest = ? AND round_number = ? AND question = ? "
    "AND request_digest = ? AND data_version = ?"
)
_ENTRY_COLUMNS = (
    "charged_at, study_digest, study_id, purpose, round_number, question, request_digest, "
    "data_version, event"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which entries a total adds up: those of a study, or of a purpose in a period.

    Attributes:
        name: What the saved total goes by.
        condition: On entries, in SQL, with a question mark for each value.
        values: For the question marks.
    """

    name: str
    condition: str
    values: tuple[str | int, ...]

    @classmethod
    def of_study(cls, digest: str) -> Scope:
        """Take in what a study was charged."""
        return cls(f"study {digest}", "study_digest = ?", (digest,))

    @classmethod
    def of_purpose(cls, purpose: Purpose, period: tuple[datetime, datetime]) -> Scope:
        """Take in what a purpose was charged from a period's start to before its end."""
        start, end = (microseconds(instant) for instant in period)
        return cls(
            f"purpose {purpose} {start} {end}",
            "purpose = ? AND charged_at >= ? AND charged_at < ?",
            (purpose.value, start, end),
        )


def insert_entry(connection: sqlite3.Connection, charge: Charge, now: datetime) -> int:
    """Add a charge; return its number."""
    cursor = connection.execute(
        f"INSERT INTO entries ({_ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            microseconds(now),
            charge.study_digest,
            charge.study_id,
            charge.purpose.value,
            charge.round_number,
            charge.question.value,
            charge.request_digest,
            charge.data_version,
            event_to_json(charge.event),
        ),
    )
    return int(cursor.lastrowid or 0)


def find_standing(
    connection: sqlite3.Connection, charge: Charge, scope: Scope
) -> tuple[int, datetime] | None:
    """Find a charge for the very same question and event, in a scope, that nothing answered.

    Returns:
        Its number and instant, or None.
    """
    if find_answer(connection, charge.key) is not None:
        return None
    row = connection.execute(
        f"SELECT number, charged_at FROM entries INDEXED BY entries_by_study WHERE {_KEY} "  # noqa: S608
        f"AND event = ? AND {scope.condition} ORDER BY number LIMIT 1",
        (*_key_values(charge.key), event_to_json(charge.event), *scope.values),
    ).fetchone()
    return None if row is None else (row[0], instant_of(row[1]))


def is_charged(connection: sqlite3.Connection, key: AnswerKey) -> bool:
    """Tell whether a question was ever charged."""
    row = connection.execute(
        f"SELECT 1 FROM entries WHERE {_KEY} LIMIT 1",  # noqa: S608 - a constant
        _key_values(key),
    ).fetchone()
    return row is not None


PURGED = b""
"""What stands in the place of an answer that was purged; no answer is empty."""


def find_answer(connection: sqlite3.Connection, key: AnswerKey) -> bytes | None:
    """Find the answer to a question, byte for byte; None without one, `PURGED` if it went."""
    row = connection.execute(
        f"SELECT reply FROM answers WHERE {_KEY}",  # noqa: S608 - a constant
        _key_values(key),
    ).fetchone()
    return None if row is None else bytes(row[0])


def find_latest_answer(
    connection: sqlite3.Connection, study_digest: str, question: Question
) -> bytes | None:
    """Find the newest answer to a question of a study, on whatever data; as `find_answer`."""
    row = connection.execute(
        "SELECT reply FROM answers WHERE study_digest = ? AND question = ? "
        "ORDER BY rowid DESC LIMIT 1",
        (study_digest, question.value),
    ).fetchone()
    return None if row is None else bytes(row[0])


def insert_answer(connection: sqlite3.Connection, key: AnswerKey, reply: bytes) -> None:
    """Add the answer to a question that has none."""
    connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", (*_key_values(key), reply))


def purge_answers(connection: sqlite3.Connection, study_digest: str) -> None:
    """Take the bytes of every answer of a study; that there was one stays."""
    connection.execute(
        "UPDATE answers SET reply = ? WHERE study_digest = ? AND length(reply) > 0",
        (PURGED, study_digest),
    )


def has_answers(connection: sqlite3.Connection, study_digest: str) -> bool:
    """Tell whether the bytes of any answer of a study are kept."""
    row = connection.execute(
        "SELECT 1 FROM answers WHERE study_digest = ? AND length(reply) > 0 LIMIT 1",
        (study_digest,),
    ).fetchone()
    return row is not None


def read_entries(connection: sqlite3.Connection) -> tuple[LedgerEntry, ...]:
    """Read all charges in the order they were made."""
    rows = connection.execute(
        f"SELECT number, {_ENTRY_COLUMNS}, EXISTS (SELECT 1 FROM answers a "  # noqa: S608
        "WHERE a.study_digest = e.study_digest AND a.round_number = e.round_number "
        "AND a.question = e.question AND a.request_digest = e.request_digest "
        "AND a.data_version = e.data_version) FROM entries e ORDER BY number"
    ).fetchall()
    return tuple(_entry(row) for row in rows)


def save_total(
    connection: sqlite3.Connection, scope: Scope, accountant: int, through: int, curve: bytes
) -> None:
    """Keep what a scope adds up to, up to and with an entry."""
    connection.execute(
        "INSERT OR REPLACE INTO totals VALUES (?, ?, ?, ?)",
        (scope.name, accountant, through, curve),
    )


def saved_total(
    connection: sqlite3.Connection, scope: Scope, accountant: int
) -> tuple[int, bytes] | None:
    """Find the entry up to which a scope was added up, and the sum; None where it was not."""
    row = connection.execute(
        "SELECT through, curve FROM totals WHERE scope = ? AND accountant = ?",
        (scope.name, accountant),
    ).fetchone()
    return None if row is None else (row[0], row[1])


def events_after(
    connection: sqlite3.Connection, scope: Scope, number: int
) -> tuple[tuple[str, int], ...]:
    """Read the events of a scope's entries after `number`, in JSON, and how often each comes."""
    rows = connection.execute(
        f"SELECT event, count(*) FROM entries WHERE {scope.condition} "  # noqa: S608 - constants
        "AND number > ? GROUP BY event",
        (*scope.values, number),
    )
    return tuple(rows.fetchall())


def newest_charge(connection: sqlite3.Connection) -> datetime | None:
    """Tell when the last charge was made; None before the first."""
    (newest,) = connection.execute("SELECT max(charged_at) FROM entries").fetchone()
    return None if newest is None else instant_of(newest)


def microseconds(instant: datetime) -> int:
    """Write an instant as whole microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(count: int) -> datetime:
    """Read what `microseconds` wrote, in UTC."""
    return _EPOCH + count * _MICROSECOND


def _key_values(key: AnswerKey) -> tuple[str, int, str, str, str]:
    return (
        key.study_digest,
        key.round_number,
        key.question.value,
        key.request_digest,
        key.data_version,
    )


def _entry(row: tuple[int, int, str, str, str, int, str, str, str, str, int]) -> LedgerEntry:
    number, charged_at, digest, study, purpose, round_number, question, request, version, event = (
        row[:10]
    )
    charge = Charge(
        study_digest=digest,
        study_id=StudyId(study),
        purpose=Purpose(purpose),
        round_number=round_number,
        question=Question(question),
        request_digest=request,
        data_version=version,
        event=event_from_json(event),
    )
    return LedgerEntry(number, instant_of(charged_at), charge, bool(row[10]))
