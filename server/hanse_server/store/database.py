"""The SQLite file under the operator's store: durable, shared by threads and processes.

Rules: write-ahead log and full synchronisation, so that what a transaction
recorded survives a power cut; every writing transaction takes the lock at its
start, so that what it read still holds when it writes; nothing is cached, so
that what one process wrote the next statement of any other sees. A failure of
SQLite is one `StoreAccessError`, and then nothing was recorded.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from hanse_server.errors import (
    StoreAccessError,
    StoreExistsError,
    StoreMissingError,
    StoreVersionError,
)
from hanse_server.store.tables import SCHEMA_VERSION, metadata, schema_version

BUSY_SECONDS: Final = 15
"""How long a transaction waits for another process to finish its own."""


class Database:
    """Transactions on one store file."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._engine = engine

    @classmethod
    def create(cls, path: Path) -> Database:
        """Make a new, empty store, readable by its owner alone.

        Raises:
            StoreExistsError: A file lies there already.
            StoreAccessError: The file cannot be made.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            raise StoreExistsError(
                f"expected no store yet, got `{path.name}`; a store is never overwritten"
            ) from error
        except OSError as error:
            raise StoreAccessError(
                f"store `{path.name}` cannot be made: {error.strerror}"
            ) from error
        database = cls(path, _engine(path))
        with database.writing() as connection:
            metadata.create_all(connection)
            connection.execute(insert(schema_version).values(only_row=1, version=SCHEMA_VERSION))
        return database

    @classmethod
    def open(cls, path: Path) -> Database:
        """Open a store made before.

        Raises:
            StoreMissingError: No file lies there.
            StoreVersionError: Its layout is of another version.
            StoreAccessError: The file is not a store or cannot be read.
        """
        if not path.is_file():
            raise StoreMissingError(
                f"expected a store at `{path.name}`, got none; make one with hanse operator init"
            )
        database = cls(path, _engine(path))
        with database.reading() as connection:
            version = connection.execute(select(schema_version.c.version)).scalar_one_or_none()
        if version != SCHEMA_VERSION:
            database.close()
            raise StoreVersionError(
                f"expected a store of version {SCHEMA_VERSION}, got {version}; use the version of "
                "hanse that made it, or migrate it"
            )
        return database

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the store and changes nothing.

        Raises:
            StoreAccessError: SQLite failed.
        """
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction alone; it is durable when the block ends, undone when it raises.

        Raises:
            StoreAccessError: SQLite failed; nothing was recorded.
        """
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreAccessError(
                f"store `{self._path.name}` could not be read or written: {error.orig}"
            ) from error


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
