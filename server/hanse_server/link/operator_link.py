"""The operator's face of the gRPC link: requests out, replies in, from any thread.

Rules: a brand is served only while its certificate is let in, which is asked
again at every request; a reply counts only if the docket takes it; refused
replies are counted per brand and code and never delivered; waiting is woken by
events, never by polling.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Condition

from hanse_federation import fault_points
from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.requests import request_to_wire
from hanse_federation.errors import BrandNotConnectedError, MessageTooLargeError
from hanse_federation.link.docket import Docket
from hanse_federation.link.errors import ReplyRefusedError
from hanse_federation.link.interface import TrafficCount
from hanse_federation.link.settings import LinkSettings
from hanse_federation.link.traffic import FROM_BRAND, TO_BRAND, TrafficCounter
from hanse_federation.messages import Reply, Request
from hanse_policies.documents import BrandId
from hanse_policies.errors import HanseError
from hanse_server.link.brand_stream import (
    BRAND_SILENT,
    BrandStream,
    Ending,
    EndingKind,
    OutgoingRequest,
)

CertificateCheck = Callable[[bytes], object]


class GrpcOperatorLink:
    """An `OperatorLink` over the streams that brands hold open.

    It is made first and handed both to the desks and to `GrpcOperatorServer`.
    """

    def __init__(
        self,
        settings: LinkSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a link without streams.

        Args:
            settings: Times and limits; None takes the defaults.
            clock: Seconds that never go back, for deadlines.
        """
        self.settings = settings or LinkSettings()
        self._clock = clock
        self._changed = Condition()
        self._docket = Docket(self.settings.outstanding_cap)
        self._streams: dict[BrandId, BrandStream] = {}
        self._check: CertificateCheck | None = None
        self._traffic = TrafficCounter()
        self._refused: Counter[tuple[BrandId, str]] = Counter()

    def brands(self) -> tuple[BrandId, ...]:
        """List the brands connected now, sorted."""
        with self._changed:
            return tuple(sorted(self._streams))

    def wait_for_brands(self, brands: Collection[BrandId], timeout_seconds: float) -> bool:
        """Wait until all these brands are connected; tell whether they are."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._streams.keys() >= set(brands), timeout_seconds
            )

    def submit(self, brand: BrandId, request: Request) -> None:
        """Send a request without waiting; its arrays must not change until it has ended.

        Raises:
            BrandNotConnectedError: The brand is not connected, or not let in any more.
            InvalidMessageError: A field of the request is out of range.
            MessageTooLargeError: The request is over the size cap.
            TooManyRequestsError: The brand has too many open requests.
        """
        self._verify_admission(brand)
        message = request_to_wire(request)
        if message.size > self.settings.message_cap_bytes:
            raise MessageTooLargeError(
                f"request for brand {brand} is too large: expected at most "
                f"{self.settings.message_cap_bytes} bytes, got {message.size}"
            )
        outgoing = OutgoingRequest(request.binding.request, message, message.digest())
        fault_points.reach("server.send.before")
        with self._changed:
            stream = self._stream(brand)
            self._docket.enter(brand, request, self._clock())
            stream.post(outgoing)
        fault_points.reach("server.send.after")

    def collect(
        self, requests: Collection[str], timeout_seconds: float, *, first: bool = False
    ) -> tuple[Reply, ...]:
        """Wait until each named request, or the first, has ended, or the timeout passes."""
        end = self._clock() + timeout_seconds
        with self._changed:
            while True:
                now = self._clock()
                self._docket.expire(now)
                if now >= end or not self._docket.awaits(requests, first=first):
                    return self._docket.take(requests)
                deadline = self._docket.next_deadline(requests)
                self._changed.wait(min(end, end if deadline is None else deadline) - now)

    def traffic(self) -> Sequence[TrafficCount]:
        """Count what crossed since the link was made."""
        return self._traffic.counts()

    def refused_replies(self) -> Mapping[tuple[BrandId, str], int]:
        """Count the replies that were refused, by brand and code."""
        with self._changed:
            return dict(self._refused)

    # What the server calls.

    def admit_by(self, check: CertificateCheck) -> None:
        """Set what is asked about a brand's certificate at every request."""
        self._check = check

    def attach(self, stream: BrandStream) -> bool:
        """Take a new stream; False when the brand has a live one already."""
        with self._changed:
            old = self._streams.get(stream.brand)
            if old is not None and not old.is_silent():
                return False
            self._streams[stream.brand] = stream
            if old is not None:
                self._docket.disconnect(stream.brand)
            self._changed.notify_all()
        if old is not None:
            old.close(Ending(EndingKind.SILENT, BRAND_SILENT))
        return True

    def detach(self, stream: BrandStream) -> None:
        """Drop a stream that ended; requests open on it end as disconnected."""
        with self._changed:
            if self._streams.get(stream.brand) is stream:
                del self._streams[stream.brand]
                self._docket.disconnect(stream.brand)
                self._changed.notify_all()

    def is_open(self, request: str) -> bool:
        """Tell whether somebody still waits for a request's reply."""
        with self._changed:
            self._docket.expire(self._clock())
            return self._docket.is_open(request)

    def deliver(self, reply: Reply) -> None:
        """Take a reply; one that the docket refuses is counted and dropped."""
        fault_points.reach("server.receive.before")
        with self._changed:
            try:
                self._docket.accept(reply)
            except ReplyRefusedError as error:
                self._refused[reply.sender, error.code] += 1
            self._changed.notify_all()
        fault_points.reach("server.receive.after")

    def refuse(self, brand: BrandId, request: str, code: str) -> None:
        """End a request that the brand does not take."""
        with self._changed:
            self._docket.refuse(brand, request, code)
            self._changed.notify_all()

    def count_out(self, brand: BrandId, message: WireMessage, framed_bytes: int) -> None:
        """Count a request that went out whole."""
        self._count(brand, TO_BRAND, message.message_type, message.size, framed_bytes)

    def count_in(self, brand: BrandId, message_type: str, size: int, framed_bytes: int) -> None:
        """Count a reply that came in whole."""
        self._count(brand, FROM_BRAND, message_type, size, framed_bytes)

    def close_streams(self, ending: Ending) -> None:
        """Ask every stream to end."""
        with self._changed:
            streams = tuple(self._streams.values())
        for stream in streams:
            stream.close(ending)

    def _count(
        self, brand: BrandId, direction: str, message_type: str, size: int, framed_bytes: int
    ) -> None:
        self._traffic.add(
            brand, direction, message_type, payload_bytes=size, framed_bytes=framed_bytes
        )

    def _verify_admission(self, brand: BrandId) -> None:
        with self._changed:
            stream = self._stream(brand)
        if self._check is None:
            return
        try:
            self._check(stream.certificate)
        except HanseError as error:
            stream.close(Ending(EndingKind.NOT_ADMITTED, error.code))
            raise BrandNotConnectedError(
                f"brand {brand} is not let in any more: expected a certificate in force"
            ) from error

    def _stream(self, brand: BrandId) -> BrandStream:
        stream = self._streams.get(brand)
        if stream is None:
            raise BrandNotConnectedError(
                f"brand {brand} is not connected: expected an open stream; "
                "wait until its process runs again"
            )
        return stream
