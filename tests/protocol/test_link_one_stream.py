"""Two clients with one identity, as after a home was copied: never do both of them act."""

from __future__ import annotations

import grpc

from hanse_federation.link.frames import Heartbeat
from hanse_federation.messages import CohortReply, CohortRequest, Refusal, Request
from tests.support.link import BRAND, LinkBench, request, running_bench, wait_until
from tests.support.raw_brand import RawBrand


def asked(bench: LinkBench) -> Request:
    question = request(CohortRequest())
    bench.link.submit(BRAND, question)
    return question


def answer_to(bench: LinkBench, question: Request) -> object:
    (reply,) = bench.link.collect([question.binding.request], 10.0)
    return reply.payload


def test_while_the_first_client_lives_the_second_is_refused() -> None:
    with running_bench() as bench:
        credentials = bench.brand_credentials()
        with RawBrand(bench.server.address, credentials) as first:
            assert bench.link.wait_for_brands([BRAND], 10)
            for _ in range(3):
                with RawBrand(bench.server.address, credentials) as copied:
                    assert copied.status() == (
                        grpc.StatusCode.ALREADY_EXISTS,
                        "already-connected",
                    )
                    first.send(Heartbeat())
            question = asked(bench)
            first.reply(first.receive_request().binding, CohortReply(1))
            assert answer_to(bench, question) == CohortReply(1)


def test_a_client_that_was_replaced_can_send_no_more() -> None:
    with running_bench() as bench:
        credentials = bench.brand_credentials()
        with RawBrand(bench.server.address, credentials) as first:
            assert bench.link.wait_for_brands([BRAND], 10)
            lost = asked(bench)
            first.receive_request()
            wait_until(lambda: not bench.link.brands())  # silent for longer than it may be
            assert answer_to(bench, lost) == Refusal("brand-disconnected")
            with RawBrand(bench.server.address, credentials) as second:
                assert bench.link.wait_for_brands([BRAND], 10)
                question = asked(bench)
                second.send(Heartbeat())
                first.reply(lost.binding, CohortReply(1))
                first.reply(second.receive_request().binding, CohortReply(1))
                assert first.status()[0] is grpc.StatusCode.DEADLINE_EXCEEDED
                second.reply(question.binding, CohortReply(2))
                assert answer_to(bench, question) == CohortReply(2)


def test_what_was_asked_of_the_first_client_is_not_taken_from_the_second() -> None:
    with running_bench() as bench:
        credentials = bench.brand_credentials()
        with RawBrand(bench.server.address, credentials) as first:
            assert bench.link.wait_for_brands([BRAND], 10)
            lost = asked(bench)
            first.receive_request()
        assert answer_to(bench, lost) == Refusal("brand-disconnected")
        with RawBrand(bench.server.address, credentials) as second:
            assert bench.link.wait_for_brands([BRAND], 10)
            second.reply(lost.binding, CohortReply(1))
            wait_until(lambda: bench.link.refused_replies() != {})
            assert bench.link.refused_replies() == {(BRAND, "reply-repeated"): 1}
