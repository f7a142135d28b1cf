"""A brand's steps after joining: the same bytes again, nothing else, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.aggregating import ring_vector
from hanse_clients.errors import StateAccessError
from hanse_clients.round_records import RoundKey
from hanse_federation.codec import reply_payload_from_wire, reply_payload_to_wire
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Question,
    Refusal,
    Request,
    RequestPayload,
)
from hanse_federation.secure_aggregation.commitment import Opening, verify_opening
from hanse_federation.secure_aggregation.messages import (
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    ShareRequest,
    UnmaskRequest,
)
from tests.support.distributed import a_distributed_histogram
from tests.support.league_documents import (
    a_league_histogram,
)
from tests.support.league_parties import (
    SmallLeague,
    small_league,
)
from tests.support.league_rounds import (
    ALDER,
    RUN,
    LeagueRound,
    alder_of,
    ask_to_join,
    noised_cohort,
    refused,
    restarted,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def test_five_steps_give_the_sum_of_the_noised_answers(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    for payload in (CohortRequest(), MeasureRequest()):
        attempt = LeagueRound(league, digest, payload)
        attempt.until("unmask")
        answers = []
        for parts in league.brands.values():
            question = Question.COHORT if isinstance(payload, CohortRequest) else Question.MEASURE
            stored = parts.ledger.latest_answer(digest, question)
            assert stored is not None
            answers.append(reply_payload_from_wire(stored))
        match attempt.decoded():
            case CohortReply(persons):
                parts_of = [a.noised_persons for a in answers if isinstance(a, CohortReply)]
                assert persons == sum(parts_of)
            case CellsReply(cells):
                rows = [a.cells for a in answers if isinstance(a, CellsReply)]
                assert cells == tuple(map(sum, zip(*rows, strict=True)))
            case _:
                pytest.fail("no counts")
        assert len(answers) == 3


def test_shares_of_the_noise_leave_masked_and_decode_to_a_count(league: SmallLeague) -> None:
    digest = league.approved(a_distributed_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.until("unmask")
    masked = attempt.replies["mask", ALDER]
    kept = alder_of(league).rounds.contribution(RoundKey(digest, Question.COHORT, 0))
    assert isinstance(masked, MaskReply)
    assert kept is not None
    assert masked.vector.tolist() != ring_vector(kept.contribution).tolist()
    decoded = attempt.decoded()
    assert isinstance(decoded, CohortReply)
    assert abs(decoded.noised_persons - 900) < 200


def test_the_same_request_gets_the_same_bytes_in_every_step_and_after_a_restart(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.join()
    steps = ["join"]
    for step in ("share", "mask", "endorse", "unmask"):
        _check_same_bytes(league, attempt, steps)
        attempt.step(step)
        steps.append(step)
    _check_same_bytes(league, attempt, steps)
    assert steps == ["join", "share", "mask", "endorse", "unmask"]


def _check_same_bytes(league: SmallLeague, attempt: LeagueRound, steps: list[str]) -> None:
    """Ask alder again for every step taken so far: here, and in a new process."""
    with restarted(alder_of(league), league.clock) as other:
        for step in steps:
            sent = reply_payload_to_wire(attempt.replies[step, ALDER])
            again = attempt.bound(attempt.requests[step, ALDER].payload)
            for responder in (alder_of(league).responder, other):
                assert reply_payload_to_wire(responder.answer(again)) == sent, step


def altered(payload: RequestPayload) -> RequestPayload:
    """The same step with one entry less."""
    match payload:
        case ShareRequest():
            return replace(payload, roster=payload.roster[:-1])
        case MaskRequest():
            return replace(payload, shares=payload.shares[:-1])
        case EndorseRequest():
            return replace(payload, survivors=payload.survivors[:-1])
        case UnmaskRequest():
            return replace(payload, endorsements=payload.endorsements[:-1])
        case _:
            raise AssertionError(payload)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("share", "aggregation-step-conflict"),
        ("mask", "aggregation-step-conflict"),
        ("endorse", "aggregation-step-conflict"),
        ("unmask", "reveal-refused"),
    ],
)
def test_a_step_asked_again_with_other_content_is_refused_after_a_restart_too(
    league: SmallLeague, step: str, code: str
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.until(step)
    sent = attempt.requests[step, ALDER].payload
    assert refused(league, attempt.bound(altered(sent))) == code
    with restarted(alder_of(league), league.clock) as other:
        assert other.answer(attempt.bound(altered(sent))) == Refusal(code)
        kept = reply_payload_to_wire(attempt.replies[step, ALDER])
        assert reply_payload_to_wire(other.answer(attempt.bound(sent))) == kept


def test_a_step_that_cannot_be_kept_is_not_sent(
    league: SmallLeague, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.until("share")
    asked = attempt.bound(attempt.request_for(alder_of(league).brand))

    def full(*_: object, **__: object) -> None:
        raise StateAccessError("rounds.db could not be written: disk is full")

    monkeypatch.setattr(alder_of(league).rounds, "keep_step", full)
    assert refused(league, asked) == StateAccessError.wire_code()
    monkeypatch.undo()
    attempt.step("mask")
    attempt.step("endorse")
    attempt.step("unmask")
    assert isinstance(attempt.decoded(), CohortReply)


def test_a_step_of_an_attempt_that_was_never_joined_is_refused(league: SmallLeague) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.join()
    request = attempt.request_for(alder_of(league).brand)
    assert isinstance(request, ShareRequest)
    other_round = replace(attempt.bound(request).binding, round_number=1)
    foreign = [
        Request(replace(attempt.bound(request).binding, run=RUN + 1), request, 60.0),
        Request(other_round, request, 60.0),
        attempt.bound(replace(request, question="measure")),
    ]
    for asked in foreign:
        assert refused(league, asked) == "aggregation-session-unknown"


def test_a_step_of_an_attempt_that_was_left_is_refused_for_its_secrets_are_gone(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    left = LeagueRound(league, digest, CohortRequest())
    left.until("mask")
    later = LeagueRound(league, digest, CohortRequest(), number=2)
    later.until("share")
    for step in ("share", "mask"):
        asked = left.bound(left.requests[step, ALDER].payload)
        assert refused(league, asked) == "aggregation-session-outdated"
    asked = left.bound(left.request_for(alder_of(league).brand))
    assert refused(league, asked) == "aggregation-session-outdated"
    for step in ("mask", "endorse", "unmask"):
        later.step(step)
    assert later.decoded() == CohortReply(
        sum(noised_cohort(parts, digest) for parts in league.brands.values())
    )


@pytest.mark.parametrize(("run", "attempt"), [(RUN, 2), (RUN + 1, 1)])
def test_a_contribution_whose_shares_were_revealed_enters_no_second_sum(
    league: SmallLeague, run: int, attempt: int
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    LeagueRound(league, digest, CohortRequest()).until("unmask")
    request = ask_to_join(digest, attempt=attempt)
    request = Request(replace(request.binding, run=run), request.payload, 60.0)
    assert refused(league, request) == "contribution-spent"
    with restarted(alder_of(league), league.clock) as other:
        assert other.answer(request) == Refusal("contribution-spent")


def test_an_approval_taken_back_stops_the_next_joining_and_not_the_sum_under_way(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.until("mask")
    alder_of(league).desk.refuse(digest, league.clock())
    attempt.step("endorse")
    attempt.step("unmask")
    assert isinstance(attempt.decoded(), CohortReply)
    assert refused(league, ask_to_join(digest, MeasureRequest())) == "study-not-approved"


def test_the_advertised_commitment_opens_to_what_is_kept_and_to_nothing_else(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.join()
    reply = attempt.replies["join", ALDER]
    kept = alder_of(league).rounds.contribution(RoundKey(digest, Question.COHORT, 0))
    assert isinstance(reply, JoinReply)
    assert kept is not None
    assert kept.contribution.nonce is not None
    opening = Opening(kept.contribution.nonce, ring_vector(kept.contribution))
    label = attempt.server.state.session.contribution_label()
    verify_opening(reply.advertisement.commitment, opening, label)
    assert reply.advertisement.policy.hex() == alder_of(league).home.documents.policy().digest


def test_a_later_step_is_journalled_under_the_newest_decision_on_its_study(
    league: SmallLeague,
) -> None:
    digest = league.approved(a_league_histogram(league.clock()))
    attempt = LeagueRound(league, digest, CohortRequest())
    attempt.until("share")
    brand = alder_of(league)
    newest = brand.state.decisions(digest)[-1].digest
    for step in ("join", "share"):
        request = attempt.requests[step, ALDER].binding.request
        assert brand.responder.decision_of(request) == newest
