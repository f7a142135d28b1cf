"""One broken or hostile brand under secure aggregation: named, and the sum of the others holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hanse_federation.messages import JoinRequest, ReplyPayload, Request
from hanse_federation.secure_aggregation.messages import (
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
from tests.support.aggregating_brand import Faulty
from tests.support.aggregation_bench import Killed, MemoryRecord, bench_of, persons, true_persons


def forged(request: Request, reply: ReplyPayload) -> ReplyPayload:
    """The reply with a signature that is not the brand's."""
    del request
    match reply:
        case JoinReply():
            advertisement = replace(reply.advertisement, signature=bytes(64))
            return JoinReply(advertisement)
        case MaskReply():
            return MaskReply(reply.vector, bytes(64))
        case EndorseReply():
            return EndorseReply(bytes(64))
    raise AssertionError("nothing signed")


def cut_short(request: Request, reply: ReplyPayload) -> ReplyPayload:
    """A vector, or a list of shares, of another length."""
    del request
    match reply:
        case ShareReply():
            return ShareReply(reply.shares[1:])
        case MaskReply():
            return MaskReply(reply.vector.repeat(2), reply.signature)
        case UnmaskReply():
            return UnmaskReply(reply.shares[1:])
    raise AssertionError("nothing to cut")


def other_kind(request: Request, reply: ReplyPayload) -> ReplyPayload:
    """The reply to another step."""
    del request
    return ShareReply(()) if isinstance(reply, EndorseReply) else EndorseReply(bytes(64))


@pytest.mark.parametrize(
    ("step", "fault", "code"),
    [
        (JoinRequest, forged, "advertisement-refused"),
        (JoinRequest, other_kind, "reply-misbound"),
        (ShareRequest, cut_short, "sealed-share-refused"),
        (ShareRequest, other_kind, "reply-misbound"),
        (MaskRequest, forged, "participant-signature-refused"),
        (MaskRequest, cut_short, "aggregation-format"),
        (MaskRequest, other_kind, "reply-misbound"),
    ],
)
def test_one_broken_brand_is_named_and_does_not_spoil_the_sum_of_the_others(
    step: type, fault: Callable[[Request, ReplyPayload], ReplyPayload], code: str
) -> None:
    bench = bench_of(5, {4: lambda inner: Faulty(inner, step, fault)})
    broken = tuple(bench.brands)[4]
    answer = bench.ask()
    assert answer.brands == tuple(bench.brands)[:4]
    assert answer.refused == ((broken, code),)
    assert persons(answer) == true_persons(answer.brands)


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (EndorseRequest, forged),
        (EndorseRequest, other_kind),
        (UnmaskRequest, cut_short),
        (UnmaskRequest, other_kind),
    ],
)
def test_one_broken_brand_after_masking_does_not_spoil_the_sum_it_is_in(
    step: type, fault: Callable[[Request, ReplyPayload], ReplyPayload]
) -> None:
    bench = bench_of(5, {4: lambda inner: Faulty(inner, step, fault)})
    answer = bench.ask()
    assert answer.brands == tuple(bench.brands)
    assert persons(answer) == true_persons(bench.brands)


def test_a_forged_endorsement_that_was_not_needed_is_not_built_on_after_a_kill() -> None:
    bench = bench_of(5, {4: lambda inner: Faulty(inner, EndorseRequest, forged)})
    record = MemoryRecord(("unmasking", "after"))
    with pytest.raises(Killed):
        bench.ask(record)
    _, _, _, endorsements = record.envelopes
    assert set(endorsements) == set(tuple(bench.brands)[:4])
    assert persons(bench.ask(record)) == true_persons(bench.brands)
