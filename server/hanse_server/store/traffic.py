"""How much crossed the link, kept beyond the process that counted it.

Rules: a session is one life of the serving process; its counts only grow, so a
later count replaces an earlier one of the same session, and sessions add up.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId
from hanse_server.store.database import Database
from hanse_server.store.tables import traffic


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
                values = {
                    "messages": count.messages,
                    "payload_bytes": count.payload_bytes,
                    "framed_bytes": count.framed_bytes,
                }
                connection.execute(
                    upsert(traffic)
                    .values(
                        session=session,
                        brand=count.brand,
                        direction=count.direction,
                        message_type=count.message_type,
                        **values,
                    )
                    .on_conflict_do_update(
                        index_elements=["session", "brand", "direction", "message_type"],
                        set_=values,
                    )
                )

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
                    messages=row["messages"],
                    payload_bytes=row["payload_bytes"],
                    framed_bytes=row["framed_bytes"],
                )
                for row in connection.execute(query).mappings()
            )
