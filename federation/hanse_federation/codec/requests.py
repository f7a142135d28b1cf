"""Requests to the wire and back."""

from __future__ import annotations

from hanse_federation.codec.binding import binding_from_wire, binding_to_wire
from hanse_federation.codec.block import WireMessage, join_block, split_block
from hanse_federation.codec.checks import Buffer, check_seconds, parse_strictly
from hanse_federation.codec.message_types import message_type_of
from hanse_federation.codec.parameters import parameters_from_wire, parameters_to_wire
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Request,
    RequestPayload,
    TrainRequest,
)
from hanse_wire.v1 import messages_pb2 as wire

MAX_DEADLINE_SECONDS = 86_400.0


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
        case CohortRequest():
            header.cohort.SetInParent()
        case TrainRequest():
            parameters, body = parameters_to_wire(payload.parameters)
            header.train.parameters.CopyFrom(parameters)
        case EvaluateRequest():
            parameters, body = parameters_to_wire(payload.parameters)
            header.evaluate.parameters.CopyFrom(parameters)
        case MeasureRequest():
            header.measure.SetInParent()
    return join_block(message_type_of(payload), header.SerializeToString(), body)


def _payload(header: wire.Request, body: memoryview) -> RequestPayload:
    match header.WhichOneof("payload"):
        case "train":
            return TrainRequest(parameters_from_wire(header.train.parameters, body))
        case "evaluate":
            return EvaluateRequest(parameters_from_wire(header.evaluate.parameters, body))
        case None:
            raise InvalidMessageError("payload", "a question", "none")
        case kind:
            if body:
                raise InvalidMessageError("body", "no bytes", f"{len(body)} bytes")
            return CohortRequest() if kind == "cohort" else MeasureRequest()
