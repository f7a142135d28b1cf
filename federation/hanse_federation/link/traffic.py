"""Counts of what crossed, per brand, direction and message type."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId

TO_BRAND = "to-brand"
FROM_BRAND = "from-brand"


@dataclass(slots=True)
class _Tally:
    messages: int = 0
    payload_bytes: int = 0
    framed_bytes: int = 0


class TrafficCounter:
    """Adds up traffic; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tallies: dict[tuple[BrandId, str, str], _Tally] = {}

    def add(
        self,
        brand: BrandId,
        direction: str,
        message_type: str,
        *,
        payload_bytes: int,
        framed_bytes: int,
    ) -> None:
        """Count one whole message."""
        with self._lock:
            tally = self._tallies.setdefault((brand, direction, message_type), _Tally())
            tally.messages += 1
            tally.payload_bytes += payload_bytes
            tally.framed_bytes += framed_bytes

    def counts(self) -> tuple[TrafficCount, ...]:
        """List the counts, sorted by brand, direction and message type."""
        with self._lock:
            return tuple(
                TrafficCount(
                    *key,
                    messages=tally.messages,
                    payload_bytes=tally.payload_bytes,
                    framed_bytes=tally.framed_bytes,
                )
                for key, tally in sorted(self._tallies.items())
            )
