"""The two faces of a link, whatever carries it.

The operator submits requests and collects replies; a brand answers. The gRPC
link, the in-process link and tests all implement these.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from hanse_federation.messages import Reply, ReplyPayload, Request
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True)
class TrafficCount:
    """How much of one message type crossed with one brand.

    `payload_bytes` is the size of the encoded message; `framed_bytes` adds the
    chunk frames around it (not TLS or TCP).
    """

    brand: BrandId
    direction: str
    """`to-brand` or `from-brand`."""
    message_type: str
    messages: int
    payload_bytes: int
    framed_bytes: int


class OperatorLink(Protocol):
    """The operator's face: many brands, requests out, replies in."""

    def brands(self) -> tuple[BrandId, ...]:
        """List the brands connected now, sorted."""
        ...

    def submit(self, brand: BrandId, request: Request) -> None:
        """Send a request without waiting; a lost connection is reported by `collect`.

        Raises:
            BrandNotConnectedError: `brand` is not connected now.
            MessageTooLargeError: The request is over the size cap.
        """
        ...

    def collect(
        self, requests: Collection[str], timeout_seconds: float, *, first: bool = False
    ) -> tuple[Reply, ...]:
        """Wait until each named request is answered or lost, or the timeout passes.

        With `first`, wait until at least one of them is, so that replies can be
        worked on as they come; nothing is waited for once none is open.

        Each reply is handed out once. A brand that disconnects without
        answering, or misses its deadline, yields a `Refusal` with code
        `brand-disconnected` or `deadline-exceeded`.
        """
        ...

    def traffic(self) -> Sequence[TrafficCount]:
        """Count what crossed since the link was made."""
        ...


class Responder(Protocol):
    """A brand's face: it answers one request at a time."""

    def answer(self, request: Request) -> ReplyPayload:
        """Answer a request; a refusal is a payload, never an exception that crosses."""
        ...
