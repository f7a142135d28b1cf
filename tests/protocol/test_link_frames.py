"""What a brand may not send on its stream, and with which code the stream then ends."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import SimpleQueue

import grpc
import pytest

from hanse_federation.codec.frames import BrandFrame, brand_frame_to_wire
from hanse_federation.link.channel import open_channel
from hanse_federation.link.frames import Abandon, Chunk, Heartbeat, Hello, Opening, Refuse
from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    Refusal,
    Request,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId
from hanse_server.link.brand_stream import Ending, EndingKind
from hanse_wire.v1.link_pb2 import ConnectRequest
from hanse_wire.v1.link_pb2_grpc import LinkServiceStub
from tests.support.link import (
    BRAND,
    QUICK,
    LinkBench,
    parameters,
    request,
    running_bench,
    wait_until,
)
from tests.support.raw_brand import RawBrand

BROKEN = grpc.StatusCode.INVALID_ARGUMENT
CAP = 4 << 20
DIGEST = bytes(32)


@pytest.fixture(scope="module")
def bench() -> Iterator[LinkBench]:
    with running_bench(replace(QUICK, message_cap_bytes=CAP)) as bench:
        yield bench


@pytest.fixture
def brand(bench: LinkBench) -> Iterator[RawBrand]:
    wait_until(lambda: not bench.link.brands())
    with RawBrand(bench.server.address, bench.brand_credentials()) as brand:
        assert bench.link.wait_for_brands([BRAND], 10)
        yield brand


def asked(bench: LinkBench, brand: RawBrand) -> tuple[str, Request]:
    question = request(CohortRequest(), 5.0)
    bench.link.submit(BRAND, question)
    return question.binding.request, brand.receive_request()


def payload_of(bench: LinkBench, name: str) -> object:
    (reply,) = bench.link.collect([name], 10)
    return reply.payload


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([Chunk(1, 0, b"x", Opening(CAP + 1, DIGEST))], "message-too-large"),
        ([Chunk(1, 0, b"x", Opening(2**63, DIGEST))], "message-too-large"),
        ([Chunk(1, 5, b"x")], "chunk-out-of-order"),
        ([Chunk(2, 0, b"x", Opening(4, DIGEST))], "chunk-out-of-order"),
        ([Chunk(1, 0, b"x")], "chunk-invalid"),
        ([Chunk(1, 0, b"", Opening(4, DIGEST))], "chunk-invalid"),
        ([Chunk(1, 0, b"x", Opening(4, b"short"))], "chunk-invalid"),
        ([Chunk(1, 0, b"x", Opening(4, DIGEST)), Chunk(1, 2, b"x")], "chunk-out-of-order"),
        ([Chunk(1, 0, b"xy", Opening(4, DIGEST)), Chunk(1, 1, b"x")], "chunk-repeated"),
        ([Chunk(1, 0, b"x", Opening(4, DIGEST)), Chunk(2, 0, b"x")], "message-interleaved"),
        ([Chunk(1, 0, b"x", Opening(4, DIGEST)), Chunk(1, 1, b"12345")], "chunk-invalid"),
        ([Chunk(1, 0, b"1234", Opening(4, DIGEST))], "digest-mismatch"),
        ([Abandon(1)], "chunk-out-of-order"),
        ([Refuse(1, "some-code")], "chunk-invalid"),
        ([Refuse(0, "some-code")], "chunk-invalid"),
        ([Refuse(1, "Text that speaks")], "invalid-message"),
        ([Hello()], "hello-repeated"),
    ],
)
def test_stream_that_breaks_a_rule_ends_with_its_code(
    brand: RawBrand, frames: list[BrandFrame], code: str
) -> None:
    brand.send(*frames)
    assert brand.status() == (BROKEN, code)


def test_frame_without_content_ends_the_stream(brand: RawBrand) -> None:
    brand.send_raw(ConnectRequest())
    assert brand.status() == (BROKEN, "invalid-message")


def test_unknown_field_of_a_frame_ends_the_stream(brand: RawBrand) -> None:
    brand.send_raw(ConnectRequest.FromString(b"\x12\x00\x9a\x3f\x06secret"))
    assert brand.status() == (BROKEN, "invalid-message")


def test_bytes_that_are_no_frame_end_the_stream(bench: LinkBench) -> None:
    channel = open_channel(bench.server.address, bench.brand_credentials("gamma"))
    connect = channel.stream_stream("/hanse_wire.v1.LinkService/Connect", None, None)
    with channel, pytest.raises(grpc.RpcError) as caught:
        list(connect(iter([b"\xff" * 9])))
    assert (caught.value.code(), caught.value.details()) == (BROKEN, "invalid-message")


def test_message_that_is_no_reply_ends_the_stream(bench: LinkBench, brand: RawBrand) -> None:
    noise = os.urandom(64)
    brand.send(Chunk(1, 0, noise, Opening(64, hashlib.sha256(noise).digest())))
    assert brand.status() == (BROKEN, "invalid-message")


def test_request_ends_as_disconnected_when_the_stream_breaks(
    bench: LinkBench, brand: RawBrand
) -> None:
    name, _ = asked(bench, brand)
    brand.send(Chunk(9, 9, b"x"))
    assert payload_of(bench, name) == Refusal("brand-disconnected")


@pytest.mark.parametrize("first", [Heartbeat(), Hello(2)])
def test_stream_must_begin_with_hello_of_this_version(
    bench: LinkBench, first: Hello | Heartbeat
) -> None:
    code = "protocol-version" if isinstance(first, Hello) else "hello-missing"
    with RawBrand(bench.server.address, bench.brand_credentials("gamma"), first) as brand:
        assert brand.status() == (BROKEN, code)


def test_stream_without_hello_ends(bench: LinkBench) -> None:
    with RawBrand(bench.server.address, bench.brand_credentials("gamma"), None) as brand:
        assert brand.status() == (BROKEN, "hello-missing")


def test_silent_brand_is_lost(bench: LinkBench, brand: RawBrand) -> None:
    name, _ = asked(bench, brand)
    assert payload_of(bench, name) == Refusal("brand-disconnected")
    assert brand.status() == (grpc.StatusCode.DEADLINE_EXCEEDED, "brand-silent")


def test_unsolicited_reply_is_counted_and_dropped(bench: LinkBench, brand: RawBrand) -> None:
    name, question = asked(bench, brand)
    before = bench.link.refused_replies().get((BRAND, "reply-unsolicited"), 0)
    brand.reply(replace(question.binding, request="f" * 32), CohortReply(1))
    brand.reply(question.binding, CohortReply(2))
    assert payload_of(bench, name) == CohortReply(2)
    assert bench.link.refused_replies()[BRAND, "reply-unsolicited"] == before + 1


def test_replayed_reply_is_refused(bench: LinkBench, brand: RawBrand) -> None:
    before = bench.link.refused_replies().get((BRAND, "reply-repeated"), 0)
    name, question = asked(bench, brand)
    brand.reply(question.binding, CohortReply(1))
    brand.reply(question.binding, CohortReply(2))
    assert payload_of(bench, name) == CohortReply(1)
    wait_until(lambda: bench.link.refused_replies().get((BRAND, "reply-repeated")) == before + 1)
    assert bench.link.collect([name], 0) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda binding: replace(binding, run=8),
        lambda binding: replace(binding, study="00" * 32),
        lambda binding: replace(binding, round_number=2),
    ],
    ids=["run", "study", "round"],
)
def test_reply_bound_to_something_else_is_refused(
    bench: LinkBench, brand: RawBrand, change: Callable[[Binding], Binding]
) -> None:
    name, question = asked(bench, brand)
    brand.reply(change(question.binding), CohortReply(1))
    assert payload_of(bench, name) == Refusal("reply-misbound")


def test_reply_of_another_type_is_refused(bench: LinkBench, brand: RawBrand) -> None:
    name, question = asked(bench, brand)
    brand.reply(question.binding, CellsReply((1,)))
    assert payload_of(bench, name) == Refusal("reply-misbound")


def test_parameters_of_another_shape_are_refused(bench: LinkBench, brand: RawBrand) -> None:
    question = request(TrainRequest(parameters(3)), 5.0)
    bench.link.submit(BRAND, question)
    brand.reply(brand.receive_request().binding, TrainReply(parameters(4), 1))
    assert payload_of(bench, question.binding.request) == Refusal("reply-misbound")


def test_brand_may_not_answer_for_another(bench: LinkBench, brand: RawBrand) -> None:
    name, question = asked(bench, brand)
    with RawBrand(bench.server.address, bench.brand_credentials("beta"), Hello()) as other:
        other.welcomed.wait(10)
        other.reply(question.binding, CohortReply(666))
        wait_until(
            lambda: bench.link.refused_replies().get((BrandId("beta"), "reply-unsolicited"), 0) > 0
        )
    brand.reply(question.binding, CohortReply(5))
    assert payload_of(bench, name) == CohortReply(5)


def test_late_reply_is_refused(bench: LinkBench, brand: RawBrand) -> None:
    before = bench.link.refused_replies().get((BRAND, "reply-repeated"), 0)
    question = request(CohortRequest(), 0.2)
    bench.link.submit(BRAND, question)
    binding: Binding = brand.receive_request().binding
    assert payload_of(bench, question.binding.request) == Refusal("deadline-exceeded")
    brand.reply(binding, CohortReply(1))
    wait_until(lambda: bench.link.refused_replies().get((BRAND, "reply-repeated")) == before + 1)


def test_brand_may_abandon_a_reply_and_send_another(bench: LinkBench, brand: RawBrand) -> None:
    name, question = asked(bench, brand)
    first = brand.chunks_of(question.binding, CohortReply(1), size=10)
    brand.send(first[0], Abandon(1))
    brand.reply(question.binding, CohortReply(2))
    assert payload_of(bench, name) == CohortReply(2)


def test_request_that_the_brand_does_not_take_ends_with_its_code(
    bench: LinkBench, brand: RawBrand
) -> None:
    name, _ = asked(bench, brand)
    brand.send(Refuse(1, "too-many-requests"))
    assert payload_of(bench, name) == Refusal("too-many-requests")


def test_frames_above_the_rate_end_the_stream() -> None:
    with (
        running_bench(replace(QUICK, frames_per_second=10, frame_burst=50)) as bench,
        RawBrand(bench.server.address, bench.brand_credentials()) as brand,
    ):
        assert bench.link.wait_for_brands([BRAND], 10)
        brand.send(*[Heartbeat()] * 200)
        assert brand.status() == (BROKEN, "frame-rate-exceeded")


def test_second_stream_of_a_brand_is_refused(bench: LinkBench, brand: RawBrand) -> None:
    with RawBrand(bench.server.address, bench.brand_credentials()) as second:
        assert second.status() == (grpc.StatusCode.ALREADY_EXISTS, "already-connected")
    name, question = asked(bench, brand)
    brand.reply(question.binding, CohortReply(3))
    assert payload_of(bench, name) == CohortReply(3)


def test_stream_that_is_closed_as_it_opens_still_gets_its_code(bench: LinkBench) -> None:
    ending = Ending(EndingKind.NOT_ADMITTED, "certificate-revoked")
    credentials = bench.brand_credentials()
    for _ in range(30):
        wait_until(lambda: not bench.link.brands())
        with RawBrand(bench.server.address, credentials) as brand:
            assert bench.link.wait_for_brands([BRAND], 10)
            bench.link.close_streams(ending)
            assert brand.status(5) == (grpc.StatusCode.UNAUTHENTICATED, "certificate-revoked")


def test_brand_that_does_not_read_is_cut_off() -> None:
    with running_bench(replace(QUICK, lost_after_seconds=60.0)) as bench:
        credentials = bench.brand_credentials()
        channel = open_channel(bench.server.address, credentials)
        frames: SimpleQueue[ConnectRequest] = SimpleQueue()
        frames.put(brand_frame_to_wire(Hello()))
        with channel:
            unread = LinkServiceStub(channel).Connect(iter(frames.get, None))
            assert bench.link.wait_for_brands([BRAND], 10)
            question = request(TrainRequest(parameters(12_000_000)), 30.0)
            bench.link.submit(BRAND, question)
            time.sleep(0.3)
            bench.roll.revoke(credentials)
            assert payload_of(bench, question.binding.request) == Refusal("brand-disconnected")
            assert bench.link.brands() == ()
            started = time.monotonic()
            bench.server.stop(grace_seconds=0)
            assert time.monotonic() - started < 5
            unread.cancel()
            frames.put(ConnectRequest())
