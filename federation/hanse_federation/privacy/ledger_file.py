"""The ledger's SQLite file: its form, its durability, its errors.

Rules: what `COMMIT` returned from is on disk (rollback journal, synchronous
EXTRA, which also syncs the folder after the journal is removed); a file that
went missing is never silently made anew; entries and answers are only ever
added, which triggers enforce, but that an answer may be purged: its bytes go and
its row stays, so that no second answer takes its place; what is purged is
overwritten; the file can be read by its owner alone. Each
piece of work opens a connection of its own, so threads, processes and forks
share nothing but the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hanse_federation.errors import LedgerCorruptError, LedgerReadError, LedgerWriteError

Connect = Callable[[Path], sqlite3.Connection]

APPLICATION_ID = 0x48414E53
"""`HANS`, in the file's header."""
SCHEMA_VERSION = 2
BUSY_TIMEOUT_SECONDS = 30.0

_PURGE_ALONE = """
CREATE TRIGGER answers_are_only_purged BEFORE UPDATE ON answers
WHEN length(NEW.reply) > 0 OR NEW.study_digest IS NOT OLD.study_digest
    OR NEW.round_number IS NOT OLD.round_number OR NEW.question IS NOT OLD.question
    OR NEW.request_digest IS NOT OLD.request_digest OR NEW.data_version IS NOT OLD.data_version
BEGIN SELECT RAISE(ABORT, 'answers of a ledger are only ever added or purged'); END
"""

_FROM_VERSION_1 = ("DROP TRIGGER answers_no_update", _PURGE_ALONE)
"""In the first form an answer could not be purged."""

_SCHEMA = (
    """
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        charged_at INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
        study_digest TEXT NOT NULL,
        study_id TEXT NOT NULL,
        purpose TEXT NOT NULL,
        round_number INTEGER NOT NULL,
        question TEXT NOT NULL,
        request_digest TEXT NOT NULL,
        data_version TEXT NOT NULL,
        event TEXT NOT NULL
    )
    """,
    "CREATE INDEX entries_by_study ON entries (study_digest, number)",
    "CREATE INDEX entries_by_purpose ON entries (purpose, number)",
    """
    CREATE TABLE answers (
        study_digest TEXT NOT NULL,
        round_number INTEGER NOT NULL,
        question TEXT NOT NULL,
        request_digest TEXT NOT NULL,
        data_version TEXT NOT NULL,
        reply BLOB NOT NULL,
        PRIMARY KEY (study_digest, round_number, question, request_digest, data_version)
    )
    """,
    # A sum that saves adding entries up again; true up to entry `through`.
    """
    CREATE TABLE totals (
        scope TEXT PRIMARY KEY,
        accountant INTEGER NOT NULL,
        through INTEGER NOT NULL,
        curve BLOB NOT NULL
    )
    """,
    *(
        f"""
        CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} of a ledger are only ever added'); END
        """
        for table, action in (("entries", "UPDATE"), ("entries", "DELETE"), ("answers", "DELETE"))
    ),
    _PURGE_ALONE,
)


def connect_durably(path: Path) -> sqlite3.Connection:
    """Open an existing ledger file so that a commit is on disk when it returns.

    Raises:
        sqlite3.Error: The file is missing, unreadable or not a database.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
    )
    try:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class LedgerFile:
    """The file, and transactions on it."""

    def __init__(self, path: Path, connect: Connect) -> None:
        """Open the file, making it if there is none.

        Raises:
            LedgerWriteError: It cannot be made.
            LedgerCorruptError: It is not a ledger, or is damaged.
        """
        self._path = path
        self._connect = connect
        _create(path)
        with self.writing() as connection:
            self._prepare(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction that is on disk when the block has ended.

        Raises:
            LedgerWriteError: The disk is full or broken, or the file is locked
                for too long; nothing of the block counts.
            LedgerCorruptError: The file is damaged.
        """
        try:
            with self._connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.OperationalError, OSError) as error:
            raise LedgerWriteError(
                f"ledger {self._path.name} could not be written: {error}; nothing was charged "
                "and no work starts; free the disk or the file and ask again"
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._corrupt(str(error)) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run a block that reads one state of the file.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        try:
            with self._connection() as connection:
                connection.execute("BEGIN")
                yield connection
                connection.execute("ROLLBACK")
        except (sqlite3.OperationalError, OSError) as error:
            raise LedgerReadError(
                f"ledger {self._path.name} could not be read: {error}; check the file and its disk"
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._corrupt(str(error)) from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._connect(self._path)
        try:
            yield connection
        finally:
            connection.close()  # rolls back what was not committed

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application == 0 and tables == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            return
        if application != APPLICATION_ID:
            raise self._corrupt("it is a database of another kind")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 1:
            for statement in _FROM_VERSION_1:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise self._corrupt(f"expected form {SCHEMA_VERSION}, got {version}")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise self._corrupt("its pages do not fit together")

    def _corrupt(self, reason: str) -> LedgerCorruptError:
        return LedgerCorruptError(
            f"ledger {self._path.name} cannot be trusted: {reason}; "
            "answer no question and restore the file from a copy"
        )


def _create(path: Path) -> None:
    """Make an empty file of mode 0600 and sync its folder; of an existing one set the mode alone.

    To open and close one that is there would give up the locks that another connection of this
    process holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        path.chmod(0o600)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise LedgerWriteError(
            f"ledger {path.name} could not be made: {error.strerror}; "
            "check the folder, its owner and the disk"
        ) from error
