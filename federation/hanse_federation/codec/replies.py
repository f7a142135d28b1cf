"""Replies to the wire and back, with their binding or, for keeping, without it."""

from __future__ import annotations

from hanse_federation.codec.aggregation_replies import (
    endorse_reply_from_wire,
    endorse_reply_to_wire,
    join_reply_from_wire,
    join_reply_to_wire,
    mask_reply_from_wire,
    mask_reply_to_wire,
    share_reply_from_wire,
    share_reply_to_wire,
    unmask_reply_from_wire,
    unmask_reply_to_wire,
)
from hanse_federation.codec.binding import binding_from_wire, binding_to_wire
from hanse_federation.codec.block import WireMessage, join_block, split_block
from hanse_federation.codec.checks import (
    MAX_EXACT_INTEGER,
    Buffer,
    check_code,
    check_count,
    check_no_body,
    check_range,
    parse_strictly,
)
from hanse_federation.codec.message_types import message_type_of
from hanse_federation.codec.parameters import parameters_from_wire, parameters_to_wire
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    Refusal,
    Reply,
    ReplyPayload,
    TrainReply,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    JoinReply,
    MaskReply,
    ShareReply,
    StepReply,
    UnmaskReply,
)
from hanse_policies.documents import BrandId
from hanse_wire.v1 import messages_pb2 as wire

MAX_CELLS = 1 << 20
_INT64 = 2**63


def reply_to_wire(binding: Binding, payload: ReplyPayload) -> WireMessage:
    """Encode the answer to the request that `binding` names; values are not copied.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return _to_wire(wire.Reply(binding=binding_to_wire(binding)), payload)


def reply_from_wire(data: Buffer, sender: BrandId) -> Reply:
    """Decode an answer; `sender` is who the certificate says, not what the bytes say.

    Raises:
        InvalidMessageError: `data` is not a bound reply.
    """
    header, body = _header(data)
    if not header.HasField("binding"):
        raise InvalidMessageError("binding", "the binding of the request", "none")
    return Reply(binding_from_wire(header.binding), sender, _payload(header, body))


def reply_payload_to_wire(payload: ReplyPayload) -> bytes:
    """Encode an answer without its binding, to be kept at the brand and given again.

    Raises:
        InvalidMessageError: A field is out of range.
    """
    return bytes(_to_wire(wire.Reply(), payload))


def reply_payload_from_wire(data: Buffer) -> ReplyPayload:
    """Decode an answer that was kept without its binding.

    Raises:
        InvalidMessageError: `data` is not an unbound reply.
    """
    header, body = _header(data)
    if header.HasField("binding"):
        raise InvalidMessageError("binding", "none in a kept answer", "one")
    return _payload(header, body)


def _to_wire(header: wire.Reply, payload: ReplyPayload) -> WireMessage:
    body: tuple[memoryview, ...] = ()
    match payload:
        case CohortReply():
            header.cohort.noised_persons = _persons(payload.noised_persons)
            header.cohort.SetInParent()
        case TrainReply():
            parameters, body = parameters_to_wire(payload.parameters)
            header.train.parameters.CopyFrom(parameters)
            header.train.weight = _weight(payload.weight)
        case CellsReply():
            check_count("cells", len(payload.cells), 1, MAX_CELLS)
            check_range("cells", min(payload.cells), -_INT64, _INT64 - 1)
            check_range("cells", max(payload.cells), -_INT64, _INT64 - 1)
            header.cells.cells.extend(payload.cells)
        case Refusal():
            header.refusal.code = check_code("code", payload.code)
        case step:
            body = _step_to_wire(header, step)
    return join_block(message_type_of(payload), header.SerializeToString(), body)


def _header(data: Buffer) -> tuple[wire.Reply, memoryview]:
    header, body = split_block(data)
    return parse_strictly(wire.Reply, header, "header"), body


def _step_to_wire(header: wire.Reply, step: StepReply) -> tuple[memoryview, ...]:
    match step:
        case MaskReply():
            message, body = mask_reply_to_wire(step)
            header.mask.CopyFrom(message)
            return body
        case JoinReply():
            header.join.CopyFrom(join_reply_to_wire(step))
        case ShareReply():
            header.share.CopyFrom(share_reply_to_wire(step))
        case EndorseReply():
            header.endorse.CopyFrom(endorse_reply_to_wire(step))
        case UnmaskReply():
            header.unmask.CopyFrom(unmask_reply_to_wire(step))
    return ()


def _payload(header: wire.Reply, body: memoryview) -> ReplyPayload:
    kind = header.WhichOneof("payload")
    match kind:
        case "train":
            weight = _weight(header.train.weight)
            return TrainReply(parameters_from_wire(header.train.parameters, body), weight)
        case "mask":
            return mask_reply_from_wire(header.mask, body)
    check_no_body(body)
    match kind:
        case "cohort":
            return CohortReply(_persons(header.cohort.noised_persons))
        case "cells":
            check_count("cells", len(header.cells.cells), 1, MAX_CELLS)
            return CellsReply(tuple(header.cells.cells))
        case "refusal":
            return Refusal(check_code("code", header.refusal.code))
        case _:
            return _step_from_wire(kind, header)


def _step_from_wire(kind: str | None, header: wire.Reply) -> StepReply:
    match kind:
        case "join":
            return join_reply_from_wire(header.join)
        case "share":
            return share_reply_from_wire(header.share)
        case "endorse":
            return endorse_reply_from_wire(header.endorse)
        case "unmask":
            return unmask_reply_from_wire(header.unmask)
        case _:
            raise InvalidMessageError("payload", "an answer", "none")


def _persons(count: int) -> int:
    return check_range("noised_persons", count, -MAX_EXACT_INTEGER, MAX_EXACT_INTEGER)


def _weight(weight: int) -> int:
    return check_range("weight", weight, 1, MAX_EXACT_INTEGER)
