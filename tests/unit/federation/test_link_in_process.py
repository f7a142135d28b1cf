from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from hanse_federation.errors import (
    BrandNotConnectedError,
    JournalWriteError,
    MessageTooLargeError,
)
from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Refusal,
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
from tests.support.link import BRAND, Echo, LinkBench, ask, parameters, request
from tests.support.messages import plain

BETA = BrandId("beta")

plaintext_link = partial(InProcessLink, unsafe_plaintext_replies=True)


@pytest.fixture(params=[True, False], ids=["concurrent", "in-turn"])
def concurrent(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def link(concurrent: bool) -> Iterator[InProcessLink]:
    with plaintext_link({BRAND: Echo(), BETA: Echo()}, concurrent=concurrent) as link:
        yield link


def test_it_is_an_operator_link(link: InProcessLink) -> None:
    face: OperatorLink = link
    assert face.brands() == (BRAND, BETA)


def test_brands_answer(link: InProcessLink) -> None:
    questions = [request(CohortRequest()) for _ in range(4)]
    for brand, question in zip((BRAND, BETA, BRAND, BETA), questions, strict=True):
        link.submit(brand, question)
    replies = link.collect([question.binding.request for question in questions], 10)
    assert [reply.binding for reply in replies] == [question.binding for question in questions]
    assert {reply.payload for reply in replies} == {CohortReply(17)}


def test_values_cross_as_bytes_not_as_objects(link: InProcessLink) -> None:
    sent = parameters(1_000_000)
    reply = ask(link, BRAND, TrainRequest(sent))
    assert isinstance(reply, TrainReply)
    received = reply.parameters[0].values
    np.testing.assert_array_equal(received, sent[0].values)
    assert not np.shares_memory(received, sent[0].values)
    assert not received.flags.writeable


def test_answer_of_another_type_is_refused(concurrent: bool) -> None:
    class Wrong:
        def answer(self, request: Request) -> ReplyPayload:
            return CellsReply((1,))

    with plaintext_link({BRAND: Wrong()}, concurrent=concurrent) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("reply-misbound")


def test_error_that_escapes_crosses_as_one_code(concurrent: bool) -> None:
    class Failing:
        def answer(self, request: Request) -> ReplyPayload:
            raise JournalWriteError("stays here")

    with plaintext_link({BRAND: Failing()}, concurrent=concurrent) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("answer-failed")


def test_answer_that_is_not_finite_does_not_cross(concurrent: bool) -> None:
    class Infinite:
        def answer(self, request: Request) -> ReplyPayload:
            return TrainReply((Tensor("w", np.full(1, np.nan, np.float32)),), 1)

    with plaintext_link({BRAND: Infinite()}, concurrent=concurrent) as link:
        question = TrainRequest((Tensor("w", np.ones(1, np.float32)),))
        assert ask(link, BRAND, question) == Refusal("answer-failed")


def test_answer_over_the_cap_does_not_cross(concurrent: bool) -> None:
    class Long:
        def answer(self, request: Request) -> ReplyPayload:
            return CellsReply((2**60,) * 500)

    with plaintext_link({BRAND: Long()}, concurrent=concurrent, message_cap_bytes=1000) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("message-too-large")


def test_defect_of_a_responder_is_raised_to_the_operator(concurrent: bool) -> None:
    class Broken:
        def answer(self, request: Request) -> ReplyPayload:
            raise ZeroDivisionError

    with (
        plaintext_link({BRAND: Broken()}, concurrent=concurrent) as link,
        pytest.raises(ZeroDivisionError),
    ):
        ask(link, BRAND, CohortRequest())


def test_brands_work_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)

    class Meeting(Echo):
        def answer(self, request: Request) -> ReplyPayload:
            meeting.wait()
            return super().answer(request)

    with plaintext_link({BRAND: Meeting(), BETA: Meeting()}) as link:
        questions = {brand: request(CohortRequest()) for brand in (BRAND, BETA)}
        for brand, question in questions.items():
            link.submit(brand, question)
        names = [question.binding.request for question in questions.values()]
        assert [reply.payload for reply in link.collect(names, 10)] == [CohortReply(17)] * 2


def test_deadline_passes_while_a_brand_works() -> None:
    go = threading.Event()

    class Slow(Echo):
        def answer(self, request: Request) -> ReplyPayload:
            go.wait(10)
            return super().answer(request)

    with plaintext_link({BRAND: Slow()}) as link:
        assert ask(link, BRAND, CohortRequest(), 0.1) == Refusal("deadline-exceeded")
        go.set()


def test_unknown_brand_cannot_be_asked(link: InProcessLink) -> None:
    with pytest.raises(BrandNotConnectedError):
        link.submit(BrandId("gamma"), request(CohortRequest()))


def test_request_over_the_cap_is_not_sent() -> None:
    with (
        plaintext_link({BRAND: Echo()}, message_cap_bytes=1000) as link,
        pytest.raises(MessageTooLargeError),
    ):
        link.submit(BRAND, request(TrainRequest(parameters(1000))))


def test_traffic_is_that_of_the_grpc_link(link: InProcessLink) -> None:
    question = TrainRequest(parameters(300_000, 5))
    ask(link, BRAND, question)
    bench = LinkBench()
    with bench.server, bench.brand():
        assert bench.link.wait_for_brands([BRAND], 15)
        ask(bench.link, BRAND, question)
        assert tuple(bench.link.traffic()) == tuple(link.traffic())


class Waiting(Echo):
    """Answers only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def answer(self, request: Request) -> ReplyPayload:
        self.go.wait(10)
        return super().answer(request)


def test_first_reply_is_handed_out_while_another_brand_works() -> None:
    waiting = Waiting()
    with plaintext_link({BRAND: waiting, BETA: Echo()}) as link:
        questions = {brand: request(CohortRequest()) for brand in (BRAND, BETA)}
        for brand, question in questions.items():
            link.submit(brand, question)
        names = [question.binding.request for question in questions.values()]
        (early,) = link.collect(names, 10, first=True)
        assert early.sender == BETA
        assert link.collect(names, 0.05, first=True) == ()
        waiting.go.set()
        (late,) = link.collect(names, 10, first=True)
        assert late.sender == BRAND
        assert link.collect(names, 10, first=True) == ()


def test_first_reply_costs_no_answer_of_another_brand_where_brands_work_in_turn() -> None:
    alpha, beta = Echo(), Echo()
    with plaintext_link({BRAND: alpha, BETA: beta}, concurrent=False) as link:
        questions = {brand: request(CohortRequest()) for brand in (BRAND, BETA)}
        for brand, question in questions.items():
            link.submit(brand, question)
        names = [question.binding.request for question in questions.values()]
        assert [reply.sender for reply in link.collect(names, 10, first=True)] == [BRAND]
        assert (len(alpha.asked), len(beta.asked)) == (1, 0)
        assert [reply.sender for reply in link.collect(names, 10, first=True)] == [BETA]


@pytest.mark.parametrize(
    ("step", "answer"),
    [(JOIN, JOINED), (SHARE, SHARED), (MASK, MASKED), (ENDORSE, ENDORSED), (UNMASK, UNMASKED)],
)
def test_steps_cross_a_link_that_lets_no_plaintext_out(
    step: RequestPayload, answer: ReplyPayload, concurrent: bool
) -> None:
    asked: list[RequestPayload] = []

    class Stepping:
        def answer(self, request: Request) -> ReplyPayload:
            asked.append(request.payload)
            return answer

    with InProcessLink({BRAND: Stepping()}, concurrent=concurrent) as link:
        assert plain(ask(link, BRAND, step)) == plain(answer)
    assert asked == [step]


@pytest.mark.parametrize(
    "question", [CohortRequest(), MeasureRequest(), TrainRequest(parameters(3))]
)
def test_plaintext_does_not_cross_by_default(question: RequestPayload, concurrent: bool) -> None:
    with InProcessLink({BRAND: Echo()}, concurrent=concurrent) as link:
        assert ask(link, BRAND, question) == Refusal("plaintext-refused")
