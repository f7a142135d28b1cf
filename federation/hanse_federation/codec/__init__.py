"""Domain types to the bytes of the wire and back, as pairs `x_to_wire` and `x_from_wire`.

Whatever is read is taken for hostile: sizes, counts, ranges, finiteness and
form are checked, and anything else than a message of the wire format raises
`InvalidMessageError`.
"""

from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.message_types import MESSAGE_TYPES, message_type_of
from hanse_federation.codec.replies import (
    reply_from_wire,
    reply_payload_from_wire,
    reply_payload_to_wire,
    reply_to_wire,
)
from hanse_federation.codec.requests import request_digest, request_from_wire, request_to_wire

__all__ = [
    "MESSAGE_TYPES",
    "WireMessage",
    "message_type_of",
    "reply_from_wire",
    "reply_payload_from_wire",
    "reply_payload_to_wire",
    "reply_to_wire",
    "request_digest",
    "request_from_wire",
    "request_to_wire",
]
