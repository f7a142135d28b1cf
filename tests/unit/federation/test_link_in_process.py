from __future__ import annotations

import threading
from collections.abc import Iterator

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
    Refusal,
    ReplyPayload,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId
from tests.support.link import BRAND, Echo, LinkBench, ask, parameters, request

BETA = BrandId("beta")


@pytest.fixture(params=[True, False], ids=["concurrent", "in-turn"])
def concurrent(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def link(concurrent: bool) -> Iterator[InProcessLink]:
    with InProcessLink({BRAND: Echo(), BETA: Echo()}, concurrent=concurrent) as link:
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

    with InProcessLink({BRAND: Wrong()}, concurrent=concurrent) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("reply-misbound")


def test_error_that_escapes_crosses_as_one_code(concurrent: bool) -> None:
    class Failing:
        def answer(self, request: Request) -> ReplyPayload:
            raise JournalWriteError("stays here")

    with InProcessLink({BRAND: Failing()}, concurrent=concurrent) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("answer-failed")


def test_answer_that_is_not_finite_does_not_cross(concurrent: bool) -> None:
    class Infinite:
        def answer(self, request: Request) -> ReplyPayload:
            return TrainReply((Tensor("w", np.full(1, np.nan, np.float32)),), 1)

    with InProcessLink({BRAND: Infinite()}, concurrent=concurrent) as link:
        question = TrainRequest((Tensor("w", np.ones(1, np.float32)),))
        assert ask(link, BRAND, question) == Refusal("answer-failed")


def test_answer_over_the_cap_does_not_cross(concurrent: bool) -> None:
    class Long:
        def answer(self, request: Request) -> ReplyPayload:
            return CellsReply((2**60,) * 500)

    with InProcessLink({BRAND: Long()}, concurrent=concurrent, message_cap_bytes=1000) as link:
        assert ask(link, BRAND, CohortRequest()) == Refusal("message-too-large")


def test_defect_of_a_responder_is_raised_to_the_operator(concurrent: bool) -> None:
    class Broken:
        def answer(self, request: Request) -> ReplyPayload:
            raise ZeroDivisionError

    with (
        InProcessLink({BRAND: Broken()}, concurrent=concurrent) as link,
        pytest.raises(ZeroDivisionError),
    ):
        ask(link, BRAND, CohortRequest())


def test_brands_work_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)

    class Meeting(Echo):
        def answer(self, request: Request) -> ReplyPayload:
            meeting.wait()
            return super().answer(request)

    with InProcessLink({BRAND: Meeting(), BETA: Meeting()}) as link:
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

    with InProcessLink({BRAND: Slow()}) as link:
        assert ask(link, BRAND, CohortRequest(), 0.1) == Refusal("deadline-exceeded")
        go.set()


def test_unknown_brand_cannot_be_asked(link: InProcessLink) -> None:
    with pytest.raises(BrandNotConnectedError):
        link.submit(BrandId("gamma"), request(CohortRequest()))


def test_request_over_the_cap_is_not_sent() -> None:
    with (
        InProcessLink({BRAND: Echo()}, message_cap_bytes=1000) as link,
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
