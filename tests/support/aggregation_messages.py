"""Hypothesis strategies for the steps of secure aggregation, and a way to make hostile ones."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hanse_federation.codec import (
    reply_from_wire,
    reply_to_wire,
    request_from_wire,
    request_to_wire,
)
from hanse_federation.codec.block import join_block, split_block
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    MeasureRequest,
    Question,
    Refusal,
    Reply,
    ReplyPayload,
    Request,
    RequestPayload,
    TrainReply,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import (
    DIGEST_BYTES,
    KEY_BYTES,
    SEALED_BYTES,
    SIGNATURE_BYTES,
    Advertisement,
    Endorsement,
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    RevealedShare,
    SealedShare,
    ShareKind,
    ShareReply,
    ShareRequest,
    UnmaskReply,
    UnmaskRequest,
)
from hanse_policies.documents import BrandId
from hanse_wire.v1 import messages_pb2 as wire
from tests.support.messages import SENDER, bindings, parameter_sets

SHARE_LIMIT = 2**256 + 297

brands = st.from_regex(r"[a-z][a-z0-9]{0,30}(-[a-z0-9]{1,9}){0,3}", fullmatch=True).map(BrandId)
rosters = st.lists(brands, min_size=1, max_size=6, unique=True).map(sorted)
attempts = st.integers(1, 1_000_000)
questions = st.sampled_from([question.value for question in Question])
persons = st.integers(0, 2**53)


def exactly(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


def advertisements(brand: BrandId) -> st.SearchStrategy[Advertisement]:
    return st.builds(
        Advertisement,
        st.just(brand),
        exactly(KEY_BYTES),
        exactly(DIGEST_BYTES),
        exactly(DIGEST_BYTES),
        exactly(SIGNATURE_BYTES),
    )


@st.composite
def share_requests(draw: st.DrawFn) -> ShareRequest:
    roster = tuple(draw(advertisements(brand)) for brand in draw(rosters))
    return ShareRequest(draw(questions), draw(attempts), roster)


@st.composite
def mask_requests(draw: st.DrawFn) -> MaskRequest:
    holder = draw(brands)
    shares = (SealedShare(o, holder, draw(exactly(SEALED_BYTES))) for o in draw(rosters))
    return MaskRequest(draw(questions), draw(attempts), tuple(shares))


@st.composite
def unmask_requests(draw: st.DrawFn) -> UnmaskRequest:
    signers = draw(rosters)
    return UnmaskRequest(
        draw(questions),
        draw(attempts),
        tuple(draw(rosters)),
        tuple(Endorsement(brand, draw(exactly(SIGNATURE_BYTES))) for brand in signers),
    )


@st.composite
def share_replies(draw: st.DrawFn) -> ShareReply:
    owner = draw(brands)
    holders = draw(rosters)
    return ShareReply(
        tuple(SealedShare(owner, holder, draw(exactly(SEALED_BYTES))) for holder in holders)
    )


share_values = st.integers(0, SHARE_LIMIT - 1).map(lambda number: number.to_bytes(33, "big"))


@st.composite
def unmask_replies(draw: st.DrawFn) -> UnmaskReply:
    kinds = st.sampled_from(ShareKind)
    owners = draw(rosters)
    return UnmaskReply(tuple(RevealedShare(o, draw(kinds), draw(share_values)) for o in owners))


join_requests = st.one_of(
    st.builds(JoinRequest, st.just(CohortRequest()), attempts, st.just(0)),
    st.builds(JoinRequest, st.builds(TrainRequest, parameter_sets()), attempts, persons),
    st.builds(JoinRequest, st.builds(EvaluateRequest, parameter_sets()), attempts, persons),
    st.builds(JoinRequest, st.just(MeasureRequest()), attempts, persons),
)
step_requests = st.one_of(
    join_requests,
    share_requests(),
    mask_requests(),
    st.builds(EndorseRequest, questions, attempts, rosters.map(tuple)),
    unmask_requests(),
)
ring_vectors = st.sampled_from([np.uint16, np.uint32, np.uint64]).flatmap(
    lambda ring: arrays(ring, st.integers(1, 40))
)
step_replies = st.one_of(
    st.builds(JoinReply, brands.flatmap(advertisements)),
    share_replies(),
    st.builds(MaskReply, ring_vectors, exactly(SIGNATURE_BYTES)),
    st.builds(EndorseReply, exactly(SIGNATURE_BYTES)),
    unmask_replies(),
)
bound_step_requests = st.builds(
    Request, bindings, step_requests, st.floats(0, 86_400, exclude_min=True)
)
bound_step_replies = st.builds(Reply, bindings, st.just(SENDER), step_replies)

WIRE_BINDING = wire.Binding(run=5, study="ab" * 32, round_number=3, request="cd" * 16)


def request_block(message: wire.Request, body: bytes = b"") -> bytes:
    """Put a request on the wire that no codec has checked."""
    message.binding.CopyFrom(WIRE_BINDING)
    message.deadline_seconds = 1.0
    return bytes(join_block("hostile", message.SerializeToString(), [memoryview(body)]))


def reply_block(message: wire.Reply, body: bytes = b"") -> bytes:
    """Put a reply on the wire that no codec has checked."""
    message.binding.CopyFrom(WIRE_BINDING)
    return bytes(join_block("hostile", message.SerializeToString(), [memoryview(body)]))


BINDING = Binding(5, "ab" * 32, 3, "cd" * 16)


def encoded(payload: RequestPayload | ReplyPayload) -> bytes:
    """Encode a request or a reply as its sender would."""
    match payload:
        case JoinReply() | ShareReply() | MaskReply() | EndorseReply() | UnmaskReply():
            return bytes(reply_to_wire(BINDING, payload))
        case Refusal() | CohortReply() | TrainReply() | CellsReply():
            return bytes(reply_to_wire(BINDING, payload))
        case _:
            return bytes(request_to_wire(Request(BINDING, payload, 1.0)))


def decoded(data: bytes | bytearray, *, as_reply: bool) -> RequestPayload | ReplyPayload:
    """Decode a request or a reply as its receiver would."""
    if as_reply:
        return reply_from_wire(data, SENDER).payload
    return request_from_wire(data).payload


def request_wire_of(payload: RequestPayload) -> wire.Request:
    """Encode a request, so that a test can alter it."""
    header, _ = split_block(encoded(payload))
    return wire.Request.FromString(bytes(header))


def reply_wire_of(payload: ReplyPayload) -> wire.Reply:
    """Encode a reply, so that a test can alter it."""
    header, _ = split_block(encoded(payload))
    return wire.Reply.FromString(bytes(header))


def refused_request(data: bytes) -> str:
    """Tell for which field a request is refused."""
    with pytest.raises(InvalidMessageError) as caught:
        request_from_wire(data)
    return caught.value.field


def refused_reply(data: bytes) -> str:
    """Tell for which field a reply is refused."""
    with pytest.raises(InvalidMessageError) as caught:
        reply_from_wire(data, SENDER)
    return caught.value.field


def advertisement_of(brand: str) -> Advertisement:
    """Make a well-formed advertisement that nobody signed."""
    digest = hashlib.sha256(brand.encode()).digest()
    return Advertisement(BrandId(brand), digest, digest, digest, digest + digest)


def sealed(owner: str, holder: str) -> SealedShare:
    """Make a well-formed sealed share that nobody can open."""
    return SealedShare(BrandId(owner), BrandId(holder), bytes(SEALED_BYTES))


def revealed(owner: str, kind: ShareKind = ShareKind.SELF_MASK) -> RevealedShare:
    """Make a well-formed share."""
    return RevealedShare(BrandId(owner), kind, (SHARE_LIMIT - 1).to_bytes(33, "big"))


ALPHA, BETA = BrandId("alpha"), BrandId("beta")
SIGNATURE = bytes(SIGNATURE_BYTES)
JOIN = JoinRequest(MeasureRequest(), 1, 20)
SHARE = ShareRequest("train", 1, (advertisement_of("alpha"), advertisement_of("beta")))
MASK = MaskRequest("train", 1, (sealed("alpha", "gamma"), sealed("beta", "gamma")))
ENDORSE = EndorseRequest("train", 1, (ALPHA, BETA))
UNMASK = UnmaskRequest("train", 1, (ALPHA, BETA), (Endorsement(ALPHA, SIGNATURE),))
JOINED = JoinReply(advertisement_of("alpha"))
SHARED = ShareReply((sealed("alpha", "beta"),))
MASKED = MaskReply(np.arange(3, dtype=np.uint32), SIGNATURE)
ENDORSED = EndorseReply(SIGNATURE)
UNMASKED = UnmaskReply((revealed("alpha"),))
