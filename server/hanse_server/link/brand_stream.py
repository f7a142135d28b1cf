"""One brand's live stream, seen from the operator: what goes out, what came in.

It belongs to the server's event loop; only `post` and `close` may be called
from other threads. It knows frames and messages, not gRPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.frames import OperatorFrame
from hanse_federation.link.errors import ChunkInvalidError
from hanse_federation.link.frames import Abandon, Chunk
from hanse_federation.link.framing import Reassembler, chunk
from hanse_federation.link.rate import FrameRate
from hanse_federation.link.settings import LinkSettings
from hanse_policies.documents import BrandId

BRAND_SILENT = "brand-silent"


class EndingKind(StrEnum):
    """Whose doing the end of a stream is."""

    LEFT = "left"
    NOT_ADMITTED = "not-admitted"
    RULE_BROKEN = "rule-broken"
    CONNECTED_ALREADY = "connected-already"
    SILENT = "silent"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a stream ends; only `code` crosses."""

    kind: EndingKind
    code: str


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """An encoded request on its way to a brand."""

    name: str
    message: WireMessage
    digest: bytes


class BrandStream:
    """State of one stream; `closed` resolves to why it must end."""

    def __init__(
        self,
        brand: BrandId,
        certificate: bytes,
        settings: LinkSettings,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Begin a stream at the loop's present time."""
        self.brand = brand
        self.certificate = certificate
        self.closed: asyncio.Future[Ending] = loop.create_future()
        self._settings = settings
        self._loop = loop
        self._outbox: asyncio.Queue[OutgoingRequest | None] = asyncio.Queue()
        self._ended = False
        self._reassembler = Reassembler(settings.message_cap_bytes)
        self._rate = FrameRate(settings.frames_per_second, settings.frame_burst, loop.time())
        self._heard = loop.time()
        self._sent: list[str] = []

    def post(self, request: OutgoingRequest) -> None:
        """Queue a request, from any thread."""
        self._loop.call_soon_threadsafe(self._outbox.put_nowait, request)

    def close(self, ending: Ending) -> None:
        """Ask for the end of the stream, from any thread; the first reason counts."""
        self._loop.call_soon_threadsafe(self._close, ending)

    def end(self) -> None:
        """Let the writer stop after the frame that it is writing; in the loop only."""
        self._ended = True
        self._outbox.put_nowait(None)

    @property
    def has_ended(self) -> bool:
        """Tell whether the writer must stop."""
        return self._ended

    async def next_request(self) -> OutgoingRequest | None:
        """Wait for a request to send; give None when a heartbeat is due or the stream ends."""
        try:
            async with asyncio.timeout(self._settings.heartbeat_seconds):
                return await self._outbox.get()
        except TimeoutError:
            return None

    def frames(
        self, request: OutgoingRequest, is_open: Callable[[str], bool]
    ) -> Iterator[OperatorFrame]:
        """Cut a request into frames; give it up once nobody waits for its reply."""
        if not is_open(request.name):
            return
        self._sent.append(request.name)
        number = len(self._sent)
        for piece in chunk(number, request.message, request.digest):
            if not is_open(request.name):
                yield Abandon(number)
                return
            yield piece

    def request_of(self, number: int) -> str:
        """Name the request that was sent as message `number`.

        Raises:
            ChunkInvalidError: No such message was sent.
        """
        if not 1 <= number <= len(self._sent):
            raise ChunkInvalidError(
                f"brand {self.brand} refuses a message that it was not sent: "
                f"expected a number up to {len(self._sent)}"
            )
        return self._sent[number - 1]

    def hear(self) -> None:
        """Note that a frame came.

        Raises:
            FrameRateError: Frames come too fast.
        """
        now = self._loop.time()
        self._heard = now
        self._rate.count(now)

    def is_silent(self) -> bool:
        """Tell whether nothing came for so long that the brand is lost."""
        return self._loop.time() - self._heard > self._settings.lost_after_seconds

    def take_chunk(self, piece: Chunk) -> memoryview | None:
        """Take a chunk; return the message once it is whole.

        Raises:
            FramingError: The chunk breaks a rule.
            MessageTooLargeError: The message is over the cap.
        """
        return self._reassembler.accept(piece)

    def take_abandon(self, frame: Abandon) -> None:
        """Drop the message under way.

        Raises:
            FramingError: It is not under way.
        """
        self._reassembler.abandon(frame)

    def _close(self, ending: Ending) -> None:
        if not self.closed.done():
            self.closed.set_result(ending)
