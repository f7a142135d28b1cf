from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.codec import (
    reply_from_wire,
    reply_to_wire,
)
from hanse_federation.errors import InvalidMessageError
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    JoinReply,
    MaskReply,
    RingVector,
    ShareKind,
    UnmaskReply,
)
from hanse_wire.v1 import aggregation_pb2 as aggregation
from hanse_wire.v1 import messages_pb2 as wire
from tests.support.aggregation_messages import (
    BINDING,
    MASK,
    SHARE,
    SHARE_LIMIT,
    SHARED,
    SIGNATURE,
    UNMASK,
    UNMASKED,
    advertisement_of,
    encoded,
    refused_reply,
    refused_request,
    reply_block,
    reply_wire_of,
    request_block,
    request_wire_of,
    revealed,
)
from tests.support.messages import SENDER


def mask_block(bits: int, elements: int, body: bytes, signature: bytes = SIGNATURE) -> bytes:
    mask = aggregation.MaskReply(ring_bits=bits, elements=elements, signature=signature)
    return reply_block(wire.Reply(mask=mask), body)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (mask_block(32, 2, bytes(7)), "body"),
        (mask_block(32, 2, b""), "body"),
        (mask_block(32, 2, bytes(9)), "body"),
        (mask_block(32, 2, bytes(16)), "body"),
        (mask_block(16, 2, bytes(8)), "body"),
        (mask_block(64, 2, bytes(8)), "body"),
        (mask_block(64, 2**63, bytes(8)), "elements"),
        (mask_block(16, 2**64 - 1, bytes(8)), "elements"),
        (mask_block(32, 0, b""), "elements"),
        (mask_block(0, 2, bytes(8)), "ring_bits"),
        (mask_block(8, 8, bytes(8)), "ring_bits"),
        (mask_block(33, 2, bytes(8)), "ring_bits"),
        (mask_block(128, 1, bytes(16)), "ring_bits"),
        (mask_block(32, 2, bytes(8), bytes(63)), "signature"),
        (mask_block(32, 2, bytes(8), bytes(65)), "signature"),
        (mask_block(32, 2, bytes(8), b""), "signature"),
    ],
)
def test_vector_that_is_truncated_oversized_or_of_no_ring_is_refused(
    data: bytes, field: str
) -> None:
    assert refused_reply(data) == field


@given(st.binary(max_size=100), st.integers(0, 130), st.integers(0, 60))
def test_garbage_is_a_vector_only_if_its_length_is_the_stated_one(
    body: bytes, bits: int, elements: int
) -> None:
    fits = bits in {16, 32, 64} and elements > 0 and 8 * len(body) == bits * elements
    data = mask_block(bits, elements, body)
    if not fits:
        assert refused_reply(data) in {"ring_bits", "elements", "body"}
        return
    payload = reply_from_wire(data, SENDER).payload
    assert isinstance(payload, MaskReply)
    assert payload.vector.tobytes() == body


@pytest.mark.parametrize("ring", [np.uint16, np.uint32, np.uint64])
def test_vector_crosses_unsigned_and_little_endian(ring: type[Any]) -> None:
    bits = 8 * ring().itemsize
    values = np.array([0, 1, 2 ** (bits - 1), 2**bits - 1], ring)
    data = encoded(MaskReply(values, SIGNATURE))
    body = b"".join(int(value).to_bytes(bits // 8, "little") for value in values)
    assert data.endswith(body)
    payload = reply_from_wire(data, SENDER).payload
    assert isinstance(payload, MaskReply)
    assert payload.vector.dtype == ring
    np.testing.assert_array_equal(payload.vector, values)


def test_vector_is_not_copied() -> None:
    values = np.arange(1000, dtype=np.uint32)
    message = reply_to_wire(BINDING, MaskReply(values, SIGNATURE))
    assert np.shares_memory(np.frombuffer(message.parts[1], np.uint32), values)
    data = bytes(message)
    payload = reply_from_wire(data, SENDER).payload
    assert isinstance(payload, MaskReply)
    assert np.shares_memory(payload.vector, np.frombuffer(data, np.uint8))
    assert payload.vector.flags.aligned
    assert not payload.vector.flags.writeable


def test_vector_with_gaps_is_encoded_without_them() -> None:
    values = np.arange(20, dtype=np.uint32)[::2]
    data = encoded(MaskReply(values, SIGNATURE))
    payload = reply_from_wire(data, SENDER).payload
    assert isinstance(payload, MaskReply)
    np.testing.assert_array_equal(payload.vector, values)


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(2, np.float32),
        np.zeros(2, np.int32),
        np.zeros(2, np.uint8),
        np.zeros(2, ">u4"),
        np.zeros((2, 2), np.uint32),
        np.zeros((), np.uint32),
        np.zeros(0, np.uint32),
    ],
)
def test_own_vector_of_another_form_is_not_encoded(vector: RingVector) -> None:
    with pytest.raises(InvalidMessageError, match=r"vector|elements"):
        encoded(MaskReply(vector, SIGNATURE))


@pytest.mark.parametrize("name", ["mask_key", "policy", "commitment", "signature"])
@pytest.mark.parametrize("change", [-1, 1, None])
def test_advertisement_field_of_another_length_is_refused(name: str, change: int | None) -> None:
    good = advertisement_of("alpha")
    length = len(getattr(good, name))
    wrong = bytes(0 if change is None else length + change)
    reply = reply_wire_of(JoinReply(good))
    setattr(reply.join.advertisement, name, wrong)
    assert refused_reply(reply_block(reply)) == name
    request = request_wire_of(SHARE)
    setattr(request.share.roster[1], name, wrong)
    assert refused_request(request_block(request)) == name
    own: Advertisement = replace(good, **{name: wrong})  # type: ignore[arg-type]
    with pytest.raises(InvalidMessageError, match=name):
        encoded(JoinReply(own))


@pytest.mark.parametrize("length", [0, 81, 83, 66, 1000])
def test_sealed_share_of_another_length_is_refused(length: int) -> None:
    reply = reply_wire_of(SHARED)
    reply.share.shares[0].ciphertext = bytes(length)
    assert refused_reply(reply_block(reply)) == "ciphertext"
    request = request_wire_of(MASK)
    request.mask.shares[0].ciphertext = bytes(length)
    assert refused_request(request_block(request)) == "ciphertext"


@pytest.mark.parametrize("length", [0, 63, 65])
def test_endorsement_of_another_length_is_refused(length: int) -> None:
    reply = wire.Reply(endorse=aggregation.EndorseReply(signature=bytes(length)))
    assert refused_reply(reply_block(reply)) == "signature"
    request = request_wire_of(UNMASK)
    request.unmask.endorsements[0].signature = bytes(length)
    assert refused_request(request_block(request)) == "signature"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        bytes(32),
        bytes(34),
        SHARE_LIMIT.to_bytes(33, "big"),
        (SHARE_LIMIT + 1).to_bytes(33, "big"),
        b"\xff" * 33,
    ],
)
def test_share_of_a_wrong_field_size_is_refused(value: bytes) -> None:
    reply = reply_wire_of(UNMASKED)
    reply.unmask.shares[0].value = value
    assert refused_reply(reply_block(reply)) == "share"
    with pytest.raises(InvalidMessageError, match="share"):
        encoded(UnmaskReply((replace(revealed("alpha"), value=value),)))


@pytest.mark.parametrize("kind", [0, 3, 2**31 - 1, -1])
def test_share_of_no_kind_is_refused(kind: int) -> None:
    reply = reply_wire_of(UNMASKED)
    reply.unmask.shares[0].kind = kind  # type: ignore[assignment]
    assert refused_reply(reply_block(reply)) == "kind"


def test_reply_that_reveals_both_secrets_of_one_owner_is_refused() -> None:
    both = tuple(revealed("alpha", kind) for kind in ShareKind)
    with pytest.raises(InvalidMessageError, match="ascending"):
        encoded(UnmaskReply(both))
    reply = reply_wire_of(UnmaskReply(both[:1]))
    reply.unmask.shares.append(reply_wire_of(UnmaskReply(both[1:])).unmask.shares[0])
    assert refused_reply(reply_block(reply)) == "shares"
