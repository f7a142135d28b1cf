"""Transactions on the operator's store: durable, shared by threads and processes.

Rules: every writing transaction takes the store's one lock at its start, so that
what it read still holds when it writes; the layout is checked under that lock,
and so is the lease if there is one, so that neither an older program nor a
server that was replaced ever writes; nothing is cached, so that what one process
wrote the next statement of any other sees. A failure of the database is one
`StoreAccessError`. SQLite's lock is its own; PostgreSQL's is the row that holds
the version of the layout.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from hanse_server.errors import (
    StoreAccessError,
    StoreExistsError,
    StoreMissingError,
    StoreVersionError,
)
from hanse_server.store.engines import engine_of
from hanse_server.store.lease import Lease, check_newest
from hanse_server.store.location import StoreLocation, label_of
from hanse_server.store.migration import migrate
from hanse_server.store.tables import SCHEMA_VERSION, schema_version

_BEGIN_READING: Final = {
    "sqlite": "BEGIN",
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
"""What makes a transaction see one state; SQLAlchemy has begun it for PostgreSQL."""

_BEGIN_FOUNDING: Final = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(8104971)",
}
"""What lets one process at a time look whether there is a store; any number would do."""

_BEGIN_WRITING: Final = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT version FROM schema_version FOR UPDATE",
}


class Database:
    """Transactions on one store."""

    def __init__(self, label: str, engine: Engine, lease: Lease | None = None) -> None:
        self._label = label
        self._engine = engine
        self._lease = lease

    @classmethod
    def create(cls, location: StoreLocation) -> Database:
        """Make a new, empty store; a file is readable by its owner alone.

        Raises:
            StoreExistsError: One lies there already.
            StoreAccessError: It cannot be made.
        """
        if isinstance(location, Path):
            _make_file(location)
        database = cls(label_of(location), engine_of(location))
        with database._alone(_BEGIN_FOUNDING) as connection:
            if _version(connection) is not None:
                raise _exists(database._label)
            migrate(connection, None)
        return database

    @classmethod
    def open(cls, location: StoreLocation) -> Database:
        """Open a store made before; an older layout is brought to the newest first.

        Raises:
            StoreMissingError: None lies there.
            StoreVersionError: Its layout is newer than this program.
            StoreAccessError: It is not a store or cannot be read.
        """
        if isinstance(location, Path) and not location.is_file():
            raise _missing(location.name)
        database = cls(label_of(location), engine_of(location))
        try:
            database._settle()
        except BaseException:
            database.close()
            raise
        return database

    def _settle(self) -> None:
        with self.reading() as connection:
            version = _version(connection)
        if version is None:
            raise _missing(self._label)
        if version > SCHEMA_VERSION:
            raise _other_version(version)
        if version < SCHEMA_VERSION:
            with self._alone(_BEGIN_WRITING) as connection:
                _bring_up(connection)

    def under(self, lease: Lease) -> Database:
        """Return the same store, written to only while `lease` is the newest."""
        return Database(self._label, self._engine, lease)

    @property
    def token(self) -> int:
        """The token of the lease that this store is written under; 0 without one."""
        return 0 if self._lease is None else self._lease.token

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the store and changes nothing.

        Raises:
            StoreAccessError: The database failed.
        """
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql(_BEGIN_READING[connection.dialect.name])
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction alone; it is durable when the block ends, undone when it raises.

        Raises:
            StoreFencedError: Another server took the store over.
            StoreVersionError: A newer program changed the layout meanwhile.
            StoreAccessError: The database failed. Unless it failed at the very end, nothing
                was recorded; repeating the call is safe either way.
        """
        with self._alone(_BEGIN_WRITING) as connection:
            version = connection.execute(select(schema_version.c.version)).scalar_one()
            if version != SCHEMA_VERSION:
                raise _other_version(version)
            if self._lease is not None:
                check_newest(connection, self._lease)
            yield connection

    @contextmanager
    def _alone(self, begin: dict[str, str]) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            try:
                connection.exec_driver_sql(begin[connection.dialect.name])
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
            # PostgreSQL adds lines that quote rows.
            reason = str(error.orig).strip().partition("\n")[0]
            raise StoreAccessError(
                f"store `{self._label}` could not be read or written: {reason}"
            ) from error
        except NoConnectionError as error:
            raise StoreAccessError(
                f"store `{self._label}` could not be read or written: no connection became free"
            ) from error


def _version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(schema_version.name):
        return None
    version: int | None = connection.execute(select(schema_version.c.version)).scalar_one_or_none()
    return version


def _bring_up(connection: Connection) -> None:
    """Migrate, unless another process has done so since; this one holds the lock now."""
    version = connection.execute(select(schema_version.c.version)).scalar_one()
    if version < SCHEMA_VERSION:
        migrate(connection, version)


def _make_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise _exists(path.name) from error
    except OSError as error:
        raise StoreAccessError(f"store `{path.name}` cannot be made: {error.strerror}") from error


def _exists(label: str) -> StoreExistsError:
    return StoreExistsError(f"expected no store yet, got `{label}`; a store is never overwritten")


def _missing(label: str) -> StoreMissingError:
    return StoreMissingError(
        f"expected a store at `{label}`, got none; make one with hanse operator init"
    )


def _other_version(version: int) -> StoreVersionError:
    return StoreVersionError(
        f"expected a store of version {SCHEMA_VERSION} or older, got {version}; use the version of "
        "hanse that made it"
    )
