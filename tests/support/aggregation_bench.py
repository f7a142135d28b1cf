"""Brands, a link and a clock for driving secure aggregation, and a record that may be killed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from hanse_federation.aggregation import CohortAnswer
from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import (
    CohortReply,
    CohortRequest,
    Question,
    Refusal,
    Reply,
    ReplyPayload,
    Request,
)
from hanse_federation.round_record import KeptAttempt, RoundRecord
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.messages import MaskRequest, RingVector
from hanse_federation.secure_aggregation.server import DecodedSum
from hanse_federation.secure_aggregation.server_state import ServerState
from hanse_federation.secure_aggregator import AskingTerms, SecureAggregator
from hanse_policies.documents import BrandId
from tests.support.aggregating_brand import (
    AggregatingBrand,
    Faulty,
    brands_of,
    counting,
    lost,
    terms_of,
)
from tests.support.documents import a_histogram_study, a_shared_privacy
from tests.support.secure_aggregation import brand_names

RUN = 77
PERSONS = 1000


@dataclass
class PassingTime:
    """A clock that only waiting moves."""

    now: float = 0.0
    waits: int = 0
    on_wait: Callable[[int], None] = lambda _: None

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waits += 1
        self.on_wait(self.waits)

    def ticks(self) -> float:
        return self.now


class Comings(InProcessLink):
    """Brands that are connected or away as a test says; counts vectors that are under way."""

    def __init__(self, responders: Mapping[BrandId, Responder]) -> None:
        super().__init__(responders, concurrent=False)
        self.away: set[BrandId] = set()
        self.masks_open: set[str] = set()
        self.most_masks_open = 0

    def brands(self) -> tuple[BrandId, ...]:
        return tuple(brand for brand in super().brands() if brand not in self.away)

    def submit(self, brand: BrandId, request: Request) -> None:
        if brand in self.away:
            brand = BrandId("nobody")
        super().submit(brand, request)
        if isinstance(request.payload, MaskRequest):
            self.masks_open.add(request.binding.request)
            self.most_masks_open = max(self.most_masks_open, len(self.masks_open))

    def collect(
        self, requests: Collection[str], timeout_seconds: float, *, first: bool = False
    ) -> tuple[Reply, ...]:
        replies = super().collect(requests, timeout_seconds, first=first)
        self.masks_open -= {reply.binding.request for reply in replies}
        return replies


@dataclass
class Bench:
    """Brands, a link over them and what asks them."""

    terms: AggregationTerms
    brands: dict[BrandId, AggregatingBrand]
    link: Comings
    time: PassingTime = field(default_factory=PassingTime)

    def aggregator(
        self, record: RoundRecord | None = None, arrival_seconds: float = 0.0
    ) -> SecureAggregator:
        if isinstance(record, MemoryRecord):
            record.terms = self.terms
        asking = AskingTerms(5.0, 2.0, arrival_seconds, self.time.wait, self.time.ticks)
        return SecureAggregator(
            self.link, self.terms, RUN, tuple(self.brands), asking, record=record
        )

    def ask(self, record: RoundRecord | None = None) -> CohortAnswer:
        return self.aggregator(record).ask(CohortRequest(), 0)

    def steps(self, brand: BrandId, attempt: int) -> list[str]:
        return [name for name, number in self.brands[brand].asked if number == attempt]


def persons_of(brand: BrandId) -> int:
    return PERSONS + 7 * int(brand[-3:])


def bench_of(
    count: int,
    faults: Mapping[int, Callable[[Responder], Responder]] | None = None,
    dropouts: int | None = None,
) -> Bench:
    study = a_histogram_study()
    if dropouts is not None:
        study = a_histogram_study(privacy=a_shared_privacy(tolerated_dropouts=dropouts))
    names = brand_names(count)
    terms, keys = terms_of(study, names)
    brands = brands_of(terms, keys, lambda brand: counting(persons_of(brand)))
    responders: dict[BrandId, Responder] = dict(brands)
    for index, fault in (faults or {}).items():
        responders[names[index]] = fault(brands[names[index]])
    return Bench(terms, brands, Comings(responders))


def persons(answer: CohortAnswer) -> int:
    assert isinstance(answer.payload, CohortReply)
    return answer.payload.noised_persons


def true_persons(brands: Collection[BrandId]) -> int:
    return sum(persons_of(brand) for brand in brands)


def loses(step: type, times: int = 1_000_000) -> Callable[[Responder], Responder]:
    return lambda inner: Faulty(inner, step, lost, times)


class Killed(BaseException):
    """Ends a server between two instructions."""


@dataclass
class MemoryRecord:
    """Records as a store does, and may be killed before or after what it writes."""

    kill_at: tuple[str, str] = ("", "")
    terms: AggregationTerms = field(init=False)
    attempts: list[Session] = field(default_factory=list)
    kept: KeptAttempt | None = None
    decoded: DecodedSum | None = None
    envelopes: list[Mapping[BrandId, bytes]] = field(default_factory=list)

    def sum_of(self, question: Question, round_number: int) -> DecodedSum | None:
        del question, round_number
        return self.decoded

    def attempt_of(self, question: Question, round_number: int) -> KeptAttempt | None:
        del question, round_number
        return self.kept

    def begin_attempt(self, session: Session) -> None:
        self._reach("begin", "before")
        self.attempts.append(session)
        self._reach("begin", "after")

    def close_step(
        self,
        state: ServerState,
        running_sum: RingVector | None,
        envelopes: Mapping[BrandId, bytes],
    ) -> None:
        self._reach(state.phase.value, "before")
        held = None if running_sum is None else running_sum.copy()
        self.kept = KeptAttempt(state, held, self.terms)
        self.envelopes.append(envelopes)
        self._reach(state.phase.value, "after")

    def keep_sum(
        self, state: ServerState, decoded: DecodedSum, envelopes: Mapping[BrandId, bytes]
    ) -> None:
        del state
        self._reach("sum", "before")
        self.decoded = decoded
        self.envelopes.append(envelopes)
        self._reach("sum", "after")

    def _reach(self, place: str, when: str) -> None:
        if self.kill_at == (place, when):
            self.kill_at = ("", "")
            raise Killed


def refuses(request: Request, reply: ReplyPayload) -> ReplyPayload:
    del request, reply
    return Refusal("policy-denied")
