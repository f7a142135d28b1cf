"""Vectors and shares of a wrong size, and numbers at the edge of a ring.
Each attack is refused, and shown to work where the check that stops it is taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import hanse_federation.secure_aggregation.client as client_module
from hanse_federation.codec import reply_payload_from_wire, reply_payload_to_wire
from hanse_federation.errors import InvalidMessageError
from hanse_federation.secure_aggregation.key_agreement import seal
from hanse_federation.secure_aggregation.messages import (
    MaskReply,
    MaskRequest,
    RevealedShare,
    RingVector,
    ShareKind,
    UnmaskReply,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.secret_sharing import PRIME
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_policies.documents import BrandId
from tests.support.aggregation_attacks import (
    Lie,
    masked,
    refused,
    shared,
    signed_vector,
    unmasking,
)
from tests.support.aggregation_attacks import state_of as state
from tests.support.secure_aggregation import MemoryAlliance, memory_alliance

LIAR, VICTIM, ABSENT = BrandId("brand-000"), BrandId("brand-001"), BrandId("brand-004")
STRANGER = BrandId("zz-stranger")

# Vectors of a wrong size.

MISSHAPEN: dict[str, Callable[[RingVector], RingVector]] = {
    "truncated": lambda vector: vector[:-1].copy(),
    "of one element": lambda vector: vector[:1].copy(),
    "empty": lambda vector: vector[:0].copy(),
    "oversized": lambda vector: np.concatenate([vector, vector[:1]]),
    "of a wider ring": lambda vector: vector.astype("<u8"),
    "of a narrower ring": lambda vector: vector.astype("<u2"),
    "of two axes": lambda vector: vector.reshape(1, -1),
}


@pytest.mark.parametrize("shape", MISSHAPEN)
def test_misshapen_vector_is_refused_by_the_server(shape: str) -> None:
    alliance = memory_alliance(4)
    server = shared(alliance)
    vector = MISSHAPEN[shape](alliance.session.vector.ring.zeros(5))
    with refused("aggregation-format"):
        server.masked(LIAR, signed_vector(alliance, server, LIAR, vector))


@pytest.mark.parametrize("shape", MISSHAPEN)
def test_misshapen_vector_is_not_masked_by_the_brand(shape: str) -> None:
    alliance = memory_alliance(4)
    server, party = shared(alliance), alliance.parties[VICTIM]
    request = server.request_for(VICTIM)
    assert isinstance(request, MaskRequest)
    vector = MISSHAPEN[shape](alliance.session.vector.ring.zeros(5))
    with refused("aggregation-format"):
        party.client.mask(state(party), request.shares, vector)


@pytest.mark.parametrize("change", [slice(0, 4), [0, 1, 2, 3, 4, 4], []])
def test_contribution_of_a_wrong_length_is_refused(change: slice | list[int]) -> None:
    party = memory_alliance(4).parties[VICTIM]
    party.values = party.values[change]
    with refused("contribution-out-of-range"):
        party.join()


@pytest.mark.parametrize("cut", [1, 3, 4, 20])
def test_vector_that_was_truncated_on_the_way_is_refused_by_the_codec(cut: int) -> None:
    lie = masked(memory_alliance(4))
    with pytest.raises(InvalidMessageError) as caught:
        reply_payload_from_wire(reply_payload_to_wire(lie.masked[LIAR])[:-cut])
    assert caught.value.code == "invalid-message"


@pytest.mark.parametrize("more", [1, 4, 4000])
def test_vector_that_was_lengthened_on_the_way_is_refused_by_the_codec(more: int) -> None:
    lie = masked(memory_alliance(4))
    with pytest.raises(InvalidMessageError) as caught:
        reply_payload_from_wire(reply_payload_to_wire(lie.masked[LIAR]) + bytes(more))
    assert caught.value.code == "invalid-message"


def test_one_element_spreads_over_a_whole_sum_where_lengths_are_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alliance = memory_alliance(4)
    server = shared(alliance)
    monkeypatch.setattr(VectorFormat, "check_ring", lambda *_: None)
    server.masked(LIAR, signed_vector(alliance, server, LIAR, np.array([7], dtype="<u4")))
    assert server.running_sum is not None
    assert server.running_sum.tolist() == [7] * 5


# Shares of a wrong field size.

WRONG_SHARES = {
    "the prime": PRIME.to_bytes(33, "big"),
    "the largest number": b"\xff" * 33,
    "too short": bytes(32),
    "too long": bytes(34),
    "empty": b"",
}


def with_a_share(reply: UnmaskReply, value: bytes) -> UnmaskReply:
    first, *rest = reply.shares
    return UnmaskReply((replace(first, value=value), *rest))


@pytest.mark.parametrize("value", WRONG_SHARES.values(), ids=WRONG_SHARES)
def test_revealed_share_of_a_wrong_field_size_is_refused_by_the_server(value: bytes) -> None:
    lie = masked(memory_alliance(4))
    reply = unmasking(lie)[LIAR]
    with refused("sealed-share-refused"):
        lie.server.unmasked(LIAR, with_a_share(reply, value))


@pytest.mark.parametrize("value", WRONG_SHARES.values(), ids=WRONG_SHARES)
def test_revealed_share_of_a_wrong_field_size_is_refused_by_the_codec(value: bytes) -> None:
    reply = with_a_share(unmasking(masked(memory_alliance(4)))[LIAR], value)
    with pytest.raises(InvalidMessageError) as caught:
        reply_payload_to_wire(reply)
    assert caught.value.code == "invalid-message"


def test_the_others_sum_is_decoded_though_one_brand_revealed_a_wrong_share() -> None:
    lie = masked(memory_alliance(4))
    for brand, reply in unmasking(lie).items():
        if brand == LIAR:
            with refused("sealed-share-refused"):
                lie.server.unmasked(brand, with_a_share(reply, WRONG_SHARES["the prime"]))
        else:
            lie.server.unmasked(brand, reply)
    decoded = lie.server.decode()
    np.testing.assert_array_equal(decoded.values, lie.alliance.true_sum(lie.names))


def test_false_share_of_the_right_size_is_noticed_among_more_than_are_needed() -> None:
    lie = masked(memory_alliance(4))
    for brand, reply in unmasking(lie).items():
        false = with_a_share(reply, bytes(33)) if brand == LIAR else reply
        lie.server.unmasked(brand, false)
    with refused("sum-unrecoverable"):
        lie.server.decode()


def sealed_by_liar(alliance: MemoryAlliance, plaintext: bytes) -> tuple[ServerAttempt, MaskRequest]:
    """Have the liar seal what it likes for the victim."""
    server = shared(alliance)
    request = server.request_for(VICTIM)
    assert isinstance(request, MaskRequest)
    transcript = Lie(alliance, server, {}).topology().transcript
    victim = alliance.members.find(VICTIM).keys.agreement
    keys = alliance.parties[LIAR].client.keys
    made = seal(keys, victim, transcript, LIAR, VICTIM, plaintext)
    shares = tuple(
        replace(share, ciphertext=made) if share.owner == LIAR else share
        for share in request.shares
    )
    return server, replace(request, shares=shares)


@pytest.mark.parametrize("value", WRONG_SHARES.values(), ids=WRONG_SHARES)
@pytest.mark.parametrize("is_first", [True, False], ids=["self mask", "mask key"])
def test_sealed_share_of_a_wrong_field_size_is_refused_before_masking(
    value: bytes, is_first: bool
) -> None:
    alliance = memory_alliance(4)
    plaintext = value + bytes(33) if is_first else bytes(33) + value
    _, request = sealed_by_liar(alliance, plaintext)
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(request)
    assert not state(alliance.parties[VICTIM]).has_masked


def test_sealed_share_beyond_the_prime_spoils_the_round_where_it_is_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "is_share", lambda _: True)
    alliance = memory_alliance(4)
    server, request = sealed_by_liar(alliance, b"\xff" * 66)
    replies = {
        name: party.take(request if name == VICTIM else server.request_for(name))
        for name, party in alliance.parties.items()
    }
    for name, reply in replies.items():
        assert isinstance(reply, MaskReply)
        server.masked(name, reply)
    server.close_masking()
    revealed = unmasking(Lie(alliance, server, {}))
    with refused("sealed-share-refused"):
        server.unmasked(VICTIM, revealed[VICTIM])


def test_revealed_share_of_the_other_kind_is_refused_by_the_server() -> None:
    lie = masked(memory_alliance(4))
    first, *rest = unmasking(lie)[LIAR].shares
    other = RevealedShare(first.owner, ShareKind.MASK_KEY, first.value)
    with refused("sealed-share-refused"):
        lie.server.unmasked(LIAR, UnmaskReply((other, *rest)))


# The edges of the rings.

RINGS = list(Ring)


def full_range(ring: Ring, count: int) -> MemoryAlliance:
    alliance = memory_alliance(count, ring=ring)
    assert alliance.session.vector.bound * count <= ring.half - 1
    return alliance


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("sign", [1, -1])
def test_contributions_at_the_edge_of_the_ring_sum_exactly(ring: Ring, sign: int) -> None:
    alliance = full_range(ring, 5)
    edge = sign * alliance.session.vector.bound
    for party in alliance.parties.values():
        party.values = np.full(5, edge, dtype=np.int64)
    assert alliance.run().values.tolist() == [5 * edge] * 5


@pytest.mark.parametrize("ring", RINGS)
def test_contributions_at_both_edges_sum_exactly_with_a_drop_out(ring: Ring) -> None:
    alliance = full_range(ring, 5)
    bound = alliance.session.vector.bound
    for at, party in enumerate(alliance.parties.values()):
        party.values = np.full(5, bound if at % 2 else -bound, dtype=np.int64)
    assert alliance.run([BrandId("brand-004")]).values.tolist() == [0] * 5


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("sign", [1, -1])
def test_contribution_one_beyond_the_edge_is_refused(ring: Ring, sign: int) -> None:
    alliance = full_range(ring, 5)
    party = alliance.parties[VICTIM]
    party.values[3] = sign * (alliance.session.vector.bound + 1)
    with refused("contribution-out-of-range"):
        party.join()


@pytest.mark.parametrize("ring", RINGS)
def test_format_whose_sum_could_wrap_by_one_is_refused(ring: Ring) -> None:
    VectorFormat(1, ring, ring.half - 1, 1)
    with refused("aggregation-format"):
        VectorFormat(1, ring, ring.half, 1)


@pytest.mark.parametrize("ring", RINGS)
def test_sum_wraps_around_where_a_format_is_not_checked(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VectorFormat, "__post_init__", lambda _: None)
    vector = VectorFormat(1, ring, ring.half // 2, 2)
    one = vector.check(np.array([ring.half // 2], dtype=np.int64))
    assert ring.signed_view(one + one).tolist() == [-ring.half]  # the true sum is +half


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("beyond", [1, -1])
def test_sum_one_out_of_range_is_refused(ring: Ring, beyond: int) -> None:
    alliance = with_bound(memory_alliance(4, ring=ring), 100)
    for party in alliance.parties.values():
        party.values = np.full(5, 100 * beyond, dtype=np.int64)
    server = shared(alliance)
    for name, party in alliance.parties.items():
        request = server.request_for(name)
        assert isinstance(request, MaskRequest)
        # The brand's own store checks the range; one that is not sound leaves it out.
        values = party.values + beyond if name == LIAR else party.values
        vector = ring.from_signed(values)
        party.state, out, signature = party.client.mask(state(party), request.shares, vector)
        server.masked(name, MaskReply(out, signature))
    server.close_masking()
    for name, reply in unmasking(Lie(alliance, server, {})).items():
        server.unmasked(name, reply)
    with refused("sum-out-of-range"):
        server.decode()


def with_bound(alliance: MemoryAlliance, bound: int) -> MemoryAlliance:
    vector = replace(alliance.session.vector, bound=bound)
    alliance.session = replace(alliance.session, vector=vector)
    for party in alliance.parties.values():
        party.session = alliance.session
    return alliance
