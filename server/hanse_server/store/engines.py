"""Connections to SQLite and to PostgreSQL, each set so that what was recorded survives.

Rules: SQLite writes ahead and syncs every commit, checks foreign keys, and
overwrites what is deleted; PostgreSQL syncs every commit, waits for a lock no
longer than SQLite does, and ends a transaction that a frozen process left open,
so that it holds nobody up.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from hanse_server.store.location import PostgresAddress, StoreLocation

BUSY_SECONDS: Final = 15
"""How long a transaction waits for another process to finish its own."""

IDLE_SECONDS: Final = 60
"""How long a transaction may stay open without a word from its process; PostgreSQL only."""

CONNECT_SECONDS: Final = 10

_SQLITE_SETTINGS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)
_POSTGRES_SETTINGS: Final = (
    f"lock_timeout='{BUSY_SECONDS}s'",
    f"idle_in_transaction_session_timeout='{IDLE_SECONDS}s'",
    "synchronous_commit=on",
)


def engine_of(location: StoreLocation) -> Engine:
    """Prepare connections to where a store lies; none is made yet."""
    if isinstance(location, PostgresAddress):
        return _postgres(location)
    return _sqlite(location)


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _configure_sqlite)
    return engine


def _postgres(address: PostgresAddress) -> Engine:
    engine = create_engine(
        address.parsed,
        # A server that was started anew makes no use of the connections from before.
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure_postgres)
    return engine


def _configure_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    for pragma in _SQLITE_SETTINGS:
        connection.execute(f"PRAGMA {pragma}")


def _configure_postgres(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in _POSTGRES_SETTINGS:
        cursor.execute(f"SET SESSION {setting}")
    cursor.close()
    # Settings of a transaction that is rolled back would be lost.
    connection.commit()
