"""The replies of secure aggregation to the wire and back.

The elements of a masked vector lie in the body; they are neither copied nor
looked at, because every pattern of bits is an element of the ring.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hanse_federation.codec.aggregation_parts import (
    advertisement_from_wire,
    advertisement_to_wire,
    check_list,
    sealed_shares_from_wire,
    sealed_shares_to_wire,
)
from hanse_federation.codec.checks import check_brand, check_bytes, check_member, check_range
from hanse_federation.errors import InvalidMessageError
from hanse_federation.secure_aggregation.messages import (
    SHARE_BYTES,
    SIGNATURE_BYTES,
    EndorseReply,
    JoinReply,
    MaskReply,
    RevealedShare,
    ShareKind,
    ShareReply,
    UnmaskReply,
)
from hanse_federation.secure_aggregation.secret_sharing import PRIME
from hanse_wire.v1 import aggregation_pb2 as wire

MAX_ELEMENTS = 1 << 37
"""Beyond what any size cap of the link lets through."""

_LAYOUTS: dict[int, np.dtype[Any]] = {
    16: np.dtype("<u2"),
    32: np.dtype("<u4"),
    64: np.dtype("<u8"),
}
_KINDS: dict[wire.ShareKind, ShareKind] = {
    wire.SHARE_KIND_SELF_MASK: ShareKind.SELF_MASK,
    wire.SHARE_KIND_MASK_KEY: ShareKind.MASK_KEY,
}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}


def join_reply_to_wire(reply: JoinReply) -> wire.JoinReply:
    """Encode that a brand joins.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return wire.JoinReply(advertisement=advertisement_to_wire(reply.advertisement))


def join_reply_from_wire(message: wire.JoinReply) -> JoinReply:
    """Decode that a brand joins.

    Raises:
        InvalidMessageError: A field has another form or length.
    """
    return JoinReply(advertisement_from_wire(message.advertisement))


def share_reply_to_wire(reply: ShareReply) -> wire.ShareReply:
    """Encode sealed shares for the neighbours.

    Raises:
        InvalidMessageError: A field has another form, or the holders are not ascending.
    """
    check_list("shares", [share.holder for share in reply.shares])
    return wire.ShareReply(shares=sealed_shares_to_wire(reply.shares))


def share_reply_from_wire(message: wire.ShareReply) -> ShareReply:
    """Decode sealed shares for the neighbours.

    Raises:
        InvalidMessageError: A field has another form, or the holders are not ascending.
    """
    check_list("shares", [share.holder for share in message.shares])
    return ShareReply(sealed_shares_from_wire(message.shares))


def mask_reply_to_wire(reply: MaskReply) -> tuple[wire.MaskReply, tuple[memoryview]]:
    """Encode a masked vector as its layout and a view of its elements.

    Raises:
        InvalidMessageError: The vector is of no ring or not flat, or the signature
            has another length.
    """
    vector = reply.vector
    layout = _LAYOUTS.get(8 * vector.dtype.itemsize)
    if vector.dtype != layout or vector.ndim != 1:
        got = f"{vector.dtype} with {vector.ndim} axes"
        raise InvalidMessageError("vector", "one axis of uint16, uint32 or uint64", got)
    message = wire.MaskReply(
        ring_bits=8 * vector.dtype.itemsize,
        elements=check_range("elements", vector.size, 1, MAX_ELEMENTS),
        signature=check_bytes("signature", reply.signature, SIGNATURE_BYTES),
    )
    return message, (np.ascontiguousarray(vector).view(np.uint8).data,)


def mask_reply_from_wire(message: wire.MaskReply, body: memoryview) -> MaskReply:
    """Decode a masked vector as a read-only view of the body.

    Raises:
        InvalidMessageError: There is no such ring, the body is not as long as the
            header states, or the signature has another length.
    """
    layout = _LAYOUTS.get(message.ring_bits)
    if layout is None:
        raise InvalidMessageError("ring_bits", "16, 32 or 64", "another number")
    elements = check_range("elements", message.elements, 1, MAX_ELEMENTS)
    if elements * layout.itemsize != len(body):
        expected = f"{elements * layout.itemsize} bytes, as the header states"
        raise InvalidMessageError("body", expected, f"{len(body)} bytes")
    signature = check_bytes("signature", message.signature, SIGNATURE_BYTES)
    return MaskReply(np.frombuffer(body, dtype=layout), signature)


def endorse_reply_to_wire(reply: EndorseReply) -> wire.EndorseReply:
    """Encode a signature on the survivor list.

    Raises:
        InvalidMessageError: The signature has another length.
    """
    return wire.EndorseReply(signature=check_bytes("signature", reply.signature, SIGNATURE_BYTES))


def endorse_reply_from_wire(message: wire.EndorseReply) -> EndorseReply:
    """Decode a signature on the survivor list; it is still to be verified.

    Raises:
        InvalidMessageError: The signature has another length.
    """
    return EndorseReply(check_bytes("signature", message.signature, SIGNATURE_BYTES))


def unmask_reply_to_wire(reply: UnmaskReply) -> wire.UnmaskReply:
    """Encode revealed shares.

    Raises:
        InvalidMessageError: A share has another length or is no number of the field,
            or the owners are not ascending.
    """
    check_list("shares", [share.owner for share in reply.shares])
    shares = (
        wire.RevealedShare(
            owner=check_brand("owner", share.owner),
            kind=_KIND_NUMBERS[share.kind],
            value=_check_share(share.value),
        )
        for share in reply.shares
    )
    return wire.UnmaskReply(shares=shares)


def unmask_reply_from_wire(message: wire.UnmaskReply) -> UnmaskReply:
    """Decode revealed shares: one for each owner, so that none reveals both its secrets.

    Raises:
        InvalidMessageError: A share has another length or is no number of the field,
            is of no kind, or the owners are not ascending.
    """
    check_list("shares", [share.owner for share in message.shares])
    return UnmaskReply(
        tuple(
            RevealedShare(
                owner=check_brand("owner", share.owner),
                kind=check_member("kind", _KINDS, share.kind),
                value=_check_share(share.value),
            )
            for share in message.shares
        )
    )


def _check_share(value: bytes) -> bytes:
    check_bytes("share", value, SHARE_BYTES)
    if int.from_bytes(value, "big") >= PRIME:
        raise InvalidMessageError("share", "a number below 2^256 + 297", "more")
    return value
