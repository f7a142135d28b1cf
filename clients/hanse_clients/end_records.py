"""What a brand recorded once consents had ended, or it left: documents, purges, the exit.

Rules: what is recorded is never taken back; a purge is recorded as planned before
anything goes and as done after all of it went, so that one cut short is taken up again;
an exit is recorded as begun before anything else of it, and from then on the gate refuses.
Nothing here is about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hanse_clients.local_database import LocalDatabase

END_TABLES: Final = (
    """CREATE TABLE withdrawals (
        position INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE,
        envelope BLOB NOT NULL)""",
    """CREATE TABLE purges (
        study TEXT PRIMARY KEY REFERENCES studies (digest), purge_by TEXT NOT NULL,
        done_at TEXT)""",
    """CREATE TABLE exits (
        one INTEGER PRIMARY KEY CHECK (one = 1), reason TEXT NOT NULL, began_at TEXT NOT NULL,
        envelope BLOB)""",
    *(
        f"""CREATE TRIGGER {table}_stay BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} are never deleted'); END"""
        for table in ("withdrawals", "purges", "exits")
    ),
    """CREATE TRIGGER withdrawals_are_fixed BEFORE UPDATE ON withdrawals
        BEGIN SELECT RAISE(ABORT, 'a withdrawal never changes'); END""",
    """CREATE TRIGGER exits_are_fixed BEFORE UPDATE ON exits
        WHEN OLD.envelope IS NOT NULL OR NEW.began_at IS NOT OLD.began_at
        BEGIN SELECT RAISE(ABORT, 'an exit never changes'); END""",
)


@dataclass(frozen=True, slots=True)
class PlannedPurge:
    """What a study left at the brand goes, or went.

    Attributes:
        study: Its digest.
        purge_by: When it must be gone.
        done_at: When it was; None before.
    """

    study: str
    purge_by: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class BegunExit:
    """The brand left, or is about to: it answers nothing any more.

    Attributes:
        reason: Why, in the brand's words.
        began_at: From when it answers nothing.
        envelope: The signed lineage list; None before it was made.
    """

    reason: str
    began_at: datetime
    envelope: bytes | None


class EndRecords:
    """The part of the brand's store that is about endings."""

    def __init__(self, file: LocalDatabase) -> None:
        self._file = file

    def record_withdrawal(
        self, digest: str, envelope: bytes, study: str, purge_by: datetime
    ) -> None:
        """Keep a signed withdrawal on a study, and plan the purge it asks for, both or neither.

        An earlier date of a planned purge stands; one that was done is planned anew.

        Raises:
            StateAccessError: The disk is full or broken; nothing is recorded.
        """
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO withdrawals (digest, envelope) VALUES (?, ?)",
                (digest, envelope),
            )
            connection.execute(_PLAN, (study, _to_text(purge_by)))

    def plan_purge(self, study: str, purge_by: datetime) -> None:
        """Plan that what a study left goes; raises as `record_withdrawal`."""
        with self._file.writing() as connection:
            connection.execute(_PLAN, (study, _to_text(purge_by)))

    def withdrawals(self) -> tuple[bytes, ...]:
        """List the signed withdrawals, oldest first.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        rows = self._file.all("SELECT envelope FROM withdrawals ORDER BY position")
        return tuple(row[0] for row in rows)

    def purges(self) -> tuple[PlannedPurge, ...]:
        """List the purges, planned and done; raises as `withdrawals`."""
        rows = self._file.all(
            "SELECT study, purge_by, done_at FROM purges ORDER BY purge_by, study"
        )
        return tuple(
            PlannedPurge(row[0], _from_text(row[1]), None if row[2] is None else _from_text(row[2]))
            for row in rows
        )

    def purge_is_done(self, study: str, now: datetime) -> None:
        """Record that all that a study left is gone; raises as `record_withdrawal`."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE purges SET done_at = ? WHERE study = ? AND done_at IS NULL",
                (_to_text(now), study),
            )

    def begin_exit(self, reason: str, now: datetime) -> BegunExit:
        """Record that the brand answers nothing from now on; the first time stands.

        Raises:
            StateAccessError: The disk is full or broken; nothing is recorded.
        """
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO exits VALUES (1, ?, ?, NULL)", (reason, _to_text(now))
            )
            row = connection.execute("SELECT reason, began_at, envelope FROM exits").fetchone()
        return BegunExit(row[0], _from_text(row[1]), row[2])

    def replace_reason(self, reason: str) -> BegunExit:
        """Put another reason in the place of one that cannot be signed; a signed one stands.

        Raises:
            StateAccessError: The disk is full or broken; nothing is recorded.
        """
        with self._file.writing() as connection:
            connection.execute("UPDATE exits SET reason = ? WHERE envelope IS NULL", (reason,))
            row = connection.execute("SELECT reason, began_at, envelope FROM exits").fetchone()
        return BegunExit(row[0], _from_text(row[1]), row[2])

    def exit(self) -> BegunExit | None:
        """Return the exit, or None while the brand is a member.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one("SELECT reason, began_at, envelope FROM exits")
        return None if row is None else BegunExit(row[0], _from_text(row[1]), row[2])

    def finish_exit(self, envelope: bytes) -> None:
        """Keep the signed lineage list; the first one stands.

        Raises:
            StateAccessError: The disk is full or broken; nothing is recorded.
        """
        with self._file.writing() as connection:
            connection.execute("UPDATE exits SET envelope = ? WHERE envelope IS NULL", (envelope,))


_PLAN: Final = """INSERT INTO purges VALUES (?, ?, NULL) ON CONFLICT (study) DO UPDATE SET
    purge_by = CASE WHEN done_at IS NULL THEN min(purge_by, excluded.purge_by)
        ELSE excluded.purge_by END,
    done_at = NULL"""


def _to_text(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone, got one without")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)
