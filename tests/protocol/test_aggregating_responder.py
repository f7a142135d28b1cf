"""A server that asks a brand, with its store on disk, for what it must not answer."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import reply_payload_to_wire
from hanse_federation.messages import (
    Binding,
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    Question,
    Refusal,
    ReplyPayload,
    Request,
    RequestPayload,
    Tensor,
)
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
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
from hanse_federation.secure_aggregation.server import DecodedSum, ServerAttempt
from hanse_policies.documents import BrandId, Study
from tests.support.league_documents import a_league_policy, a_league_study, ask, first_parameters
from tests.support.league_parties import (
    BRANDS,
    PERSONS,
    SmallLeague,
    open_parts,
    put_policy,
    small_league,
)

VICTIM, PEER = BrandId(BRANDS[1]), BrandId(BRANDS[0])
STEPS = ("join", "share", "mask", "endorse", "unmask")
CLOSING = {
    "join": ServerAttempt.close_joining,
    "share": ServerAttempt.close_sharing,
    "mask": ServerAttempt.close_masking,
    "endorse": ServerAttempt.close_endorsing,
}


@dataclass
class Asker:
    """The server's side of one cohort question, to responders whose stores are on disk."""

    league: SmallLeague
    study: Study
    digest: str

    def terms(self) -> AggregationTerms:
        brand = self.league.brands[PEER]
        held = brand.state.charter()
        assert held is not None
        charter = brand.home.charter(brand.state)
        return AggregationTerms(self.study, self.digest, charter, held.digest)

    def ask(
        self,
        brand: str,
        payload: RequestPayload,
        *,
        run: int = 7,
        round_number: int = 0,
        restart: bool = False,
    ) -> ReplyPayload:
        """Ask a brand; `restart` opens its files anew, as a process does that was killed."""
        binding = Binding(run, self.digest, round_number, ask(self.digest).binding.request)
        request = Request(binding, payload, 60.0)
        parts = self.league.brands[brand]
        if not restart:
            return parts.responder.answer(request)
        with open_parts(parts.home, self.league.clock, seed=99) as again:
            return again.responder.answer(request)

    def join(self, brand: str, attempt: int = 1, *, run: int = 7, restart: bool = False) -> str:
        """Ask to join; return the code of a refusal, or nothing."""
        joining = JoinRequest(CohortRequest(), attempt, 0)
        reply = self.ask(brand, joining, run=run, restart=restart)
        return reply.code if isinstance(reply, Refusal) else ""

    def until(self, last: str, attempt: int = 1) -> Asked:
        """Take all brands through the steps up to one."""
        terms = self.terms()
        session = terms.session(7, Question.COHORT, 0, attempt)
        server = ServerAttempt.start(terms.members, terms.rules, session)
        asked = Asked(server, {})
        for step in STEPS[: STEPS.index(last) + 1]:
            replies: dict[BrandId, tuple[RequestPayload, ReplyPayload]] = {}
            for name in sorted(self.league.brands):
                brand = BrandId(name)
                request = (
                    JoinRequest(CohortRequest(), attempt, 0)
                    if step == "join"
                    else server.request_for(brand)
                )
                reply = self.ask(brand, request)
                assert not isinstance(reply, Refusal), reply
                take(server, brand, reply)
                replies[brand] = (request, reply)
            asked.steps[step] = replies
            if step != "unmask":
                CLOSING[step](server)
        return asked


@dataclass
class Asked:
    """What was asked, and what came."""

    server: ServerAttempt
    steps: dict[str, dict[BrandId, tuple[RequestPayload, ReplyPayload]]]

    def roster(self) -> tuple[Advertisement, ...]:
        return self.server.state.roster

    def decode(self) -> DecodedSum:
        return self.server.decode()


def take(server: ServerAttempt, brand: BrandId, reply: ReplyPayload) -> None:
    match reply:
        case JoinReply():
            server.joined(brand, reply)
        case ShareReply():
            server.shared(brand, reply)
        case MaskReply():
            server.masked(brand, reply)
        case EndorseReply():
            server.endorsed(brand, reply)
        case UnmaskReply():
            server.unmasked(brand, reply)


def without(brands: Iterable[BrandId], left_out: BrandId) -> tuple[BrandId, ...]:
    return tuple(brand for brand in brands if brand != left_out)


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLeague]:
    with small_league(tmp_path_factory.mktemp("league"), BRANDS) as founded:
        for name, brand in founded.brands.items():
            policy = a_league_policy(name, founded.clock(), epsilon=100.0)
            put_policy(brand.home, policy)
        yield founded


@pytest.fixture
def asker(league: SmallLeague, request: pytest.FixtureRequest) -> Asker:
    """A study of each test's own, in the one league whose brands' budgets hold all of them."""
    name = f"study-{zlib.crc32(request.node.name.encode())}"
    study = a_league_study(league.clock(), id=name)
    return Asker(league, study, league.approved(study))


def test_the_same_step_again_gets_the_same_bytes_across_a_restart(asker: Asker) -> None:
    asked = asker.until("unmask")
    for step in STEPS:
        request, reply = asked.steps[step][VICTIM]
        for restart in (False, True):
            again = asker.ask(VICTIM, request, restart=restart)
            assert reply_payload_to_wire(again) == reply_payload_to_wire(reply), step


def test_the_sum_is_of_all_and_a_retry_brings_the_same_contributions(asker: Asker) -> None:
    first = asker.until("endorse")
    second = asker.until("unmask", attempt=2)
    assert [ad.commitment for ad in first.roster()] == [ad.commitment for ad in second.roster()]
    assert [ad.mask_key for ad in first.roster()] != [ad.mask_key for ad in second.roster()]
    decoded = second.decode()
    assert decoded.survivors == tuple(sorted(asker.league.brands))
    assert decoded.values.size == 1


def test_an_answer_by_itself_is_refused(asker: Asker) -> None:
    assert asker.ask(VICTIM, CohortRequest()) == Refusal("plaintext-refused")


@pytest.mark.parametrize("restart", [False, True])
def test_step_of_an_attempt_that_was_never_joined_is_refused(asker: Asker, restart: bool) -> None:
    asked = asker.until("join")
    request = ShareRequest("cohort", 2, asked.roster())
    reply = asker.ask(VICTIM, request, restart=restart)
    assert reply == Refusal("aggregation-session-outdated")
    elsewhere = asker.ask(VICTIM, asked.server.request_for(VICTIM), run=8, restart=restart)
    assert elsewhere == Refusal("aggregation-session-unknown")


@pytest.mark.parametrize("restart", [False, True])
def test_second_roster_in_one_attempt_is_refused(asker: Asker, restart: bool) -> None:
    asked = asker.until("share")
    request = ShareRequest("cohort", 1, tuple(a for a in asked.roster() if a.brand != PEER))
    reply = asker.ask(VICTIM, request, restart=restart)
    assert reply == Refusal("aggregation-step-conflict")


@pytest.mark.parametrize("restart", [False, True])
def test_second_vector_in_one_attempt_is_refused(asker: Asker, restart: bool) -> None:
    asked = asker.until("mask")
    request = asked.steps["mask"][VICTIM][0]
    assert isinstance(request, MaskRequest)
    fewer = MaskRequest("cohort", 1, request.shares[1:])
    reply = asker.ask(VICTIM, fewer, restart=restart)
    assert reply == Refusal("aggregation-step-conflict")


@pytest.mark.parametrize("restart", [False, True])
def test_second_survivor_list_in_one_attempt_is_refused(asker: Asker, restart: bool) -> None:
    asked = asker.until("endorse")
    others = without(asked.server.state.survivors, PEER)
    reply = asker.ask(VICTIM, EndorseRequest("cohort", 1, others), restart=restart)
    assert reply == Refusal("aggregation-step-conflict")


@pytest.mark.parametrize("restart", [False, True])
def test_server_that_asks_for_other_shares_after_revealing_is_refused(
    asker: Asker, restart: bool
) -> None:
    asked = asker.until("unmask")
    state = asked.server.state
    others = without(state.survivors, PEER)
    another_list = UnmaskRequest("cohort", 1, others, state.endorsements)
    assert asker.ask(VICTIM, another_list, restart=restart) == Refusal("survivors-refused")
    fewer = UnmaskRequest("cohort", 1, state.survivors, state.endorsements[1:])
    assert asker.ask(VICTIM, fewer, restart=restart) == Refusal("reveal-refused")


@pytest.mark.parametrize("restart", [False, True])
def test_attempt_that_was_given_up_never_comes_back(asker: Asker, restart: bool) -> None:
    asked = asker.until("mask")
    assert asker.join(VICTIM, attempt=2) == ""
    outdated = Refusal("aggregation-session-outdated")
    assert asker.join(VICTIM, attempt=1, restart=restart) == outdated.code
    for step in ("share", "mask"):
        request = asked.steps[step][VICTIM][0]
        assert asker.ask(VICTIM, request, restart=restart) == outdated
    endorse = asked.server.request_for(VICTIM)
    assert asker.ask(VICTIM, endorse, restart=restart) == outdated


@pytest.mark.parametrize("restart", [False, True])
def test_spent_contribution_enters_no_later_attempt_and_no_other_run(
    asker: Asker, restart: bool
) -> None:
    asker.until("unmask")
    assert asker.join(VICTIM, attempt=2, restart=restart) == "contribution-spent"
    assert asker.join(VICTIM, attempt=1, run=8, restart=restart) == "contribution-spent"


def test_run_that_was_left_for_another_never_comes_back(asker: Asker) -> None:
    asker.until("share")
    assert asker.join(VICTIM, run=8) == ""
    assert asker.join(VICTIM, attempt=2, run=7) == "aggregation-session-outdated"


def test_another_question_in_the_same_round_is_refused(asker: Asker) -> None:
    assert asker.join(VICTIM) == ""  # the cohort comes first
    start = first_parameters(asker.study, asker.digest)
    asked = JoinRequest(EvaluateRequest(start), 1, PERSONS)
    assert isinstance(asker.ask(VICTIM, asked, round_number=1), JoinReply)
    moved = tuple(Tensor(t.name, t.values + np.float32(0.5)) for t in start)
    again = JoinRequest(EvaluateRequest(moved), 2, PERSONS)
    assert asker.ask(VICTIM, again, round_number=1) == Refusal("contribution-changed")
