"""How much crossed the link, kept beyond the process that counted it.

Rules: a session is one life of the serving process; its counts only grow, so a
later count replaces an earlier one of the same session, and sessions add up.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId
from hanse_server.store.database import Database
from hanse_server.store.tables import traffic
from hanse_server.store.upsert import put


class TrafficStore:
    """Traffic counters by session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, session: str, counts: Iterable[TrafficCount]) -> None:
        """Record what `OperatorLink.traffic` counts now, in place of this session's last count.

        Args:
            session: Any text that names one life of the serving process.
            counts: Counts since that process made its link.
        """
        with self._database.writing() as connection:
            for count in counts:
                key = {
                    "session": session,
                    "brand": count.brand,
                    "direction": count.direction,
                    "message_type": count.message_type,
                }
                values = {
                    "messages": count.messages,
                    "payload_bytes": count.payload_bytes,
                    "framed_bytes": count.framed_bytes,
                }
                put(connection, traffic, key, values)

    def totals(self) -> tuple[TrafficCount, ...]:
        """Add up all sessions, sorted by brand, direction and message type."""
        keys = (traffic.c.brand, traffic.c.direction, traffic.c.message_type)
        sums = (traffic.c.messages, traffic.c.payload_bytes, traffic.c.framed_bytes)
        query = (
            select(*keys, *(func.sum(column).label(column.name) for column in sums))
            .group_by(*keys)
            .order_by(*keys)
        )
        with self._database.reading() as connection:
            return tuple(
                TrafficCount(
                    brand=BrandId(row["brand"]),
                    direction=row["direction"],
                    message_type=row["message_type"],
                    # PostgreSQL adds up integers to decimals.
                    messages=int(row["messages"]),
                    payload_bytes=int(row["payload_bytes"]),
                    framed_bytes=int(row["framed_bytes"]),
                )
                for row in connection.execute(query).mappings()
            )
