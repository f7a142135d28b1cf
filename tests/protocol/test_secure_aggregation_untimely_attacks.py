"""Replies at a wrong time, and of brands that nobody asked: what a network repeats and delays,
or one broken brand sends. Each is refused, and shown to spoil a sum where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hanse_federation.secure_aggregation.context import survivors_text
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    MaskReply,
    ShareReply,
    UnmaskReply,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_federation.secure_aggregation.server_state import Phase
from hanse_policies.documents import BrandId
from tests.support.aggregation_attacks import (
    Lie,
    joined,
    masked,
    refused,
    signed_vector,
    unmasking,
)
from tests.support.secure_aggregation import MemoryAlliance, memory_alliance

LIAR, VICTIM, ABSENT = BrandId("brand-000"), BrandId("brand-001"), BrandId("brand-004")
STRANGER = BrandId("zz-stranger")


def test_vector_that_comes_after_masking_was_closed_is_refused() -> None:
    lie, server = late_vector()
    with refused("aggregation-step-out-of-order"):
        server.masked(VICTIM, lie.masked[VICTIM])


def test_vector_that_comes_again_after_a_restart_is_refused() -> None:
    lie, server = late_vector()
    members, rules = lie.alliance.members, lie.alliance.rules
    again = ServerAttempt(members, rules, server.state, server.running_sum)
    with refused("aggregation-step-out-of-order"):
        again.masked(LIAR, lie.masked[LIAR])


def test_vector_that_comes_late_makes_a_wrong_sum_where_the_time_is_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ServerAttempt, "_check_asked", lambda *_: None)
    monkeypatch.setattr(
        VectorFormat, "decode", lambda own, total, _: own.ring.signed_view(total).astype(np.int64)
    )
    lie, server = late_vector()
    server.masked(VICTIM, lie.masked[VICTIM])
    lie.server = server
    for brand, reply in unmasking(lie).items():
        server.unmasked(brand, reply)
    decoded = server.decode()
    true_sum = lie.alliance.true_sum(decoded.survivors)
    assert not np.array_equal(decoded.values, true_sum)


def test_sum_written_before_the_survivors_were_fixed_is_not_added_to() -> None:
    lie = masked(memory_alliance(4))
    asking = replace(lie.server.state, phase=Phase.MASKING, survivors=())
    again = ServerAttempt(lie.alliance.members, lie.alliance.rules, asking, lie.server.running_sum)
    assert again.running_sum is None


@pytest.mark.parametrize("brand", [STRANGER, ABSENT], ids=["a stranger", "who did not join"])
def test_shares_of_a_brand_that_is_not_asked_are_refused(brand: BrandId) -> None:
    alliance = memory_alliance(5)
    del alliance.parties[ABSENT]
    server = joined(alliance)
    with refused("aggregation-step-out-of-order"):
        server.shared(brand, ShareReply(()))


def without_shares_of_absent() -> tuple[MemoryAlliance, ServerAttempt]:
    """Close sharing without one brand, which joined."""
    alliance = memory_alliance(5)
    server = joined(alliance)
    for name in server.asked()[:-1]:
        reply = alliance.parties[name].take(server.request_for(name))
        assert isinstance(reply, ShareReply)
        server.shared(name, reply)
    server.close_sharing()
    return alliance, server


def test_vector_of_a_brand_that_did_not_share_is_refused() -> None:
    alliance, server = without_shares_of_absent()
    reply = signed_vector(alliance, server, ABSENT, np.zeros(5, dtype="<u4"))
    with refused("aggregation-step-out-of-order"):
        server.masked(ABSENT, reply)


def test_vector_of_a_brand_that_did_not_share_spoils_the_sum_where_it_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ServerAttempt, "_check_asked", lambda *_: None)
    alliance, server = without_shares_of_absent()
    server.masked(ABSENT, signed_vector(alliance, server, ABSENT, np.zeros(5, dtype="<u4")))
    for name in server.asked():
        reply = alliance.parties[name].take(server.request_for(name))
        assert isinstance(reply, MaskReply)
        server.masked(name, reply)
    server.close_masking()
    with refused("survivors-refused"):
        alliance.parties[VICTIM].take(server.request_for(VICTIM))


def test_endorsement_of_a_brand_that_did_not_survive_is_refused() -> None:
    lie, server = late_vector()
    transcript = lie.topology().transcript
    text = survivors_text(transcript, server.state.survivors)
    reply = EndorseReply(lie.party(VICTIM).client.keys.sign(text))
    with refused("aggregation-step-out-of-order"):
        server.endorsed(VICTIM, reply)


def test_shares_revealed_before_the_list_was_endorsed_are_refused() -> None:
    _, server = late_vector()
    with refused("aggregation-step-out-of-order"):
        server.unmasked(LIAR, UnmaskReply(()))


def test_joining_after_the_roster_is_fixed_is_refused() -> None:
    alliance = memory_alliance(5)
    late = alliance.parties.pop(BrandId("brand-004"))
    server = joined(alliance)
    with refused("aggregation-step-out-of-order"):
        server.joined(late.brand, late.join())


def late_vector() -> tuple[Lie, ServerAttempt]:
    """Close masking without the victim, whose vector is on its way."""
    lie = masked(memory_alliance(5))
    asking = replace(lie.server.state, phase=Phase.MASKING, survivors=())
    server = ServerAttempt(lie.alliance.members, lie.alliance.rules, asking, None)
    for name in lie.names:
        if name != VICTIM:
            server.masked(name, lie.masked[name])
    server.close_masking()
    return lie, server
