"""Frames of the link to the wire and back, for either direction."""

from __future__ import annotations

from hanse_federation.codec.checks import check_code, check_seconds, parse_strictly
from hanse_federation.errors import InvalidMessageError
from hanse_federation.link.frames import (
    Abandon,
    Chunk,
    Heartbeat,
    Hello,
    Opening,
    Refuse,
    Welcome,
)
from hanse_wire.v1 import link_pb2 as wire

MIN_HEARTBEAT_SECONDS = 0.05
MAX_HEARTBEAT_SECONDS = 3600.0
MAX_LOST_AFTER_SECONDS = 86_400.0

BrandFrame = Hello | Heartbeat | Chunk | Abandon | Refuse
OperatorFrame = Welcome | Heartbeat | Chunk | Abandon | Refuse


def brand_frame_to_wire(frame: BrandFrame) -> wire.ConnectRequest:
    """Encode a frame that a brand sends."""
    match frame:
        case Hello():
            return wire.ConnectRequest(hello=wire.Hello(protocol_version=frame.protocol_version))
        case Heartbeat():
            return wire.ConnectRequest(heartbeat=wire.Heartbeat())
        case Chunk():
            return wire.ConnectRequest(chunk=_chunk_to_wire(frame))
        case Abandon():
            return wire.ConnectRequest(abandon=wire.Abandon(message=frame.message))
        case Refuse():
            return wire.ConnectRequest(refuse=_refuse_to_wire(frame))


def brand_frame_from_wire(message: wire.ConnectRequest) -> BrandFrame:
    """Decode a frame that a brand sent.

    Raises:
        InvalidMessageError: There is no frame, or a field of it is out of range.
    """
    _check_known(message)
    match message.WhichOneof("frame"):
        case "hello":
            return Hello(message.hello.protocol_version)
        case kind:
            return _shared_from_wire(kind, message)


def operator_frame_to_wire(frame: OperatorFrame) -> wire.ConnectResponse:
    """Encode a frame that the operator sends."""
    match frame:
        case Welcome():
            welcome = wire.Welcome(
                protocol_version=frame.protocol_version,
                heartbeat_seconds=frame.heartbeat_seconds,
                lost_after_seconds=frame.lost_after_seconds,
            )
            return wire.ConnectResponse(welcome=welcome)
        case Heartbeat():
            return wire.ConnectResponse(heartbeat=wire.Heartbeat())
        case Chunk():
            return wire.ConnectResponse(chunk=_chunk_to_wire(frame))
        case Abandon():
            return wire.ConnectResponse(abandon=wire.Abandon(message=frame.message))
        case Refuse():
            return wire.ConnectResponse(refuse=_refuse_to_wire(frame))


def operator_frame_from_wire(message: wire.ConnectResponse) -> OperatorFrame:
    """Decode a frame that the operator sent.

    Raises:
        InvalidMessageError: There is no frame, or a field of it is out of range.
    """
    _check_known(message)
    match message.WhichOneof("frame"):
        case "welcome":
            return _welcome_from_wire(message.welcome)
        case kind:
            return _shared_from_wire(kind, message)


def brand_frame_from_bytes(data: bytes) -> BrandFrame:
    """Parse and decode a frame that a brand sent.

    Raises:
        InvalidMessageError: The bytes are not such a frame.
    """
    return brand_frame_from_wire(parse_strictly(wire.ConnectRequest, data, "frame"))


def operator_frame_from_bytes(data: bytes) -> OperatorFrame:
    """Parse and decode a frame that the operator sent.

    Raises:
        InvalidMessageError: The bytes are not such a frame.
    """
    return operator_frame_from_wire(parse_strictly(wire.ConnectResponse, data, "frame"))


def framed_size(message: wire.ConnectRequest | wire.ConnectResponse) -> int:
    """Tell how many bytes a frame takes on the stream, with gRPC's own five."""
    return message.ByteSize() + 5


def _check_known(message: wire.ConnectRequest | wire.ConnectResponse) -> None:
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        raise InvalidMessageError("frame", "known fields only", "an unknown one")


def _shared_from_wire(
    kind: str | None, message: wire.ConnectRequest | wire.ConnectResponse
) -> Heartbeat | Chunk | Abandon | Refuse:
    match kind:
        case "heartbeat":
            return Heartbeat()
        case "chunk":
            return _chunk_from_wire(message.chunk)
        case "abandon":
            return Abandon(message.abandon.message)
        case "refuse":
            return Refuse(message.refuse.message, check_code("code", message.refuse.code))
        case _:
            raise InvalidMessageError("frame", "a frame", "none")


def _welcome_from_wire(message: wire.Welcome) -> Welcome:
    heartbeat = check_seconds(
        "heartbeat_seconds",
        message.heartbeat_seconds,
        MAX_HEARTBEAT_SECONDS,
        lowest=MIN_HEARTBEAT_SECONDS / 2,
    )
    lost_after = check_seconds(
        "lost_after_seconds", message.lost_after_seconds, MAX_LOST_AFTER_SECONDS, lowest=heartbeat
    )
    return Welcome(heartbeat, lost_after, message.protocol_version)


def _chunk_to_wire(frame: Chunk) -> wire.Chunk:
    opening = frame.opening
    stated = (
        None
        if opening is None
        else wire.Opening(total_bytes=opening.total_bytes, digest=opening.digest)
    )
    return wire.Chunk(message=frame.message, offset=frame.offset, opening=stated, data=frame.data)


def _chunk_from_wire(message: wire.Chunk) -> Chunk:
    opening = None
    if message.HasField("opening"):
        opening = Opening(message.opening.total_bytes, message.opening.digest)
    return Chunk(message.message, message.offset, message.data, opening)


def _refuse_to_wire(frame: Refuse) -> wire.Refuse:
    return wire.Refuse(message=frame.message, code=frame.code)
