"""Who may act on the store: one server at a time, told apart by a token that only grows.

Rules: whoever acquires the lease gets a token one above every token before; each
writing transaction under a lease checks, within itself, that its token is the
newest. The token alone protects: times say when another server may try, so a
clock that jumps can move the lease but never let two servers act. A server that
was killed is followed at once by one with the same holder's name; whoever uses a
name makes sure that no other process lives under it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from hanse_federation.fault_points import reach
from hanse_server.errors import StoreFencedError, StoreLeasedError
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.tables import leases

SERVE: Final = "serve"
"""The one lease there is: to serve the alliance and run its studies."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A holder's right to act.

    Attributes:
        holder: Who, as `host:folder`.
        token: Grows by one at each acquisition.
        expires_at: From when on another holder may take over.
    """

    holder: str
    token: int
    expires_at: datetime


class LeaseStore:
    """The lease on the store."""

    def __init__(self, writing: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Keep the lease in the database that `writing` opens transactions on."""
        self._writing = writing

    def acquire(self, holder: str, now: datetime, lifetime: timedelta) -> Lease:
        """Take the lease; whoever had it can write no more from then on.

        Args:
            holder: A name that no other living process uses.
            now: The time.
            lifetime: How long the lease is in force unless it is renewed.

        Raises:
            StoreLeasedError: Another holder's lease is in force.
        """
        reach("server.persist-lease.before")
        with self._writing() as connection:
            held = _held(connection)
            if held is not None and held["holder"] != holder:
                expires = from_text(held["expires_at"])
                if now < expires:
                    raise StoreLeasedError(
                        f"expected a store that no server acts on, got one leased to "
                        f"{held['holder']} until {held['expires_at']}; stop that server or wait"
                    )
            lease = Lease(holder, 1 if held is None else held["token"] + 1, now + lifetime)
            _write(connection, lease, is_first=held is None)
        reach("server.persist-lease.after")
        return lease

    def renew(self, lease: Lease, now: datetime, lifetime: timedelta) -> Lease:
        """Keep a lease in force for longer; even one that expired, if nobody took it since.

        Raises:
            StoreFencedError: Another server took the store over.
        """
        renewed = Lease(lease.holder, lease.token, now + lifetime)
        reach("server.persist-lease.before")
        with self._writing() as connection:
            check_newest(connection, lease)
            _write(connection, renewed, is_first=False)
        reach("server.persist-lease.after")
        return renewed

    def give_up(self, lease: Lease, now: datetime) -> None:
        """Let the next server take over at once; nothing can be written under `lease` after.

        Raises:
            StoreFencedError: Another server took the store over.
        """
        reach("server.persist-lease.before")
        with self._writing() as connection:
            check_newest(connection, lease)
            _write(connection, Lease(lease.holder, lease.token + 1, now), is_first=False)
        reach("server.persist-lease.after")


def check_newest(connection: Connection, lease: Lease) -> None:
    """Check within a writing transaction that a lease still lets its holder act.

    Raises:
        StoreFencedError: Another server took the store over.
    """
    held = _held(connection)
    if held is None or held["token"] != lease.token:
        raise StoreFencedError(
            f"expected the newest lease on the store, got token {lease.token}; another server "
            "took over, so this one has stopped acting"
        )


def _held(connection: Connection) -> RowMapping | None:
    query = select(leases).where(leases.c.name == SERVE)
    return connection.execute(query).mappings().one_or_none()


def _write(connection: Connection, lease: Lease, *, is_first: bool) -> None:
    values = {
        "holder": lease.holder,
        "token": lease.token,
        "expires_at": to_text(lease.expires_at),
    }
    if is_first:
        connection.execute(insert(leases).values(name=SERVE, **values))
    else:
        connection.execute(update(leases).where(leases.c.name == SERVE).values(**values))
