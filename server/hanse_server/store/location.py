"""Where a store lies: in a file of its own, or in a PostgreSQL database.

Rules: an address may hold a password, so it is never printed; a message names
the host and the database alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from hanse_server.errors import StoreAddressError

POSTGRES_DRIVER: Final = "postgresql+psycopg"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database of a PostgreSQL server, which a store has to itself.

    Attributes:
        url: As in `postgresql+psycopg://hanse@db.example/hanse`; what it leaves out,
            libpq takes from its own places, a password from `~/.pgpass`.
    """

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no such address.

        Raises:
            StoreAddressError: The address is not well formed, or names no database.
        """
        try:
            parsed = make_url(self.url)
        except (ArgumentError, ValueError) as error:
            raise _refused("something else") from error
        if parsed.drivername != POSTGRES_DRIVER:
            raise _refused(f"one of {parsed.drivername[:40]}")
        if not parsed.database:
            raise _refused("one without a database")

    @property
    def parsed(self) -> URL:
        """The address in its parts."""
        return make_url(self.url)

    @property
    def label(self) -> str:
        """What messages call it: host and database, never a user or a password."""
        parsed = self.parsed
        return f"{parsed.host or 'local'}/{parsed.database}"


StoreLocation = Path | PostgresAddress
"""A path is that of an SQLite file."""


def label_of(location: StoreLocation) -> str:
    """Name a location in messages."""
    return location.label if isinstance(location, PostgresAddress) else location.name


def _refused(got: str) -> StoreAddressError:
    return StoreAddressError(
        f"expected a store's address such as {POSTGRES_DRIVER}://user@host/database, got {got}; "
        "leave it out to keep the store in a file"
    )
