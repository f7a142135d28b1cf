from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hanse_federation.errors import TooManyRequestsError
from hanse_federation.link.docket import Docket
from hanse_federation.link.errors import (
    FrameRateError,
    ReplyMisboundError,
    ReplyRepeatedError,
    ReplyUnsolicitedError,
)
from hanse_federation.link.rate import FrameRate
from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Refusal,
    Reply,
    ReplyPayload,
    Request,
    RequestPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId
from tests.support.aggregation_messages import (
    ENDORSE,
    ENDORSED,
    JOIN,
    JOINED,
    MASK,
    MASKED,
    SHARE,
    SHARED,
    UNMASK,
    UNMASKED,
)

COHORT, PERSONS = CohortRequest(), CohortReply(5)
ALPHA, BETA = BrandId("alpha"), BrandId("beta")


def request(name: str = "a", payload: RequestPayload = COHORT) -> Request:
    return Request(Binding(1, "ab" * 32, 2, name * 32), payload, 10.0)


def reply(asked: Request, payload: ReplyPayload = PERSONS, sender: BrandId = ALPHA) -> Reply:
    return Reply(asked.binding, sender, payload)


@pytest.fixture
def docket() -> Docket:
    return Docket(outstanding_cap=2)


def test_reply_is_handed_out_once(docket: Docket) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    docket.accept(reply(asked))
    name = asked.binding.request
    assert docket.take([name]) == (reply(asked),)
    assert docket.take([name]) == ()


def test_reply_of_another_brand_is_refused(docket: Docket) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    with pytest.raises(ReplyUnsolicitedError):
        docket.accept(reply(asked, sender=BETA))
    assert docket.is_open(asked.binding.request)


def test_reply_to_nothing_is_refused(docket: Docket) -> None:
    with pytest.raises(ReplyUnsolicitedError):
        docket.accept(reply(request()))


def test_repeated_reply_is_refused_also_after_it_was_taken(docket: Docket) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    docket.accept(reply(asked))
    with pytest.raises(ReplyRepeatedError):
        docket.accept(reply(asked))
    docket.take([asked.binding.request])
    with pytest.raises(ReplyRepeatedError):
        docket.accept(reply(asked))


@pytest.mark.parametrize(
    "wrong",
    [
        Binding(9, "ab" * 32, 2, "a" * 32),
        Binding(1, "00" * 32, 2, "a" * 32),
        Binding(1, "ab" * 32, 1, "a" * 32),
    ],
)
def test_reply_bound_to_something_else_ends_the_request(docket: Docket, wrong: Binding) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    answer = reply(asked)
    with pytest.raises(ReplyMisboundError):
        docket.accept(replace(answer, binding=wrong))
    (ended,) = docket.take([asked.binding.request])
    assert ended.payload == Refusal("reply-misbound")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (CohortRequest(), CellsReply((1,))),
        (MeasureRequest(), CohortReply(1)),
        (
            TrainRequest((Tensor("w", np.zeros(2, np.float32)),)),
            TrainReply((Tensor("v", np.zeros(2, np.float32)),), 1),
        ),
        (
            TrainRequest((Tensor("w", np.zeros(2, np.float32)),)),
            TrainReply((Tensor("w", np.zeros((1, 2), np.float32)),), 1),
        ),
        (JOIN, CellsReply((1,))),
        (MASK, CellsReply((1,))),
        (MeasureRequest(), MASKED),
    ],
)
def test_reply_that_does_not_fit_the_question_is_refused(
    docket: Docket, question: RequestPayload, answer: ReplyPayload
) -> None:
    asked = request(payload=question)
    docket.enter(ALPHA, asked, now=0)
    with pytest.raises(ReplyMisboundError):
        docket.accept(reply(asked, answer))


STEPS: list[tuple[RequestPayload, ReplyPayload]] = [
    (JOIN, JOINED),
    (SHARE, SHARED),
    (MASK, MASKED),
    (ENDORSE, ENDORSED),
    (UNMASK, UNMASKED),
]


@pytest.mark.parametrize("asked_step", range(len(STEPS)))
@pytest.mark.parametrize("answered_step", range(len(STEPS)))
def test_step_is_answered_by_its_own_reply_alone(
    docket: Docket, asked_step: int, answered_step: int
) -> None:
    asked = request(payload=STEPS[asked_step][0])
    answer = reply(asked, STEPS[answered_step][1])
    docket.enter(ALPHA, asked, now=0)
    if asked_step == answered_step:
        docket.accept(answer)
        assert docket.take([asked.binding.request]) == (answer,)
        return
    with pytest.raises(ReplyMisboundError):
        docket.accept(answer)
    (ended,) = docket.take([asked.binding.request])
    assert ended.payload == Refusal("reply-misbound")


def test_collector_waits_for_the_first_reply_or_for_all(docket: Docket) -> None:
    one, two = request("a"), request("b")
    names = [one.binding.request, two.binding.request]
    docket.enter(ALPHA, one, now=0)
    docket.enter(BETA, two, now=0)
    assert docket.awaits(names, first=True)
    docket.accept(reply(one))
    assert not docket.awaits(names, first=True)
    assert docket.awaits(names, first=False)
    docket.take(names)
    assert docket.awaits(names, first=True)
    docket.disconnect(BETA)
    assert not docket.awaits(names, first=False)


def test_nothing_is_awaited_where_no_request_is_open(docket: Docket) -> None:
    assert not docket.awaits([], first=True)
    assert not docket.awaits(["unknown"], first=True)


def test_refusal_answers_any_question(docket: Docket) -> None:
    asked = request(payload=MeasureRequest())
    docket.enter(ALPHA, asked, now=0)
    docket.accept(reply(asked, Refusal("budget-exceeded")))
    assert not docket.is_open(asked.binding.request)


def test_lost_brand_ends_its_own_requests_alone(docket: Docket) -> None:
    mine, other = request("a"), request("b")
    docket.enter(ALPHA, mine, now=0)
    docket.enter(BETA, other, now=0)
    docket.disconnect(ALPHA)
    (ended,) = docket.take([mine.binding.request, other.binding.request])
    assert (ended.sender, ended.payload) == (ALPHA, Refusal("brand-disconnected"))
    assert docket.is_open(other.binding.request)


def test_deadline_ends_a_request_and_a_late_reply_is_refused(docket: Docket) -> None:
    asked = request()
    name = asked.binding.request
    docket.enter(ALPHA, asked, now=100)
    assert docket.next_deadline([name, "unknown"]) == 110
    assert docket.expire(109.9) == ()
    assert docket.expire(110) == (name,)
    with pytest.raises(ReplyRepeatedError):
        docket.accept(reply(asked))
    (ended,) = docket.take([name])
    assert ended.payload == Refusal("deadline-exceeded")


def test_outstanding_requests_are_capped_per_brand(docket: Docket) -> None:
    docket.enter(ALPHA, request("a"), now=0)
    docket.enter(ALPHA, request("b"), now=0)
    docket.enter(BETA, request("c"), now=0)
    with pytest.raises(TooManyRequestsError, match="2 requests outstanding"):
        docket.enter(ALPHA, request("d"), now=0)


def test_identifier_is_never_used_twice(docket: Docket) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    with pytest.raises(TooManyRequestsError, match="draw a new one"):
        docket.enter(BETA, asked, now=0)
    docket.accept(reply(asked))
    docket.take([asked.binding.request])
    with pytest.raises(TooManyRequestsError):
        docket.enter(ALPHA, asked, now=0)


def test_brand_cannot_refuse_the_request_of_another(docket: Docket) -> None:
    asked = request()
    docket.enter(ALPHA, asked, now=0)
    docket.refuse(BETA, asked.binding.request, "some-code")
    assert docket.is_open(asked.binding.request)


def test_rate_lets_a_burst_through_and_then_the_average() -> None:
    rate = FrameRate(per_second=2, burst=3, now=0)
    for _ in range(3):
        rate.count(0)
    with pytest.raises(FrameRateError, match="at most 2 per second after a burst of 3"):
        rate.count(0.1)
    rate.count(0.5)
    with pytest.raises(FrameRateError):
        rate.count(0.6)


def test_rate_does_not_save_up_more_than_a_burst() -> None:
    rate = FrameRate(per_second=100, burst=2, now=0)
    for _ in range(2):
        rate.count(1000)
    with pytest.raises(FrameRateError):
        rate.count(1000)
