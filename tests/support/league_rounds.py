"""One attempt at one sum over a small league's own responders, step by step, without a link."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hanse_clients.aggregating import AggregatingResponder
from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import reply_payload_from_wire
from hanse_federation.messages import (
    AnswerPayload,
    Binding,
    CohortReply,
    CohortRequest,
    JoinRequest,
    Question,
    QuestionPayload,
    Refusal,
    ReplyPayload,
    Request,
    RequestPayload,
    question_of,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    JoinReply,
    MaskReply,
    ShareReply,
    StepRequest,
    UnmaskReply,
)
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_policies.documents import BrandId
from tests.support.league_documents import ask
from tests.support.league_parties import BrandParts, LeagueClock, SmallLeague, open_parts

RUN = 7
ALDER = "alder"
STEPS = ("share", "mask", "endorse", "unmask")


def ask_to_join(
    digest: str,
    payload: QuestionPayload | None = None,
    round_number: int = 0,
    *,
    attempt: int = 1,
    reference_persons: int = 300,
) -> Request:
    """A request to join with a fresh identifier; for the cohort unless told otherwise."""
    asked = CohortRequest() if payload is None else payload
    persons = 0 if isinstance(asked, CohortRequest) else reference_persons
    return ask(digest, JoinRequest(asked, attempt, persons), round_number)


@dataclass
class LeagueRound:
    """An attempt; the operator's side is `ServerAttempt`, the brands' the real responders.

    Attributes:
        requests: What a brand was asked in each step, as it was sent.
        replies: What it replied.
    """

    league: SmallLeague
    digest: str
    asked: QuestionPayload
    round_number: int = 0
    number: int = 1
    run: int = RUN
    requests: dict[tuple[str, str], Request] = field(default_factory=dict)
    replies: dict[tuple[str, str], ReplyPayload] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = next(iter(self.league.brands.values()))
        held = parts.state.charter()
        assert held is not None
        study = parts.gate.open(self.digest).study
        self.terms = AggregationTerms(
            study, self.digest, parts.home.charter(parts.state), held.digest
        )
        session = self.terms.session(
            self.run, question_of(self.asked), self.round_number, self.number
        )
        self.server = ServerAttempt.start(self.terms.members, self.terms.rules, session)

    def bound(self, payload: RequestPayload) -> Request:
        """Bind a payload to this attempt's run and round, under a fresh identifier."""
        binding = ask(self.digest).binding
        return Request(
            Binding(self.run, self.digest, self.round_number, binding.request), payload, 60.0
        )

    def ask(self, step: str, brand: str, payload: RequestPayload) -> ReplyPayload:
        request = self.bound(payload)
        reply = self.league.brands[brand].responder.answer(request)
        self.requests[step, brand], self.replies[step, brand] = request, reply
        return reply

    def join(self, *brands: str) -> None:
        """Let brands join, all unless told otherwise, and fix the roster."""
        persons = 0 if isinstance(self.asked, CohortRequest) else 300
        for brand in brands or tuple(self.league.brands):
            reply = self.ask("join", brand, JoinRequest(self.asked, self.number, persons))
            assert isinstance(reply, JoinReply), reply
            self.server.joined(BrandId(brand), reply)
        self.server.close_joining()

    def step(self, step: str, without: Collection[str] = ()) -> None:
        """Take one step with every brand that it asks, and close it."""
        for brand in self.server.asked():
            if brand in without:
                continue
            reply = self.ask(step, brand, self.request_for(brand))
            match reply:
                case ShareReply():
                    self.server.shared(brand, reply)
                case MaskReply():
                    self.server.masked(brand, reply)
                case EndorseReply():
                    self.server.endorsed(brand, reply)
                case UnmaskReply():
                    self.server.unmasked(brand, reply)
                case _:
                    raise AssertionError(reply)
        close = {
            "share": self.server.close_sharing,
            "mask": self.server.close_masking,
            "endorse": self.server.close_endorsing,
        }
        if step in close:
            close[step]()

    def request_for(self, brand: BrandId) -> StepRequest:
        return self.server.request_for(brand)

    def until(self, last: str) -> None:
        """Take every step up to and with `last`."""
        self.join()
        for step in STEPS[: STEPS.index(last) + 1] if last != "join" else ():
            self.step(step)

    def decoded(self) -> AnswerPayload:
        """Read the sum as an answer."""
        total = self.server.decode()
        return self.terms.contributions.decode(
            self.asked,
            total.values,
            contributors=len(total.survivors),
            reference_persons=300,
        )


def alder_of(league: SmallLeague) -> BrandParts:
    return league.brands[ALDER]


def joined(league: SmallLeague, request: Request) -> JoinReply:
    reply = alder_of(league).responder.answer(request)
    assert isinstance(reply, JoinReply), reply
    return reply


def refused(league: SmallLeague, request: Request) -> str:
    reply = alder_of(league).responder.answer(request)
    assert isinstance(reply, Refusal), reply
    return reply.code


def noised_cohort(parts: BrandParts, digest: str) -> int:
    stored = parts.ledger.latest_answer(digest, Question.COHORT)
    assert stored is not None
    reply = reply_payload_from_wire(stored)
    assert isinstance(reply, CohortReply)
    return reply.noised_persons


@contextmanager
def restarted(parts: BrandParts, clock: LeagueClock) -> Iterator[AggregatingResponder]:
    """The same brand in a new process: other connections, other randomness, the same files."""
    with open_parts(parts.home, clock, seed=99) as opened:
        yield opened.responder
