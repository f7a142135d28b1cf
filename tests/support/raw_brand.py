"""A brand that writes whatever frames it likes: the attacker's end of a stream."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import grpc

from hanse_federation.codec import reply_to_wire
from hanse_federation.codec.frames import (
    BrandFrame,
    OperatorFrame,
    brand_frame_to_wire,
    operator_frame_from_wire,
)
from hanse_federation.codec.requests import request_from_wire
from hanse_federation.link.channel import open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.link.frames import Chunk, Hello, Welcome
from hanse_federation.link.framing import Reassembler, chunk
from hanse_federation.messages import Binding, ReplyPayload, Request
from hanse_wire.v1.link_pb2 import ConnectRequest
from hanse_wire.v1.link_pb2_grpc import LinkServiceStub

HELLO = Hello()


class RawBrand:
    """Opens a stream, says hello, and then does as it is told."""

    def __init__(
        self, address: str, credentials: TlsCredentials, first: BrandFrame | None = HELLO
    ) -> None:
        self._outbox: SimpleQueue[ConnectRequest | None] = SimpleQueue()
        self.inbox: SimpleQueue[OperatorFrame] = SimpleQueue()
        self.welcomed = threading.Event()
        self._number = 0
        self._reassembler = Reassembler()
        if first is not None:
            self.send(first)
        self._channel = open_channel(address, credentials)
        self._call = LinkServiceStub(self._channel).Connect(self._frames())
        self._status: tuple[grpc.StatusCode, str] | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._outbox.put(None)
        self._call.cancel()
        self._thread.join(10)
        self._channel.close()

    def send(self, *frames: BrandFrame) -> None:
        for frame in frames:
            self._outbox.put(brand_frame_to_wire(frame))

    def send_raw(self, message: ConnectRequest) -> None:
        self._outbox.put(message)

    def receive_request(self) -> Request:
        while True:
            frame = self.inbox.get(timeout=10)
            data = self._reassembler.accept(frame) if isinstance(frame, Chunk) else None
            if data is not None:
                return request_from_wire(data)

    def chunks_of(
        self, binding: Binding, payload: ReplyPayload, size: int = 1 << 20
    ) -> list[Chunk]:
        self._number += 1
        message = reply_to_wire(binding, payload)
        return list(chunk(self._number, message, message.digest(), size))

    def reply(self, binding: Binding, payload: ReplyPayload) -> None:
        self.send(*self.chunks_of(binding, payload))

    def status(self, seconds: float = 10.0) -> tuple[grpc.StatusCode, str]:
        """Wait for the end of the stream; give its status and code."""
        self._thread.join(seconds)
        assert self._status is not None, "the stream is still open"
        return self._status

    def _frames(self) -> Iterator[ConnectRequest]:
        while True:
            message = self._outbox.get()
            if message is None:
                return
            yield message

    def _read(self) -> None:
        try:
            for message in self._call:
                frame = operator_frame_from_wire(message)
                if isinstance(frame, Welcome):
                    self.welcomed.set()
                self.inbox.put(frame)
        except grpc.RpcError as error:
            self._status = (error.code(), error.details() or "")
