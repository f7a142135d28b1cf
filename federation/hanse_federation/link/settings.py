"""Times and limits of a link, the same for all its streams."""

from __future__ import annotations

from dataclasses import dataclass

from hanse_federation.link.docket import DEFAULT_OUTSTANDING_CAP
from hanse_federation.link.framing import DEFAULT_MESSAGE_CAP_BYTES


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What the operator's side of a link keeps; brands are told the two times.

    Attributes:
        heartbeat_seconds: Each side sends a frame at least this often.
        lost_after_seconds: Silence after which the other side is lost.
        recheck_seconds: How often a live stream's certificate is checked again.
        message_cap_bytes: Largest message either way.
        outstanding_cap: Most requests open at one brand.
        frames_per_second: Most frames a brand may send, on average.
        frame_burst: Most frames a brand may send at once.
        stream_cap: Most streams and calls served at the same time.
    """

    heartbeat_seconds: float = 5.0
    lost_after_seconds: float = 15.0
    recheck_seconds: float = 0.5
    message_cap_bytes: int = DEFAULT_MESSAGE_CAP_BYTES
    outstanding_cap: int = DEFAULT_OUTSTANDING_CAP
    frames_per_second: float = 4000.0
    frame_burst: int = 8000
    stream_cap: int = 2048
