from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
from hanse_federation.codec.frames import brand_frame_from_bytes, operator_frame_from_bytes
from hanse_federation.codec.message_types import MESSAGE_TYPES
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    QUESTION_OF,
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    FloatArray,
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
from hanse_wire.v1 import messages_pb2 as wire
from tests.support.messages import (
    SENDER,
    plain,
    replies,
    reply_payloads,
    request_payloads,
    requests,
)


def floats(values: list[float]) -> FloatArray:
    return np.array(values, dtype=np.float32)


BINDING = Binding(5, "ab" * 32, 3, "cd" * 16)
WIRE_BINDING = wire.Binding(run=5, study="ab" * 32, round_number=3, request="cd" * 16)


def block(header: bytes, body: bytes = b"") -> bytes:
    padding = bytes(-(4 + len(header)) % 8)
    return len(header).to_bytes(4, "little") + header + padding + body


def train_reply(
    names: Sequence[str] = ("w",),
    shapes: Sequence[Sequence[int]] = ((2,),),
    body: bytes = bytes(8),
    weight: int = 1,
    binding: wire.Binding = WIRE_BINDING,
) -> bytes:
    tensors = [wire.Tensor(name=n, shape=s) for n, s in zip(names, shapes, strict=True)]
    train = wire.TrainReply(parameters=wire.Parameters(tensors=tensors), weight=weight)
    return block(wire.Reply(binding=binding, train=train).SerializeToString(), body)


@given(requests)
def test_request_survives_the_round_trip(request: Request) -> None:
    assert plain(request_from_wire(bytes(request_to_wire(request)))) == plain(request)


@given(replies)
def test_reply_survives_the_round_trip(reply: Reply) -> None:
    data = bytes(reply_to_wire(reply.binding, reply.payload))
    assert plain(reply_from_wire(data, SENDER)) == plain(reply)


@given(reply_payloads)
def test_kept_answer_survives_the_round_trip(payload: ReplyPayload) -> None:
    assert plain(reply_payload_from_wire(reply_payload_to_wire(payload))) == plain(payload)


@given(requests)
def test_stated_size_and_digest_are_those_of_the_bytes(request: Request) -> None:
    message = request_to_wire(request)
    data = bytes(message)
    assert message.size == len(data)
    assert message.digest() == hashlib.sha256(data).digest()
    assert message.message_type in MESSAGE_TYPES


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_invalid_message(data: bytes) -> None:
    decoders = (request_from_wire, reply_payload_from_wire, lambda d: reply_from_wire(d, SENDER))
    for decode in (*decoders, brand_frame_from_bytes, operator_frame_from_bytes):
        try:
            decode(data)
        except InvalidMessageError:
            continue


@given(requests, st.data())
@settings(max_examples=300)
def test_altered_bytes_raise_nothing_but_invalid_message(
    request: Request, data: st.DataObject
) -> None:
    message = bytearray(bytes(request_to_wire(request)))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    del message[data.draw(st.integers(0, len(message))) :]
    try:
        request_from_wire(message)
    except InvalidMessageError:
        return


@given(st.binary(max_size=200))
def test_random_header_raises_nothing_but_invalid_message(header: bytes) -> None:
    for decode in (request_from_wire, lambda d: reply_from_wire(d, SENDER)):
        try:
            decode(block(header))
        except InvalidMessageError:
            continue


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "header length"),
        (b"\x01\x00\x00", "header length"),
        (b"\xff\xff\xff\xff" + bytes(12), "header"),
        (block(b"\x01")[:6], "header"),
        (block(WIRE_BINDING.SerializeToString())[:-1] + b"\x01", "padding"),
        (block(b"\xff\xff\xff"), "header"),
        (train_reply(binding=wire.Binding()), "study"),
        (block(wire.Reply(cohort=wire.CohortReply()).SerializeToString()), "binding"),
        (block(wire.Reply(binding=WIRE_BINDING).SerializeToString()), "payload"),
        (train_reply(body=bytes(7)), "body"),
        (train_reply(body=bytes(12)), "body"),
        (train_reply(names=[], shapes=[], body=b""), "tensors"),
        (train_reply(names=["w"] * 2, shapes=[[1]] * 2), "name"),
        (train_reply(names=[""]), "name"),
        (train_reply(names=["x" * 129]), "name"),
        (train_reply(names=["a b"]), "name"),
        (train_reply(names=["ä"]), "name"),
        (train_reply(shapes=[[1] * 8 + [2]]), "shape"),
        (train_reply(shapes=[[0, 2]]), "shape"),
        (train_reply(shapes=[[2**32 - 1] * 8]), "shape"),
        (train_reply(weight=0), "weight"),
        (train_reply(weight=2**53 + 1), "weight"),
        (train_reply(body=floats([1, np.nan]).tobytes()), "values"),
        (train_reply(body=floats([-np.inf, 1]).tobytes()), "values"),
        (
            train_reply(names=[f"t{i}" for i in range(4097)], shapes=[[1]] * 4097, body=bytes(4)),
            "tensors",
        ),
    ],
)
def test_hostile_reply_is_refused_naming_the_field(data: bytes, field: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        reply_from_wire(data, SENDER)
    assert caught.value.field == field
    assert caught.value.code == "invalid-message"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"run": 2**63}, "run"),
        ({"study": "AB" * 32}, "study"),
        ({"study": "ab" * 31}, "study"),
        ({"study": "xy" * 32}, "study"),
        ({"round_number": 1_000_001}, "round_number"),
        ({"request": "cd" * 15}, "request"),
        ({"request": "CD" * 16}, "request"),
    ],
)
def test_hostile_binding_is_refused(changes: dict[str, Any], field: str) -> None:
    binding = wire.Binding()
    binding.CopyFrom(WIRE_BINDING)
    for name, value in changes.items():
        setattr(binding, name, value)
    with pytest.raises(InvalidMessageError) as caught:
        reply_from_wire(train_reply(binding=binding), SENDER)
    assert caught.value.field == field


@pytest.mark.parametrize("seconds", [0.0, -1.0, 86_400.1, float("inf"), float("nan")])
def test_deadline_out_of_range_is_refused(seconds: float) -> None:
    header = wire.Request(
        binding=WIRE_BINDING, deadline_seconds=seconds, cohort=wire.CohortRequest()
    )
    with pytest.raises(InvalidMessageError, match="deadline_seconds"):
        request_from_wire(block(header.SerializeToString()))
    with pytest.raises(InvalidMessageError, match="deadline_seconds"):
        request_to_wire(Request(BINDING, CohortRequest(), seconds))


@pytest.mark.parametrize("code", ["", "Has Space", "UPPER", "a" * 65, "trailing-", "a--b", "x\n"])
def test_refusal_carries_nothing_but_a_code(code: str) -> None:
    with pytest.raises(InvalidMessageError, match="code"):
        reply_to_wire(BINDING, Refusal(code))
    header = wire.Reply(binding=WIRE_BINDING, refusal=wire.Refusal(code=code))
    with pytest.raises(InvalidMessageError, match="code"):
        reply_from_wire(block(header.SerializeToString()), SENDER)


def test_unknown_field_is_refused() -> None:
    header = wire.Reply(binding=WIRE_BINDING, refusal=wire.Refusal(code="a"))
    covert = header.SerializeToString() + b"\x9a\x3f\x06secret"
    with pytest.raises(InvalidMessageError, match="known fields"):
        reply_from_wire(block(covert), SENDER)


def test_field_that_comes_twice_is_refused() -> None:
    header = wire.Reply(binding=WIRE_BINDING, refusal=wire.Refusal(code="a")).SerializeToString()
    with pytest.raises(InvalidMessageError, match="encoded once"):
        reply_from_wire(block(header + header), SENDER)


def test_body_behind_a_message_without_tensors_is_refused() -> None:
    header = wire.Reply(binding=WIRE_BINDING, cohort=wire.CohortReply(noised_persons=1))
    with pytest.raises(InvalidMessageError, match="body"):
        reply_from_wire(block(header.SerializeToString(), bytes(8)), SENDER)


def test_message_of_an_error_repeats_no_received_value() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        reply_from_wire(train_reply(names=["maria@example.org"]), SENDER)
    assert "maria" not in str(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        CohortReply(2**53 + 1),
        CellsReply(()),
        CellsReply((2**63,)),
        CellsReply((1,) * (2**20 + 1)),
        TrainReply((), 1),
        TrainReply((Tensor("w", floats([np.nan])),), 1),
        TrainReply((Tensor("w", np.array([1.0])),), 1),
    ],
)
def test_own_message_out_of_range_is_not_encoded(payload: ReplyPayload) -> None:
    with pytest.raises(InvalidMessageError):
        reply_to_wire(BINDING, payload)


def test_values_are_not_copied() -> None:
    values = np.ones(1000, np.float32)
    message = request_to_wire(Request(BINDING, TrainRequest((Tensor("w", values),)), 1.0))
    assert np.shares_memory(np.frombuffer(message.parts[1], np.float32), values)
    data = bytes(message)
    payload = request_from_wire(data).payload
    assert isinstance(payload, TrainRequest)
    received = payload.parameters[0].values
    assert np.shares_memory(received, np.frombuffer(data, np.uint8))
    assert not received.flags.writeable
    assert received.flags.aligned


def test_arrays_in_any_memory_order_are_encoded_in_c_order() -> None:
    values = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    data = bytes(request_to_wire(Request(BINDING, TrainRequest((Tensor("w", values),)), 1.0)))
    payload = request_from_wire(data).payload
    assert isinstance(payload, TrainRequest)
    np.testing.assert_array_equal(payload.parameters[0].values, values)


@given(request_payloads)
def test_digest_of_a_question_is_repeatable(payload: RequestPayload) -> None:
    assert request_digest(payload) == request_digest(payload)
    assert len(request_digest(payload)) == 64


def test_digest_of_a_question_depends_on_the_question() -> None:
    one, two = (TrainRequest((Tensor("w", floats([x])),)) for x in (1, 2))
    digests = {request_digest(p) for p in (CohortRequest(), MeasureRequest(), one, two)}
    assert len(digests) == 4


def test_every_question_has_a_message_type() -> None:
    for kind, question in QUESTION_OF.items():
        names = [name for name in MESSAGE_TYPES if name == f"{question}-request"]
        assert len(names) == 1, kind
    assert message_type_of(Refusal("a")) == "refusal"
