from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.codec import (
    message_type_of,
    reply_from_wire,
    reply_payload_from_wire,
    reply_payload_to_wire,
    reply_to_wire,
    request_digest,
    request_from_wire,
    request_to_wire,
)
from hanse_federation.codec.message_types import MESSAGE_TYPES
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    CohortRequest,
    JoinRequest,
    MeasureRequest,
    Question,
    Reply,
    ReplyPayload,
    Request,
    RequestPayload,
    Tensor,
    TrainRequest,
    question_of,
)
from hanse_federation.secure_aggregation.messages import (
    Endorsement,
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
from hanse_policies.documents import BrandId
from hanse_wire.v1 import aggregation_pb2 as aggregation
from hanse_wire.v1 import messages_pb2 as wire
from tests.support.aggregation_messages import (
    ALPHA,
    BINDING,
    ENDORSE,
    ENDORSED,
    JOINED,
    MASK,
    SHARE,
    SHARED,
    SIGNATURE,
    UNMASK,
    UNMASKED,
    advertisement_of,
    bound_step_replies,
    bound_step_requests,
    decoded,
    encoded,
    refused_reply,
    refused_request,
    reply_block,
    reply_wire_of,
    request_block,
    request_wire_of,
    revealed,
    sealed,
    step_replies,
    step_requests,
)
from tests.support.messages import SENDER, plain


@given(bound_step_requests)
def test_step_request_survives_the_round_trip(request: Request) -> None:
    message = request_to_wire(request)
    assert plain(request_from_wire(bytes(message))) == plain(request)
    assert message.message_type in MESSAGE_TYPES


@given(bound_step_replies)
def test_step_reply_survives_the_round_trip(reply: Reply) -> None:
    message = reply_to_wire(reply.binding, reply.payload)
    assert plain(reply_from_wire(bytes(message), SENDER)) == plain(reply)
    assert message.message_type in MESSAGE_TYPES


@given(step_replies)
def test_kept_step_reply_survives_the_round_trip(payload: ReplyPayload) -> None:
    assert plain(reply_payload_from_wire(reply_payload_to_wire(payload))) == plain(payload)


@given(step_requests)
def test_digest_of_a_step_is_repeatable(payload: RequestPayload) -> None:
    assert request_digest(payload) == request_digest(payload)


def test_digest_of_a_step_depends_on_attempt_and_question() -> None:
    asked = MeasureRequest()
    steps: list[RequestPayload] = [
        asked,
        JoinRequest(asked, 1, 0),
        JoinRequest(asked, 2, 0),
        JoinRequest(asked, 1, 1),
        ENDORSE,
        replace(ENDORSE, attempt=2),
        replace(ENDORSE, question="cohort"),
    ]
    assert len({request_digest(step) for step in steps}) == len(steps)


@given(step_requests)
def test_every_step_tells_its_question(payload: RequestPayload) -> None:
    question = question_of(payload)
    assert question in Question
    if isinstance(payload, JoinRequest):
        assert question is question_of(payload.asked)
    assert f"{question}-request" in MESSAGE_TYPES


def test_step_about_no_question_is_neither_told_nor_encoded() -> None:
    step = replace(ENDORSE, question="salary")
    with pytest.raises(InvalidMessageError, match="question"):
        question_of(step)
    with pytest.raises(InvalidMessageError, match="question"):
        encoded(step)


def test_message_types_are_named_after_the_steps() -> None:
    requests = (JoinRequest(CohortRequest(), 1, 0), SHARE, MASK, ENDORSE, UNMASK)
    names = [message_type_of(request) for request in requests]
    steps = ("join", "share", "mask", "endorse", "unmask")
    assert names == [f"{step}-request" for step in steps]
    assert {f"{step}-reply" for step in steps} <= set(MESSAGE_TYPES)


@given(st.one_of(step_requests, step_replies), st.data())
@settings(max_examples=300)
def test_altered_bytes_raise_nothing_but_invalid_message(
    payload: RequestPayload | ReplyPayload, data: st.DataObject
) -> None:
    message = bytearray(encoded(payload))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    del message[data.draw(st.integers(len(message) // 2, len(message))) :]
    try:
        decoded(message, as_reply=message_type_of(payload).endswith("-reply"))
    except InvalidMessageError:
        return


# Attempts and questions.


@pytest.mark.parametrize("number", [0, 1_000_001, 2**32 - 1])
@pytest.mark.parametrize("step", [SHARE, MASK, ENDORSE, UNMASK], ids=message_type_of)
def test_attempt_out_of_range_is_refused(step: RequestPayload, number: int) -> None:
    request = request_wire_of(step)
    name = request.WhichOneof("payload")
    assert name is not None
    getattr(request, name).attempt.number = number
    assert refused_request(request_block(request)) == "attempt"
    with pytest.raises(InvalidMessageError, match="attempt"):
        encoded(replace(step, attempt=number))  # type: ignore[arg-type]


@pytest.mark.parametrize("question", [0, 5, -1])
@pytest.mark.parametrize("step", [SHARE, MASK, ENDORSE, UNMASK], ids=message_type_of)
def test_step_about_no_question_is_refused(step: RequestPayload, question: int) -> None:
    request = request_wire_of(step)
    name = request.WhichOneof("payload")
    assert name is not None
    getattr(request, name).attempt.question = question
    assert refused_request(request_block(request)) == "question"


@pytest.mark.parametrize(
    "request_wire",
    [
        wire.Request(share=aggregation.ShareRequest(roster=request_wire_of(SHARE).share.roster)),
        wire.Request(endorse=aggregation.EndorseRequest(survivors=["alpha"])),
    ],
)
def test_step_of_no_attempt_is_refused(request_wire: wire.Request) -> None:
    assert refused_request(request_block(request_wire)) == "question"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (wire.JoinRequest(attempt=1), "payload"),
        (wire.JoinRequest(cohort=wire.CohortRequest()), "attempt"),
        (wire.JoinRequest(cohort=wire.CohortRequest(), attempt=1_000_001), "attempt"),
        (
            wire.JoinRequest(cohort=wire.CohortRequest(), attempt=1, reference_persons=1),
            "reference_persons",
        ),
        (
            wire.JoinRequest(measure=wire.MeasureRequest(), attempt=1, reference_persons=2**53 + 1),
            "reference_persons",
        ),
        (wire.JoinRequest(train=wire.TrainRequest(), attempt=1), "tensors"),
    ],
)
def test_hostile_request_to_join_is_refused(message: wire.JoinRequest, field: str) -> None:
    assert refused_request(request_block(wire.Request(join=message))) == field


@pytest.mark.parametrize(
    "own",
    [
        JoinRequest(MeasureRequest(), 0, 0),
        JoinRequest(MeasureRequest(), 1, -1),
        JoinRequest(CohortRequest(), 1, 7),
        JoinRequest(TrainRequest((Tensor("w", np.array([np.nan], np.float32)),)), 1, 7),
    ],
)
def test_own_request_to_join_out_of_range_is_not_encoded(own: JoinRequest) -> None:
    with pytest.raises(InvalidMessageError):
        encoded(own)


def test_parameters_to_train_are_not_copied_into_a_request_to_join() -> None:
    values = np.ones(1000, np.float32)
    asked = TrainRequest((Tensor("w", values),))
    message = request_to_wire(Request(BINDING, JoinRequest(asked, 1, 20), 1.0))
    assert np.shares_memory(np.frombuffer(message.parts[1], np.float32), values)


# Lists.


def lists_of(names: list[str]) -> list[RequestPayload | ReplyPayload]:
    ids = tuple(BrandId(name) for name in names)
    return [
        ShareRequest("train", 1, tuple(advertisement_of(name) for name in names)),
        MaskRequest("train", 1, tuple(sealed(name, "omega") for name in names)),
        EndorseRequest("train", 1, ids),
        UnmaskRequest("train", 1, ids, UNMASK.endorsements),
        UnmaskRequest("train", 1, (ALPHA,), tuple(Endorsement(b, SIGNATURE) for b in ids)),
        ShareReply(tuple(sealed("omega", name) for name in names)),
        UnmaskReply(tuple(revealed(name) for name in names)),
    ]


_FIELDS = ["roster", "shares", "survivors", "survivors", "endorsements", "shares", "shares"]


@pytest.mark.parametrize("which", range(len(_FIELDS)))
@pytest.mark.parametrize(
    "names",
    [["beta", "alpha"], ["alpha", "alpha"], [], [f"b{i:04}" for i in range(1001)]],
    ids=["unordered", "twice", "empty", "too many"],
)
def test_list_that_is_not_one_of_brands_in_order_is_refused(which: int, names: list[str]) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encoded(lists_of(names)[which])
    assert caught.value.field == _FIELDS[which]


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (SHARE, "roster"),
        (MASK, "shares"),
        (ENDORSE, "survivors"),
        (UNMASK, "survivors"),
        (UNMASK, "endorsements"),
    ],
)
def test_request_whose_list_names_a_brand_twice_is_refused(step: RequestPayload, path: str) -> None:
    request = request_wire_of(step)
    name = request.WhichOneof("payload")
    assert name is not None
    entries = getattr(getattr(request, name), path)
    entries.append(entries[0])
    assert refused_request(request_block(request)) == path


def test_a_list_of_a_thousand_brands_crosses() -> None:
    for payload in lists_of([f"b{i:04}" for i in range(1000)]):
        as_reply = message_type_of(payload).endswith("-reply")
        assert decoded(encoded(payload), as_reply=as_reply) == payload


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "ä", "a" * 65, "maria@example.org"])
def test_what_is_no_brand_is_refused_and_not_repeated(name: str) -> None:
    request = request_wire_of(replace(ENDORSE, survivors=(ALPHA,)))
    request.endorse.survivors[0] = name
    with pytest.raises(InvalidMessageError) as caught:
        request_from_wire(request_block(request))
    assert caught.value.field == "survivors"
    assert "maria" not in str(caught.value)


@pytest.mark.parametrize("step", [SHARE, MASK, ENDORSE, UNMASK], ids=message_type_of)
def test_body_behind_a_step_request_is_refused(step: RequestPayload) -> None:
    assert refused_request(request_block(request_wire_of(step), bytes(8))) == "body"


@pytest.mark.parametrize(
    "step",
    [JOINED, SHARED, ENDORSED, UNMASKED],
    ids=message_type_of,
)
def test_body_behind_a_step_reply_is_refused(step: ReplyPayload) -> None:
    assert refused_reply(reply_block(reply_wire_of(step), bytes(8))) == "body"


# What it costs.


@pytest.mark.parametrize(("ring", "per_element"), [(np.uint16, 2.05), (np.uint32, 4.1)])
@pytest.mark.parametrize("brands", [3, 10, 100])
def test_overhead_of_all_steps_stays_below_four_kibibytes_a_peer(
    ring: type[Any], per_element: float, brands: int
) -> None:
    names = [f"{i:04}".rjust(64, "b") for i in range(brands)]
    own, ids = names[0], tuple(BrandId(name) for name in names)
    length = 1_000_000
    requests: list[RequestPayload] = [
        JoinRequest(MeasureRequest(), 1_000_000, 2**53),
        ShareRequest("measure", 1_000_000, tuple(advertisement_of(name) for name in names)),
        MaskRequest("measure", 1_000_000, tuple(sealed(name, own) for name in names)),
        EndorseRequest("measure", 1_000_000, ids),
        UnmaskRequest("measure", 1_000_000, ids, tuple(Endorsement(b, SIGNATURE) for b in ids)),
    ]
    replies: list[ReplyPayload] = [
        JoinReply(advertisement_of(own)),
        ShareReply(tuple(sealed(own, name) for name in names)),
        MaskReply(np.zeros(length, ring), SIGNATURE),
        EndorseReply(SIGNATURE),
        UnmaskReply(tuple(revealed(name) for name in names)),
    ]
    size = sum(len(encoded(payload)) for payload in [*requests, *replies])
    assert size <= per_element * length + 4096 * (brands - 1)
    # The elements themselves are all but a fixed and small part of it.
    assert size - ring().itemsize * length <= 1100 * brands + 2000
