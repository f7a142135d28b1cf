"""The frames of a stream, as types; protos/hanse_wire/v1/link.proto states the rules."""

from __future__ import annotations

from dataclasses import dataclass

PROTOCOL_VERSION = 1


@dataclass(frozen=True, slots=True)
class Hello:
    """First frame of the brand."""

    protocol_version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Welcome:
    """First frame of the operator; both sides keep its times."""

    heartbeat_seconds: float
    lost_after_seconds: float
    protocol_version: int = PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Says that the sender lives."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first chunk states about the whole message.

    Attributes:
        total_bytes: Bytes in the message, at least 1.
        digest: SHA-256 of the message, 32 bytes.
    """

    total_bytes: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a message; `opening` comes with offset 0 and there alone."""

    message: int
    offset: int
    data: bytes
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Abandon:
    """The sender gives up the message under way."""

    message: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """The receiver does not take a message of the other direction, and says the code alone."""

    message: int
    code: str


Frame = Hello | Welcome | Heartbeat | Chunk | Abandon | Refuse
