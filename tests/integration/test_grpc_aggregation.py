"""The steps of secure aggregation over the gRPC link, and what that link lets out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hanse_clients.link import SentMessage
from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Refusal,
    ReplyPayload,
    Request,
    RequestPayload,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import MaskReply
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
    SIGNATURE,
    UNMASK,
    UNMASKED,
)
from tests.support.link import BRAND, Echo, LinkBench, ask, parameters, request, running_bench
from tests.support.messages import plain

BETA = BrandId("beta")
ANSWERS: list[tuple[RequestPayload, ReplyPayload]] = [
    (JOIN, JOINED),
    (SHARE, SHARED),
    (MASK, MASKED),
    (ENDORSE, ENDORSED),
    (UNMASK, UNMASKED),
]


class Stepping:
    """Answers each step by its own reply, once it may."""

    def __init__(self, *, waits: bool = False) -> None:
        self.go = threading.Event()
        if not waits:
            self.go.set()

    def answer(self, request: Request) -> ReplyPayload:
        self.go.wait(20)
        return next(reply for asked, reply in ANSWERS if type(asked) is type(request.payload))


class Masking:
    """Answers with a large masked vector."""

    def __init__(self, vector: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        self._vector = vector

    def answer(self, request: Request) -> ReplyPayload:
        return MaskReply(self._vector, SIGNATURE)


@pytest.fixture
def bench() -> Iterator[LinkBench]:
    with running_bench() as bench:
        yield bench


def test_every_step_crosses(bench: LinkBench) -> None:
    with bench.brand(Stepping(), unsafe_plaintext_replies=False):
        assert bench.link.wait_for_brands([BRAND], 15)
        for step, answer in ANSWERS:
            assert plain(ask(bench.link, BRAND, step)) == plain(answer)
    types = {count.message_type for count in bench.link.traffic()}
    assert types == {
        f"{step}-{way}"
        for step in ("join", "share", "mask", "endorse", "unmask")
        for way in ("request", "reply")
    }


def test_a_million_elements_cross_in_at_most_4_1_bytes_each(bench: LinkBench) -> None:
    vector = np.random.default_rng(3).integers(0, 2**32, 1_000_000, np.uint32)
    with bench.brand(Masking(vector), unsafe_plaintext_replies=False):
        assert bench.link.wait_for_brands([BRAND], 15)
        reply = ask(bench.link, BRAND, MASK)
    assert isinstance(reply, MaskReply)
    np.testing.assert_array_equal(reply.vector, vector)
    (count,) = [c for c in bench.link.traffic() if c.message_type == "mask-reply"]
    assert count.framed_bytes <= 4.1 * vector.size


@pytest.mark.parametrize(
    "question",
    [
        CohortRequest(),
        MeasureRequest(),
        TrainRequest(parameters(3)),
        EvaluateRequest(parameters(3)),
        JOIN,
    ],
)
def test_answer_that_is_not_masked_does_not_leave_a_brand(
    bench: LinkBench, question: RequestPayload
) -> None:
    sent: list[SentMessage] = []
    with bench.brand(Echo(), on_sent=sent.append, unsafe_plaintext_replies=False):
        assert bench.link.wait_for_brands([BRAND], 15)
        assert ask(bench.link, BRAND, question) == Refusal("plaintext-refused")
    assert [message.message_type for message in sent] == ["refusal"]


def test_first_reply_is_handed_out_while_another_brand_works(bench: LinkBench) -> None:
    slow, names = Stepping(waits=True), {}
    with bench.brand(slow), bench.brand(Stepping(), name="beta"):
        assert bench.link.wait_for_brands([BRAND, BETA], 15)
        for brand in (BRAND, BETA):
            question = request(MASK)
            bench.link.submit(brand, question)
            names[brand] = question.binding.request
        (early,) = bench.link.collect(names.values(), 10, first=True)
        assert early.sender == BETA
        assert bench.link.collect(names.values(), 0.05, first=True) == ()
        slow.go.set()
        (late,) = bench.link.collect(names.values(), 10, first=True)
        assert late.sender == BRAND
        assert bench.link.collect(names.values(), 10, first=True) == ()


def test_lost_brand_counts_as_the_first_that_ended(bench: LinkBench) -> None:
    slow, gone = Stepping(waits=True), Stepping(waits=True)
    with bench.brand(slow):
        with bench.brand(gone, name="beta") as running:
            assert bench.link.wait_for_brands([BRAND, BETA], 15)
            questions = {brand: request(MASK) for brand in (BRAND, BETA)}
            for brand, question in questions.items():
                bench.link.submit(brand, question)
            names = [question.binding.request for question in questions.values()]
            running.stop.set()
            (ended,) = bench.link.collect(names, 10, first=True)
            assert (ended.sender, ended.payload) == (BETA, Refusal("brand-disconnected"))
            gone.go.set()
        slow.go.set()


def test_deadline_ends_the_wait_for_the_first(bench: LinkBench) -> None:
    slow = Stepping(waits=True)
    with bench.brand(slow):
        assert bench.link.wait_for_brands([BRAND], 15)
        question = replace(request(MASK), deadline_seconds=0.2)
        bench.link.submit(BRAND, question)
        (ended,) = bench.link.collect([question.binding.request], 10, first=True)
        assert ended.payload == Refusal("deadline-exceeded")
        slow.go.set()
