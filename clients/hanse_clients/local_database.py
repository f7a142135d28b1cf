"""A SQLite file of the brand's own: its form, its durability, its errors.

Rules: what a block of `writing` did is on disk, all of it or nothing, when the
block has ended (write-ahead log, synchronous FULL); the file and what SQLite puts
beside it can be read by their owner alone; what is deleted is overwritten.
Threads share one object, processes share the file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from hanse_clients.errors import StateAccessError, StateVersionError

BUSY_SECONDS: Final = 15

_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


class LocalDatabase:
    """An open file of one layout."""

    def __init__(
        self,
        path: Path,
        tables: Sequence[str],
        version: int,
        upgrades: Mapping[int, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """Open the file, made empty where there is none.

        Args:
            path: The file; its folder must exist.
            tables: What makes the layout in an empty file.
            version: The layout's version, from 1.
            upgrades: What makes the next version of each older one that can be kept.

        Raises:
            StateVersionError: The file's layout is of another version.
            StateAccessError: It cannot be read or made.
        """
        self._path = path
        self._lock = threading.RLock()
        with self._translated():
            _make_private(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        self._connection.row_factory = sqlite3.Row
        try:
            with self._translated():
                for pragma in _PRAGMAS:
                    self._connection.execute(f"PRAGMA {pragma}")
            self._prepare(tables, version, upgrades)
        except BaseException:
            self._connection.close()
            raise

    def one(self, query: str, *values: object) -> sqlite3.Row | None:
        """Return the first row of a query, or None.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        rows = self.all(query, *values)
        return rows[0] if rows else None

    def all(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        with self._lock, self._translated():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction that is on disk when the block has ended.

        Raises:
            StateAccessError: The disk is full or broken, or the file is locked for
                too long; nothing of the block counts.
        """
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def empty_log(self) -> bool:
        """Bring the write-ahead log into the file and cut it, so that no deleted secret stays.

        Returns:
            Whether it was cut; a reader in another process may keep it from being so, and then
            the next call cuts it.

        Raises:
            StateAccessError: The disk is full or broken.
        """
        with self._lock, self._translated():
            row = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not row[0]

    def close(self) -> None:
        """Give back the connection."""
        with self._lock:
            self._connection.close()

    def _prepare(
        self, tables: Sequence[str], version: int, upgrades: Mapping[int, Sequence[str]]
    ) -> None:
        with self.writing() as connection:
            found = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if found == 0:
                for statement in tables:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
                return
            while found < version and found in upgrades:
                for statement in upgrades[found]:
                    connection.execute(statement)
                found += 1
                connection.execute(f"PRAGMA user_version = {found}")
            if found != version:
                raise StateVersionError(
                    f"expected local records of version {version}, got {found}; use the "
                    "version of hanse that made them"
                )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StateAccessError(
                f"local records `{self._path.name}` could not be read or written: "
                f"{str(error).lower()}"
            ) from error


class KeptFile:
    """Records of one kind in a local database, given back where a `with` block ends."""

    _file: LocalDatabase

    def close(self) -> None:
        """Give back the connection."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _make_private(path: Path) -> None:
    """Make a file that its owner alone may read, where there is none.

    One that is there is not opened: closing it again would give up the locks that another
    connection of this process holds on it (POSIX, fcntl), and another process could take the
    write-ahead log away from under that connection.

    Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
