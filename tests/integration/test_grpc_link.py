"""Both ends of the gRPC link over loopback, with mutual TLS."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hanse_clients.link import SentMessage
from hanse_federation.codec import reply_to_wire
from hanse_federation.errors import (
    BrandNotConnectedError,
    JournalWriteError,
    MessageTooLargeError,
    TooManyRequestsError,
)
from hanse_federation.link.settings import LinkSettings
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Refusal,
    ReplyPayload,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId
from hanse_server.errors import PortInUseError
from hanse_server.link import GrpcOperatorServer, ServerAddress
from tests.support.brand_process import brand_process, forget_peak, peak_mebibytes
from tests.support.link import (
    BRAND,
    QUICK,
    Echo,
    LinkBench,
    ask,
    parameters,
    request,
    running_bench,
    wait_until,
)

CALM = LinkSettings(heartbeat_seconds=1.0, lost_after_seconds=20.0)


@pytest.fixture
def bench() -> Iterator[LinkBench]:
    with running_bench() as bench:
        yield bench


def connected(bench: LinkBench) -> None:
    assert bench.link.wait_for_brands([BRAND], 15)


class Slow(Echo):
    """Answers only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go = threading.Event()

    def answer(self, request: Request) -> ReplyPayload:
        self.begun.set()
        self.go.wait(20)
        return super().answer(request)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (CohortRequest(), CohortReply(17)),
        (EvaluateRequest(parameters(2)), CellsReply((1, 2, 3))),
        (MeasureRequest(), CellsReply((-1, 0, 1))),
    ],
)
def test_each_question_is_answered(
    bench: LinkBench, question: CohortRequest, expected: ReplyPayload
) -> None:
    with bench.brand():
        connected(bench)
        assert ask(bench.link, BRAND, question) == expected


def test_parameters_come_back_as_they_went(bench: LinkBench) -> None:
    sent = (*parameters(3, 700_000, 1), Tensor("m", np.eye(2, dtype=np.float32)))
    with bench.brand():
        connected(bench)
        reply = ask(bench.link, BRAND, TrainRequest(sent))
    assert isinstance(reply, TrainReply)
    for before, after in zip(sent, reply.parameters, strict=True):
        np.testing.assert_array_equal(before.values, after.values)


def test_five_brands_answer_one_round(bench: LinkBench) -> None:
    names = [BrandId(f"brand-{i}") for i in range(5)]
    running = [bench.brand(name=name) for name in names]
    for brand in running:
        brand.__enter__()
    try:
        assert bench.link.wait_for_brands(names, 15)
        questions = {name: request(CohortRequest()) for name in names}
        for name, question in questions.items():
            bench.link.submit(name, question)
        replies = bench.link.collect([q.binding.request for q in questions.values()], 10)
    finally:
        for brand in running:
            brand.__exit__(None, None, None)
    assert {reply.sender: reply.binding for reply in replies} == {
        name: question.binding for name, question in questions.items()
    }


def test_brand_that_is_not_connected_cannot_be_asked(bench: LinkBench) -> None:
    with pytest.raises(BrandNotConnectedError, match="brand alpha is not connected"):
        bench.link.submit(BRAND, request(CohortRequest()))


def test_request_over_the_cap_is_not_sent() -> None:
    with running_bench(replace(QUICK, message_cap_bytes=1000)) as bench, bench.brand():
        connected(bench)
        with pytest.raises(MessageTooLargeError, match="expected at most 1000 bytes"):
            bench.link.submit(BRAND, request(TrainRequest(parameters(1000))))


def test_requests_over_the_outstanding_cap_are_not_sent() -> None:
    slow = Slow()
    with running_bench(replace(QUICK, outstanding_cap=2)) as bench, bench.brand(slow):
        connected(bench)
        bench.link.submit(BRAND, request(CohortRequest()))
        bench.link.submit(BRAND, request(CohortRequest()))
        with pytest.raises(TooManyRequestsError, match="2 requests outstanding"):
            bench.link.submit(BRAND, request(CohortRequest()))
        slow.go.set()


def test_deadline_passes(bench: LinkBench) -> None:
    slow = Slow()
    with bench.brand(slow):
        connected(bench)
        started = time.monotonic()
        assert ask(bench.link, BRAND, CohortRequest(), 0.3) == Refusal("deadline-exceeded")
        assert time.monotonic() - started < 2
        slow.go.set()


def test_request_past_its_deadline_is_not_answered_by_the_brand(bench: LinkBench) -> None:
    slow = Slow()
    with bench.brand(slow):
        connected(bench)
        bench.link.submit(BRAND, request(CohortRequest()))
        assert slow.begun.wait(10)
        late = request(CohortRequest(), 0.2)
        bench.link.submit(BRAND, late)
        time.sleep(0.4)
        slow.go.set()
        assert ask(bench.link, BRAND, CohortRequest()) == CohortReply(17)
    assert late.binding not in [asked.binding for asked in slow.asked]


def test_heartbeats_continue_while_a_brand_works(bench: LinkBench) -> None:
    slow = Slow()
    with bench.brand(slow):
        connected(bench)
        question = request(CohortRequest())
        bench.link.submit(BRAND, question)
        time.sleep(2 * QUICK.lost_after_seconds)
        slow.go.set()
        (reply,) = bench.link.collect([question.binding.request], 10)
    assert reply.payload == CohortReply(17)


def test_timeout_leaves_a_request_open(bench: LinkBench) -> None:
    slow = Slow()
    with bench.brand(slow):
        connected(bench)
        question = request(CohortRequest())
        bench.link.submit(BRAND, question)
        assert bench.link.collect([question.binding.request], 0.1) == ()
        slow.go.set()
        assert len(bench.link.collect([question.binding.request], 10)) == 1
        assert bench.link.collect([question.binding.request], 10) == ()


def test_killed_brand_is_disconnected_at_once(tmp_path: Path) -> None:
    with running_bench(CALM) as bench:
        credentials = bench.brand_credentials()
        with brand_process(tmp_path, credentials, bench.server.address, "sleep") as process:
            connected(bench)
            question = request(CohortRequest(), 60.0)
            bench.link.submit(BRAND, question)
            assert process.stdout is not None
            assert process.stdout.readline() == "asked\n"
            process.kill()
            started = time.monotonic()
            (reply,) = bench.link.collect([question.binding.request], 30)
            assert reply.payload == Refusal("brand-disconnected")
            assert time.monotonic() - started < 5


def test_brand_returns_after_the_server_restarts(bench: LinkBench) -> None:
    with bench.brand():
        connected(bench)
        bench.restart()
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == CohortReply(17)


def test_brand_waits_for_a_server_that_is_not_there_yet() -> None:
    bench = LinkBench()
    bench.server.start()
    port = bench.server.port
    bench.server.stop(0)
    with bench.brand() as brand:
        time.sleep(0.3)
        assert not brand.connection.is_connected
        bench.server = bench._make(port)
        with bench.server:
            connected(bench)
            wait_until(lambda: brand.connection.is_connected)


def test_connection_stops_when_told_to(bench: LinkBench) -> None:
    with bench.brand() as brand:
        connected(bench)
        started = time.monotonic()
        brand.stop.set()
        assert brand.ending(5) is None
    assert time.monotonic() - started < 2
    wait_until(lambda: bench.link.brands() == ())


def test_hook_hears_of_a_reply_before_it_leaves(bench: LinkBench) -> None:
    heard: list[tuple[SentMessage, int]] = []

    def hear(sent: SentMessage) -> None:
        heard.append((sent, sum(c.direction == "from-brand" for c in bench.link.traffic())))

    with bench.brand(on_sent=hear):
        connected(bench)
        question = request(CohortRequest())
        bench.link.submit(BRAND, question)
        bench.link.collect([question.binding.request], 10)
    message = reply_to_wire(question.binding, CohortReply(17))
    expected = SentMessage(question.binding, "cohort-reply", message.size, message.digest().hex())
    assert heard == [(expected, 0)]


def test_reply_that_cannot_be_recorded_does_not_leave(bench: LinkBench) -> None:
    def fail(_: SentMessage) -> None:
        raise JournalWriteError("the disk is full")

    with bench.brand(on_sent=fail):
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == Refusal("journal-write-failed")
    assert [c.direction for c in bench.link.traffic()] == ["to-brand"]


def test_error_that_escapes_a_responder_crosses_as_one_code(bench: LinkBench) -> None:
    class Failing:
        def answer(self, request: Request) -> ReplyPayload:
            raise JournalWriteError("a sentence that must stay")

    with bench.brand(Failing()):
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == Refusal("answer-failed")


def test_reply_with_infinity_does_not_leave(bench: LinkBench) -> None:
    class Infinite:
        def answer(self, request: Request) -> ReplyPayload:
            return TrainReply((Tensor("w", np.full(1, np.inf, np.float32)),), 1)

    with bench.brand(Infinite()):
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == Refusal("answer-failed")


def test_defect_of_a_responder_ends_the_brand_not_the_server(bench: LinkBench) -> None:
    class Broken:
        def answer(self, request: Request) -> ReplyPayload:
            raise ZeroDivisionError("a defect")

    with bench.brand(Broken()) as brand:
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == Refusal("brand-disconnected")
        assert isinstance(brand.ending(), ZeroDivisionError)
    with bench.brand():
        connected(bench)
        assert ask(bench.link, BRAND, CohortRequest()) == CohortReply(17)


def test_traffic_is_counted_with_little_framing(bench: LinkBench) -> None:
    with bench.brand():
        connected(bench)
        ask(bench.link, BRAND, TrainRequest(parameters(1_000_000)))
        counts = bench.link.traffic()
    assert [(c.direction, c.message_type, c.messages) for c in counts] == [
        ("from-brand", "train-reply", 1),
        ("to-brand", "train-request", 1),
    ]
    for count in counts:
        assert 4_000_000 < count.payload_bytes < count.framed_bytes < 1.001 * count.payload_bytes


def test_port_in_use_is_one_clear_line(bench: LinkBench) -> None:
    second = GrpcOperatorServer(
        bench.link,
        brand_desk=bench.brand_desk,
        operator_desk=bench.operator_desk,
        credentials=bench.authority.server(),
        authorise=bench.roll,
        address=ServerAddress(port=bench.server.port),
    )
    with pytest.raises(PortInUseError) as caught:
        second.start()
    assert str(caught.value) == (
        f"port {bench.server.port} on 127.0.0.1 is in use: expected a free one; stop the process "
        "that listens there or choose another with --port"
    )


def test_large_payload_takes_bounded_memory(tmp_path: Path) -> None:
    mebibytes = 64
    values = np.ones(mebibytes << 18, np.float32)
    with running_bench(CALM) as bench:
        credentials = bench.brand_credentials()
        with brand_process(tmp_path, credentials, bench.server.address, "echo") as process:
            connected(bench)
            assert process.stdout is not None
            ask(bench.link, BRAND, CohortRequest())
            brand_before = int(process.stdout.readline())
            forget_peak()
            server_before = peak_mebibytes()
            reply = ask(bench.link, BRAND, TrainRequest((Tensor("w", values),)), 60.0)
            assert isinstance(reply, TrainReply)
            assert reply.parameters[0].values.nbytes == mebibytes << 20
            ask(bench.link, BRAND, CohortRequest())
            brand_growth = int(process.stdout.readline()) - brand_before
    assert brand_growth <= 3 * mebibytes
    assert peak_mebibytes() - server_before <= 3 * mebibytes
