"""One stream of a brand: frames in, frames out, until either side ends it.

Rules: a reply leaves only after the hook has recorded it; only steps of secure
aggregation and refusals leave, unless the caller says it is unsafe; a request past its
deadline is refused, not answered; what breaks a rule of the link ends the
stream. The reader is the caller's thread, the writer gRPC's, answers are made
on the one worker that all streams of a brand share.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Semaphore

from hanse_federation import fault_points
from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.frames import (
    BrandFrame,
    OperatorFrame,
    brand_frame_to_wire,
    operator_frame_from_wire,
)
from hanse_federation.codec.requests import request_from_wire
from hanse_federation.errors import InvalidMessageError, TooManyRequestsError
from hanse_federation.link.answering import answer
from hanse_federation.link.docket import DEADLINE_EXCEEDED
from hanse_federation.link.errors import ChunkOutOfOrderError
from hanse_federation.link.frames import Abandon, Chunk, Heartbeat, Hello, Refuse, Welcome
from hanse_federation.link.framing import Reassembler, chunk
from hanse_federation.link.interface import Responder
from hanse_federation.link.settings import LinkSettings
from hanse_federation.messages import Binding, Request
from hanse_policies.errors import HanseError
from hanse_wire.v1 import link_pb2
from hanse_wire.v1.link_pb2_grpc import LinkServiceStub

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A reply that is about to leave the brand.

    Attributes:
        binding: The request it answers.
        message_type: Name of the payload's type.
        byte_count: Bytes of the message.
        sha256: Digest of these bytes, 64 hexadecimal digits.
    """

    binding: Binding
    message_type: str
    byte_count: int
    sha256: str


SentHook = Callable[[SentMessage], None]


@dataclass(frozen=True, slots=True)
class Answering:
    """What a session needs to answer: the responder, its one worker, the hook, a clock.

    With `unsafe_plaintext_replies`, answers leave that are not masked; for tests.
    """

    responder: Responder
    worker: ThreadPoolExecutor
    on_sent: SentHook
    clock: Callable[[], float]
    unsafe_plaintext_replies: bool = False


@dataclass(frozen=True, slots=True)
class _Outgoing:
    message: WireMessage
    digest: bytes


class BrandSession:
    """One stream from dialling to its end."""

    def __init__(self, answering: Answering, settings: LinkSettings) -> None:
        """Prepare a session.

        Args:
            answering: How requests are answered.
            settings: Limits, and the times until the operator's `Welcome` states others.
        """
        self._answering = answering
        self._settings = settings
        self._heartbeat = settings.heartbeat_seconds
        self._lost_after = settings.lost_after_seconds
        self._heard = answering.clock()
        self._outbox: SimpleQueue[_Outgoing | BrandFrame | None] = SimpleQueue()
        self._reassembler = Reassembler(settings.message_cap_bytes)
        self._room = Semaphore(settings.outstanding_cap)
        self._ended = Event()
        self._cancel: Callable[[], object] = _do_nothing
        self._defect: BaseException | None = None
        self._welcomed = False

    @property
    def has_ended(self) -> bool:
        """Tell whether the stream has ended."""
        return self._ended.is_set()

    @property
    def was_welcomed(self) -> bool:
        """Tell whether the operator took the stream."""
        return self._welcomed

    def is_silent(self) -> bool:
        """Tell whether nothing came for so long that the operator is lost."""
        return self._answering.clock() - self._heard > self._lost_after

    def run(self, stub: LinkServiceStub) -> None:
        """Hold the stream until it ends.

        A defect of the responder, that is an exception that is no error of
        Hanse, ends the stream and is raised here.

        Raises:
            grpc.RpcError: The stream ended with a status.
            LinkError: The operator broke a rule of the link.
        """
        call = stub.Connect(self._frames())
        self._cancel = call.cancel
        try:
            if not self._ended.is_set():
                for message in call:
                    self._heard = self._answering.clock()
                    self._take(operator_frame_from_wire(message))
        finally:
            self.end()
            if self._defect is not None:
                raise self._defect

    def end(self) -> None:
        """End the stream, from any thread; idempotent."""
        self._ended.set()
        self._outbox.put(None)
        self._cancel()

    def _frames(self) -> Iterator[link_pb2.ConnectRequest]:
        yield brand_frame_to_wire(Hello())
        number = 0
        while not self._ended.is_set():
            try:
                item = self._outbox.get(timeout=self._heartbeat)
            except Empty:
                item = Heartbeat()
            match item:
                case None:
                    return
                case _Outgoing(message, digest):
                    number += 1
                    fault_points.reach("brand.send.before")
                    for piece in chunk(number, message, digest):
                        yield brand_frame_to_wire(piece)
                    fault_points.reach("brand.send.after")
                case frame:
                    yield brand_frame_to_wire(frame)

    def _take(self, frame: OperatorFrame) -> None:
        if not self._welcomed and not isinstance(frame, Welcome):
            raise ChunkOutOfOrderError("a frame came before the operator's welcome")
        match frame:
            case Welcome():
                self._heartbeat = frame.heartbeat_seconds
                self._lost_after = frame.lost_after_seconds
                self._welcomed = True
                self._outbox.put(Heartbeat())
            case Chunk():
                data = self._reassembler.accept(frame)
                if data is not None:
                    fault_points.reach("brand.receive.before")
                    self._take_request(frame.message, data)
                    fault_points.reach("brand.receive.after")
            case Abandon():
                self._reassembler.abandon(frame)
            case Refuse():
                _logger.warning("the operator refuses an answer: %s", frame.code)
            case Heartbeat():
                pass

    def _take_request(self, number: int, data: memoryview) -> None:
        try:
            request = request_from_wire(data)
        except InvalidMessageError as error:
            _logger.warning("request refused: %s: %s", error.code, error)
            self._outbox.put(Refuse(number, error.code))
            return
        if not self._room.acquire(blocking=False):
            self._outbox.put(Refuse(number, TooManyRequestsError.code))
            return
        due = self._answering.clock() + request.deadline_seconds
        task = self._answering.worker.submit(self._answer, number, request, due)
        task.add_done_callback(self._finish)

    def _answer(self, number: int, request: Request, due: float) -> None:
        if self._ended.is_set():
            return
        if self._answering.clock() >= due:
            self._outbox.put(Refuse(number, DEADLINE_EXCEEDED))
            return
        message = answer(
            self._answering.responder,
            request,
            self._settings.message_cap_bytes,
            unsafe_plaintext_replies=self._answering.unsafe_plaintext_replies,
        )
        if self._ended.is_set():
            return
        digest = message.digest()
        sent = SentMessage(request.binding, message.message_type, message.size, digest.hex())
        try:
            self._answering.on_sent(sent)
        except HanseError as error:
            _logger.warning("answer held back: %s: %s", error.code, error)
            self._outbox.put(Refuse(number, error.code))
            return
        self._outbox.put(_Outgoing(message, digest))

    def _finish(self, task: Future[None]) -> None:
        self._room.release()
        if task.cancelled():
            return
        defect = task.exception()
        if defect is not None:
            self._defect = defect
            self.end()


def _do_nothing() -> None:
    """Stand in for cancelling a stream that is not dialled yet."""
