"""Requests to the wire and back."""

from __future__ import annotations

from hanse_federation.codec.aggregation_requests import (
    endorse_request_from_wire,
    endorse_request_to_wire,
    join_request_from_wire,
    join_request_to_wire,
    mask_request_from_wire,
    mask_request_to_wire,
    share_request_from_wire,
    share_request_to_wire,
    unmask_request_from_wire,
    unmask_request_to_wire,
)
from hanse_federation.codec.binding import binding_from_wire, binding_to_wire
from hanse_federation.codec.block import WireMessage, join_block, split_block
from hanse_federation.codec.checks import Buffer, check_no_body, check_seconds, parse_strictly
from hanse_federation.codec.message_types import message_type_of
from hanse_federation.codec.questions import question_from_wire, question_to_wire
from hanse_federation.messages import JoinRequest, Request, RequestPayload
from hanse_federation.secure_aggregation.messages import (
    EndorseRequest,
    MaskRequest,
    ShareRequest,
    UnmaskRequest,
)
from hanse_wire.v1 import messages_pb2 as wire

MAX_DEADLINE_SECONDS = 86_400.0

_STEPS = frozenset({"share", "mask", "endorse", "unmask"})
"""Steps after joining; none has a body."""


def request_to_wire(request: Request) -> WireMessage:
    """Encode a request; parameters are not copied and must not change until it is sent.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    header = wire.Request(
        binding=binding_to_wire(request.binding),
        deadline_seconds=check_seconds(
            "deadline_seconds", request.deadline_seconds, MAX_DEADLINE_SECONDS
        ),
    )
    return _to_wire(header, request.payload)


def request_digest(payload: RequestPayload) -> str:
    """Hash a question without its binding: the same question has the same digest in any run.

    A `JoinRequest` is hashed with its attempt; the digest of the question alone
    is that of its `asked`.

    Returns:
        SHA-256, 64 hexadecimal digits.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return _to_wire(wire.Request(), payload).digest().hex()


def request_from_wire(data: Buffer) -> Request:
    """Decode a request; its arrays are read-only views of `data`.

    Raises:
        InvalidMessageError: `data` is not a request.
    """
    header_bytes, body = split_block(data)
    header = parse_strictly(wire.Request, header_bytes, "header")
    deadline = check_seconds("deadline_seconds", header.deadline_seconds, MAX_DEADLINE_SECONDS)
    return Request(binding_from_wire(header.binding), _payload(header, body), deadline)


def _to_wire(header: wire.Request, payload: RequestPayload) -> WireMessage:
    body: tuple[memoryview, ...] = ()
    match payload:
        case JoinRequest():
            message, body = join_request_to_wire(payload)
            header.join.CopyFrom(message)
        case ShareRequest():
            header.share.CopyFrom(share_request_to_wire(payload))
        case MaskRequest():
            header.mask.CopyFrom(mask_request_to_wire(payload))
        case EndorseRequest():
            header.endorse.CopyFrom(endorse_request_to_wire(payload))
        case UnmaskRequest():
            header.unmask.CopyFrom(unmask_request_to_wire(payload))
        case question:
            body = question_to_wire(header, question)
    return join_block(message_type_of(payload), header.SerializeToString(), body)


def _payload(header: wire.Request, body: memoryview) -> RequestPayload:
    kind = header.WhichOneof("payload")
    if kind == "join":
        return join_request_from_wire(header.join, body)
    if kind not in _STEPS:
        return question_from_wire(kind, header, body)
    check_no_body(body)
    match kind:
        case "share":
            return share_request_from_wire(header.share)
        case "mask":
            return mask_request_from_wire(header.mask)
        case "endorse":
            return endorse_request_from_wire(header.endorse)
        case _:
            return unmask_request_from_wire(header.unmask)
