"""The operator's record of open requests: a state machine without I/O.

A reply counts once, and only if its sender, run, study, round and request are
those of an open request and its type answers the question. Everything else is
refused, and a refused reply to an open request of its sender ends that request
with a refusal. A request ends by a reply, a lost connection or its deadline,
whichever comes first; what comes later is refused as repeated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from hanse_federation.errors import TooManyRequestsError
from hanse_federation.link.errors import (
    ReplyMisboundError,
    ReplyRepeatedError,
    ReplyUnsolicitedError,
)
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    MeasureRequest,
    Refusal,
    Reply,
    ReplyPayload,
    Request,
    RequestPayload,
    TrainReply,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    ShareReply,
    ShareRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_policies.documents import BrandId

BRAND_DISCONNECTED = "brand-disconnected"
DEADLINE_EXCEEDED = "deadline-exceeded"
DEFAULT_OUTSTANDING_CAP = 64
REMEMBERED_REQUESTS = 100_000
"""Ended requests kept per docket, so that a late reply is told from an unsolicited one."""

_ANSWERS: dict[type[RequestPayload], type[ReplyPayload]] = {
    CohortRequest: CohortReply,
    TrainRequest: TrainReply,
    EvaluateRequest: CellsReply,
    MeasureRequest: CellsReply,
    JoinRequest: JoinReply,
    ShareRequest: ShareReply,
    MaskRequest: MaskReply,
    EndorseRequest: EndorseReply,
    UnmaskRequest: UnmaskReply,
}


@dataclass(frozen=True, slots=True)
class _Open:
    brand: BrandId
    request: Request
    deadline: float


class Docket:
    """Open requests and the replies that wait to be collected.

    Times are seconds on any clock that never goes back, handed in as `now`.
    """

    def __init__(self, outstanding_cap: int = DEFAULT_OUTSTANDING_CAP) -> None:
        self._cap = outstanding_cap
        self._open: dict[str, _Open] = {}
        self._ready: dict[str, Reply] = {}
        self._ended: dict[str, BrandId] = {}
        self._ended_order: deque[str] = deque()

    def enter(self, brand: BrandId, request: Request, now: float) -> None:
        """Record a request that is about to be sent.

        Raises:
            TooManyRequestsError: The brand has too many open requests, or the
                identifier was used before.
        """
        name = request.binding.request
        if name in self._open or name in self._ended:
            raise TooManyRequestsError(
                f"request for brand {brand} uses an identifier a second time; draw a new one"
            )
        outstanding = sum(entry.brand == brand for entry in self._open.values())
        if outstanding >= self._cap:
            raise TooManyRequestsError(
                f"brand {brand} has {outstanding} requests outstanding: expected at most "
                f"{self._cap}; collect replies before submitting more"
            )
        self._open[name] = _Open(brand, request, now + request.deadline_seconds)

    def accept(self, reply: Reply) -> None:
        """Take a reply to an open request.

        Raises:
            ReplyUnsolicitedError: Its sender was not asked under that identifier.
            ReplyRepeatedError: The request has already ended.
            ReplyMisboundError: Run, study, round, type or shapes are not those asked for.
        """
        name = reply.binding.request
        if self._ended.get(name) == reply.sender:
            raise ReplyRepeatedError(
                f"reply of brand {reply.sender} comes after its request has ended"
            )
        entry = self._open.get(name)
        if entry is None or entry.brand != reply.sender:
            raise ReplyUnsolicitedError(
                f"reply of brand {reply.sender} answers a request that it was not asked"
            )
        bound = reply.binding == entry.request.binding
        if not (bound and _answers(entry.request.payload, reply.payload)):
            self.refuse(entry.brand, name, ReplyMisboundError.code)
            what = "type or shape" if bound else "run, study or round"
            raise ReplyMisboundError(
                f"reply of brand {reply.sender} is not of the {what} of the request it answers"
            )
        self._end(name, entry.brand, reply)

    def refuse(self, brand: BrandId, request: str, code: str) -> None:
        """End an open request of `brand` with a refusal; a request not open is left alone."""
        entry = self._open.get(request)
        if entry is not None and entry.brand == brand:
            self._end(request, brand, Reply(entry.request.binding, brand, Refusal(code)))

    def disconnect(self, brand: BrandId) -> None:
        """End every open request of a brand whose connection is lost."""
        for name in [name for name, entry in self._open.items() if entry.brand == brand]:
            self.refuse(brand, name, BRAND_DISCONNECTED)

    def expire(self, now: float) -> tuple[str, ...]:
        """End every request whose deadline has passed, and name them."""
        late = tuple(name for name, entry in self._open.items() if entry.deadline <= now)
        for name in late:
            self.refuse(self._open[name].brand, name, DEADLINE_EXCEEDED)
        return late

    def next_deadline(self, requests: Collection[str]) -> float | None:
        """Tell when the first of these open requests reaches its deadline."""
        return min((self._open[r].deadline for r in requests if r in self._open), default=None)

    def is_open(self, request: str) -> bool:
        """Tell whether a request still waits for its reply."""
        return request in self._open

    def awaits(self, requests: Collection[str], *, first: bool) -> bool:
        """Tell whether to wait for these requests: until the first has ended, or until all have.

        Nothing is awaited once none of them is open.
        """
        if first and any(name in self._ready for name in requests):
            return False
        return any(name in self._open for name in requests)

    def take(self, requests: Collection[str]) -> tuple[Reply, ...]:
        """Hand out, once, the replies that have come to these requests."""
        names = [name for name in requests if name in self._ready]
        return tuple(self._ready.pop(name) for name in names)

    def _end(self, name: str, brand: BrandId, reply: Reply) -> None:
        del self._open[name]
        self._ready[name] = reply
        self._ended[name] = brand
        self._ended_order.append(name)
        if len(self._ended_order) > REMEMBERED_REQUESTS:
            del self._ended[self._ended_order.popleft()]


def _answers(question: RequestPayload, answer: ReplyPayload) -> bool:
    if isinstance(answer, Refusal):
        return True
    if not isinstance(answer, _ANSWERS[type(question)]):
        return False
    if isinstance(question, TrainRequest) and isinstance(answer, TrainReply):
        asked = [(tensor.name, tensor.values.shape) for tensor in question.parameters]
        return asked == [(tensor.name, tensor.values.shape) for tensor in answer.parameters]
    return True
