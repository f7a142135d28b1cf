"""The gRPC service that holds the brands' streams.

A stream ends with a code: its certificate is not let in any more, the brand was
silent too long, it broke a rule, or the server stops. Three tasks serve it: one
reads, one writes, one watches certificate and silence.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import grpc
import grpc.aio

from hanse_federation.codec.frames import (
    brand_frame_from_wire,
    framed_size,
    operator_frame_to_wire,
)
from hanse_federation.codec.message_types import message_type_of
from hanse_federation.codec.replies import reply_from_wire
from hanse_federation.errors import LinkError
from hanse_federation.link.frames import (
    PROTOCOL_VERSION,
    Abandon,
    Chunk,
    Heartbeat,
    Hello,
    Refuse,
    Welcome,
)
from hanse_policies.documents import BrandId
from hanse_policies.errors import HanseError
from hanse_server.link.admission import Admission, ServicerContext, certificate_of, code_only
from hanse_server.link.brand_stream import BRAND_SILENT, BrandStream, Ending, EndingKind
from hanse_server.link.operator_link import GrpcOperatorLink
from hanse_server.store.records import CallerRole
from hanse_wire.v1 import link_pb2, link_pb2_grpc

ALREADY_CONNECTED = "already-connected"
HELLO_MISSING = "hello-missing"
PROTOCOL_MISMATCH = "protocol-version"
HELLO_REPEATED = "hello-repeated"
STREAM_LEFT = "stream-left"

_STATUSES = {
    EndingKind.LEFT: grpc.StatusCode.CANCELLED,
    EndingKind.NOT_ADMITTED: grpc.StatusCode.UNAUTHENTICATED,
    EndingKind.RULE_BROKEN: grpc.StatusCode.INVALID_ARGUMENT,
    EndingKind.CONNECTED_ALREADY: grpc.StatusCode.ALREADY_EXISTS,
    EndingKind.SILENT: grpc.StatusCode.DEADLINE_EXCEEDED,
    EndingKind.STOPPING: grpc.StatusCode.UNAVAILABLE,
}
_LEFT = Ending(EndingKind.LEFT, STREAM_LEFT)
_CHECKS_PER_SILENCE = 4

STREAMS_PER_BRAND = 4
"""Most streams of one brand at a time: the live one, and ones that come or go."""

GREETING_SECONDS = 5.0
"""How long a brand may take to say who it speaks as."""

DRAIN_SECONDS = 0.5
"""How long a frame under way may take at the end of a stream."""

Incoming = AsyncIterator[link_pb2.ConnectRequest]


class LinkService(link_pb2_grpc.LinkServiceServicer):
    """Serves `LinkService` for one operator link."""

    def __init__(self, link: GrpcOperatorLink, admission: Admission) -> None:
        self._link = link
        self._admission = admission
        self._settings = link.settings
        self._open: Counter[BrandId] = Counter()

    async def Connect(  # noqa: N802 - the generated name
        self, request_iterator: Incoming, context: ServicerContext
    ) -> None:
        """Hold one brand's stream until it ends, then give its code."""
        async with code_only(context):
            caller = await self._admission.admit(context, CallerRole.BRAND)
            ending = await self._serve(caller.brand, request_iterator, context)
            await context.abort(_STATUSES[ending.kind], ending.code)

    async def _serve(self, brand: BrandId, incoming: Incoming, context: ServicerContext) -> Ending:
        """Greet and hold one of a brand's few streams."""
        if self._open[brand] >= STREAMS_PER_BRAND:
            return Ending(EndingKind.CONNECTED_ALREADY, ALREADY_CONNECTED)
        self._open[brand] += 1
        try:
            ending = await self._greet(incoming)
            if ending is not None:
                return ending
            certificate = certificate_of(context) or b""
            loop = asyncio.get_running_loop()
            stream = BrandStream(brand, certificate, self._settings, loop)
            return await self._hold(stream, incoming, context)
        finally:
            self._open[brand] -= 1

    async def _greet(self, incoming: Incoming) -> Ending | None:
        try:
            async with asyncio.timeout(min(GREETING_SECONDS, self._settings.lost_after_seconds)):
                first = brand_frame_from_wire(await anext(incoming))
        except (TimeoutError, StopAsyncIteration):
            return Ending(EndingKind.RULE_BROKEN, HELLO_MISSING)
        if not isinstance(first, Hello):
            return Ending(EndingKind.RULE_BROKEN, HELLO_MISSING)
        if first.protocol_version != PROTOCOL_VERSION:
            return Ending(EndingKind.RULE_BROKEN, PROTOCOL_MISMATCH)
        return None

    async def _hold(
        self, stream: BrandStream, incoming: Incoming, context: ServicerContext
    ) -> Ending:
        if not self._link.attach(stream):
            return Ending(EndingKind.CONNECTED_ALREADY, ALREADY_CONNECTED)
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._write(stream, context),
                self._read(stream, incoming),
                self._watch(stream),
            )
        ]
        try:
            await asyncio.wait((stream.closed, *tasks), return_when=asyncio.FIRST_COMPLETED)
            if stream.closed.done():
                return stream.closed.result()
            return next(task for task in tasks if task.done()).result()
        except LinkError as error:
            return Ending(EndingKind.RULE_BROKEN, error.code)
        except HanseError as error:
            return Ending(EndingKind.NOT_ADMITTED, error.code)
        except (grpc.aio.BaseError, grpc.aio.UsageError):
            return _LEFT
        finally:
            self._link.detach(stream)
            await _settle(stream, tasks)

    async def _read(self, stream: BrandStream, incoming: Incoming) -> Ending:
        framed_bytes = 0
        async for message in incoming:
            stream.hear()
            match brand_frame_from_wire(message):
                case Chunk() as piece:
                    framed_bytes += framed_size(message)
                    data = stream.take_chunk(piece)
                    if data is not None:
                        await self._take_reply(stream, data, framed_bytes)
                        framed_bytes = 0
                case Abandon() as frame:
                    stream.take_abandon(frame)
                    framed_bytes = 0
                case Refuse(number, code):
                    self._link.refuse(stream.brand, stream.request_of(number), code)
                case Hello():
                    return Ending(EndingKind.RULE_BROKEN, HELLO_REPEATED)
                case Heartbeat():
                    pass
        return _LEFT

    async def _take_reply(self, stream: BrandStream, data: memoryview, framed_bytes: int) -> None:
        reply = reply_from_wire(data, stream.brand)
        await self._admission.judge(stream.certificate)
        message_type = message_type_of(reply.payload)
        self._link.count_in(stream.brand, message_type, len(data), framed_bytes)
        self._link.deliver(reply)

    async def _write(self, stream: BrandStream, context: ServicerContext) -> Ending:
        settings = self._settings
        welcome = Welcome(settings.heartbeat_seconds, settings.lost_after_seconds)
        await context.write(operator_frame_to_wire(welcome))
        while True:
            request = await stream.next_request()
            if stream.has_ended:
                break
            if request is None:
                await context.write(operator_frame_to_wire(Heartbeat()))
                continue
            framed_bytes = 0
            whole = False
            for frame in stream.frames(request, self._link.is_open):
                message = operator_frame_to_wire(frame)
                framed_bytes += framed_size(message)
                whole = isinstance(frame, Chunk)
                await context.write(message)
                if stream.has_ended:
                    return _LEFT
            if whole:
                self._link.count_out(stream.brand, request.message, framed_bytes)
        return _LEFT

    async def _watch(self, stream: BrandStream) -> Ending:
        silence = self._settings.lost_after_seconds
        interval = min(self._settings.recheck_seconds, silence / _CHECKS_PER_SILENCE)
        while not stream.is_silent():
            await asyncio.sleep(interval)
            await self._admission.judge(stream.certificate)
        return Ending(EndingKind.SILENT, BRAND_SILENT)


async def _settle(stream: BrandStream, tasks: list[asyncio.Task[Ending]]) -> None:
    """End the tasks of a stream, the writer between two frames.

    gRPC loses track of a stream whose write is cancelled half way, and the brand
    would never hear the code. Only a brand that does not read is cut off.
    """
    stream.end()
    writer, *others = tasks
    for task in others:
        task.cancel()
    try:
        await asyncio.wait((writer,), timeout=DRAIN_SECONDS)
    finally:
        writer.cancel()
        for task in tasks:
            task.add_done_callback(_note)
    await asyncio.gather(*tasks, return_exceptions=True)


def _note(task: asyncio.Task[Ending]) -> None:
    """Look at how a task ended: after the first, the others may end in any way."""
    if not task.cancelled():
        task.exception()
