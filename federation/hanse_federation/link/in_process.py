"""The link within one process: every message still crosses as bytes.

Requests and replies pass codec, chunks and frames both ways, so that whatever
the gRPC link would refuse or alter is refused or altered here too. Counts are
those of the gRPC link. There is no connection that could be lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition
from typing import Self

from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.frames import (
    brand_frame_from_bytes,
    brand_frame_to_wire,
    framed_size,
    operator_frame_from_bytes,
    operator_frame_to_wire,
)
from hanse_federation.codec.replies import reply_from_wire
from hanse_federation.codec.requests import request_from_wire, request_to_wire
from hanse_federation.errors import BrandNotConnectedError, MessageTooLargeError
from hanse_federation.link.answering import answer
from hanse_federation.link.docket import DEFAULT_OUTSTANDING_CAP, Docket
from hanse_federation.link.errors import ChunkOutOfOrderError, ReplyRefusedError
from hanse_federation.link.frames import Chunk
from hanse_federation.link.framing import DEFAULT_MESSAGE_CAP_BYTES, Reassembler, chunk
from hanse_federation.link.interface import Responder, TrafficCount
from hanse_federation.link.traffic import FROM_BRAND, TO_BRAND, TrafficCounter
from hanse_federation.messages import Reply, Request
from hanse_policies.documents import BrandId


@dataclass(slots=True)
class _Way:
    """One direction between the operator and one brand."""

    reassembler: Reassembler
    messages: int = 0

    def carry(
        self, message: WireMessage, cross: Callable[[Chunk], tuple[Chunk, int]]
    ) -> tuple[memoryview, int]:
        """Take a message across in chunks; return its bytes and their size with frames."""
        self.messages += 1
        framed = 0
        for piece in chunk(self.messages, message, message.digest()):
            arrived, size = cross(piece)
            framed += size
            whole = self.reassembler.accept(arrived)
            if whole is not None:
                return whole, framed
        raise ChunkOutOfOrderError(f"message {self.messages} ended before all of it came")


@dataclass(slots=True)
class _Brand:
    responder: Responder
    out: _Way
    back: _Way
    worker: ThreadPoolExecutor | None
    tasks: list[Future[None]] = field(default_factory=list)


class InProcessLink:
    """An `OperatorLink` whose brands are responders in this process.

    Each brand answers its requests one at a time, in the order of submission.
    Concurrent brands work on a thread each; otherwise `collect` works through
    all submitted requests in the caller's own thread, in order, or through as many
    as the first reply takes.
    """

    def __init__(
        self,
        responders: Mapping[BrandId, Responder],
        *,
        concurrent: bool = True,
        message_cap_bytes: int = DEFAULT_MESSAGE_CAP_BYTES,
        outstanding_cap: int = DEFAULT_OUTSTANDING_CAP,
        clock: Callable[[], float] = time.monotonic,
        unsafe_plaintext_replies: bool = False,
    ) -> None:
        """Connect the responders.

        Args:
            responders: One for each brand.
            concurrent: Whether brands work at the same time.
            message_cap_bytes: Largest message either way.
            outstanding_cap: Most requests open at one brand.
            clock: Seconds that never go back.
            unsafe_plaintext_replies: Whether answers cross that are not masked; for tests.
        """
        self._cap = message_cap_bytes
        self._clock = clock
        self._unsafe_plaintext_replies = unsafe_plaintext_replies
        self._changed = Condition()
        self._docket = Docket(outstanding_cap)
        self._traffic = TrafficCounter()
        self._waiting: list[tuple[BrandId, WireMessage]] = []
        self._brands = {
            brand: _Brand(
                responder,
                _Way(Reassembler(message_cap_bytes)),
                _Way(Reassembler(message_cap_bytes)),
                ThreadPoolExecutor(1, thread_name_prefix=f"brand-{brand}") if concurrent else None,
            )
            for brand, responder in responders.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let requests under way end, drop the others, and end the threads."""
        for brand in self._brands.values():
            if brand.worker is not None:
                brand.worker.shutdown(cancel_futures=True)

    def brands(self) -> tuple[BrandId, ...]:
        """List the brands, sorted."""
        return tuple(sorted(self._brands))

    def submit(self, brand: BrandId, request: Request) -> None:
        """Hand a request to a brand without waiting.

        Raises:
            BrandNotConnectedError: There is no such brand.
            InvalidMessageError: A field of the request is out of range.
            MessageTooLargeError: The request is over the size cap.
            TooManyRequestsError: The brand has too many open requests.
        """
        party = self._brands.get(brand)
        if party is None:
            raise BrandNotConnectedError(f"brand {brand} is not connected: expected a brand here")
        message = request_to_wire(request)
        if message.size > self._cap:
            raise MessageTooLargeError(
                f"request for brand {brand} is too large: "
                f"expected at most {self._cap} bytes, got {message.size}"
            )
        with self._changed:
            self._docket.enter(brand, request, self._clock())
            if party.worker is None:
                self._waiting.append((brand, message))
            else:
                party.tasks = [task for task in party.tasks if not task.done()]
                task = party.worker.submit(self._work, brand, message)
                task.add_done_callback(self._notify)
                party.tasks.append(task)

    def collect(
        self, requests: Collection[str], timeout_seconds: float, *, first: bool = False
    ) -> tuple[Reply, ...]:
        """Wait until each named request, or the first, has ended, or the timeout passes.

        An exception of a responder that is no error of Hanse is raised here.
        """
        end = self._clock() + timeout_seconds
        self._work_in_turn(requests, first=first)
        with self._changed:
            while True:
                self._raise_defects()
                now = self._clock()
                self._docket.expire(now)
                if now >= end or not self._docket.awaits(requests, first=first):
                    return self._docket.take(requests)
                deadline = self._docket.next_deadline(requests)
                self._changed.wait(min(end, end if deadline is None else deadline) - now)

    def traffic(self) -> Sequence[TrafficCount]:
        """Count what crossed since the link was made."""
        return self._traffic.counts()

    def _work_in_turn(self, requests: Collection[str], *, first: bool) -> None:
        while self._waiting and (not first or self._docket.awaits(requests, first=True)):
            self._work(*self._waiting.pop(0))

    def _raise_defects(self) -> None:
        for brand in self._brands.values():
            for task in [task for task in brand.tasks if task.done()]:
                brand.tasks.remove(task)
                task.result()

    def _notify(self, _: Future[None]) -> None:
        with self._changed:
            self._changed.notify_all()

    def _work(self, brand: BrandId, message: WireMessage) -> None:
        party = self._brands[brand]
        data, framed = party.out.carry(message, _cross_to_brand)
        self._count(brand, TO_BRAND, message, framed)
        request = request_from_wire(data)
        reply = answer(
            party.responder,
            request,
            self._cap,
            unsafe_plaintext_replies=self._unsafe_plaintext_replies,
        )
        data, framed = party.back.carry(reply, _cross_from_brand)
        self._count(brand, FROM_BRAND, reply, framed)
        with self._changed, suppress(ReplyRefusedError):
            self._docket.accept(reply_from_wire(data, brand))

    def _count(self, brand: BrandId, direction: str, message: WireMessage, framed: int) -> None:
        self._traffic.add(
            brand,
            direction,
            message.message_type,
            payload_bytes=message.size,
            framed_bytes=framed,
        )


def _cross_to_brand(piece: Chunk) -> tuple[Chunk, int]:
    frame = operator_frame_to_wire(piece)
    arrived = operator_frame_from_bytes(frame.SerializeToString())
    return _as_chunk(arrived), framed_size(frame)


def _cross_from_brand(piece: Chunk) -> tuple[Chunk, int]:
    frame = brand_frame_to_wire(piece)
    arrived = brand_frame_from_bytes(frame.SerializeToString())
    return _as_chunk(arrived), framed_size(frame)


def _as_chunk(frame: object) -> Chunk:
    if not isinstance(frame, Chunk):
        raise ChunkOutOfOrderError("expected a chunk, got another frame")
    return frame
