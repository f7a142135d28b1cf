from __future__ import annotations

import logging

import pytest

from hanse_federation.codec import reply_from_wire
from hanse_federation.link.answering import answer
from hanse_federation.link.errors import PlaintextRefusedError
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    Refusal,
    ReplyPayload,
    Request,
    TrainReply,
)
from tests.support.aggregation_messages import (
    BINDING,
    ENDORSED,
    JOIN,
    JOINED,
    MASKED,
    SHARED,
    UNMASKED,
)
from tests.support.link import BRAND, parameters
from tests.support.messages import plain

PLAINTEXT = [CohortReply(4242), CellsReply((4242,)), TrainReply(parameters(2), 4242)]
CAP = 1 << 20


class Given:
    """Gives one answer to everything."""

    def __init__(self, payload: ReplyPayload) -> None:
        self._payload = payload

    def answer(self, request: Request) -> ReplyPayload:
        return self._payload


def left(payload: ReplyPayload, *, unsafe: bool = False) -> ReplyPayload:
    request = Request(BINDING, JOIN, 1.0)
    message = answer(Given(payload), request, CAP, unsafe_plaintext_replies=unsafe)
    return reply_from_wire(bytes(message), BRAND).payload


@pytest.mark.parametrize("payload", PLAINTEXT)
def test_answer_that_is_not_masked_leaves_as_a_code(
    payload: ReplyPayload, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert left(payload) == Refusal(PlaintextRefusedError.code)
    assert "plaintext-refused" in caplog.text
    assert "4242" not in caplog.text


@pytest.mark.parametrize("payload", PLAINTEXT)
def test_answer_that_is_not_masked_leaves_only_where_the_caller_says_it_is_unsafe(
    payload: ReplyPayload,
) -> None:
    assert plain(left(payload, unsafe=True)) == plain(payload)


@pytest.mark.parametrize(
    "payload", [JOINED, SHARED, MASKED, ENDORSED, UNMASKED, Refusal("budget-exceeded")]
)
def test_steps_and_refusals_leave(payload: ReplyPayload) -> None:
    assert plain(left(payload)) == plain(payload)
