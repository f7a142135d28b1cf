"""A server that lies about who is who: other keys, other sessions, one owner under many names.
Each attack is refused, and shown to work where the check that stops it is taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hanse_federation.secure_aggregation.client import check_advertisement
from hanse_federation.secure_aggregation.cohort import Members
from hanse_federation.secure_aggregation.context import Session, advertisement_text
from hanse_federation.secure_aggregation.key_agreement import (
    PartyKeys,
    new_mask_key,
    public_mask_key,
    seal,
)
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    Endorsement,
    JoinReply,
    MaskReply,
    MaskRequest,
    ShareRequest,
    UnmaskRequest,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.server import ServerAttempt
from hanse_policies.documents import BrandId
from tests.support.aggregation_attacks import masked, refused, shared
from tests.support.secure_aggregation import (
    MemoryAlliance,
    Party,
    charter_with,
    memory_alliance,
    new_keys,
    roster_of,
)

VICTIM, PEER = BrandId("brand-001"), BrandId("brand-000")


def show(party: Party, roster: tuple[Advertisement, ...]) -> None:
    party.take(ShareRequest("train", party.session.attempt, roster))


def put(roster: tuple[Advertisement, ...], ad: Advertisement) -> tuple[Advertisement, ...]:
    return tuple(ad if each.brand == ad.brand else each for each in roster)


def signed(ad: Advertisement, keys: PartyKeys, session: Session) -> Advertisement:
    text = advertisement_text(
        session, ad.brand, mask_key=ad.mask_key, policy=ad.policy, commitment=ad.commitment
    )
    return replace(ad, signature=keys.sign(text))


# Keys that the server puts in the place of a brand's.


@pytest.mark.parametrize("field", ["mask_key", "policy", "commitment", "signature"])
def test_advertisement_that_the_server_altered_is_refused(field: str) -> None:
    alliance = memory_alliance(4)
    roster = roster_of(alliance)
    length = len(getattr(roster[0], field))
    changes: dict[str, Any] = {field: b"\x07" * length}
    with refused("advertisement-refused"):
        show(alliance.parties[VICTIM], put(roster, replace(roster[0], **changes)))


def test_mask_key_that_the_server_signed_with_a_key_of_its_own_is_refused() -> None:
    alliance = memory_alliance(4)
    roster = roster_of(alliance)
    mine = replace(roster[0], mask_key=public_mask_key(new_mask_key(alliance_randomness(alliance))))
    with refused("advertisement-refused"):
        show(alliance.parties[VICTIM], put(roster, signed(mine, new_keys(), alliance.session)))


def alliance_randomness(alliance: MemoryAlliance) -> Any:
    return alliance.parties[VICTIM].client.randomness


def test_own_advertisement_that_the_server_altered_is_refused() -> None:
    alliance = memory_alliance(4)
    party = alliance.parties[VICTIM]
    altered = replace(party.join().advertisement, mask_key=b"\x07" * 32)
    with refused("roster-refused"):
        show(party, put(roster_of(alliance), altered))


def test_own_advertisement_of_an_earlier_time_is_refused() -> None:
    alliance = memory_alliance(4)
    party = alliance.parties[VICTIM]
    earlier = party.join().advertisement
    party.sent.clear()
    party.join()
    with refused("roster-refused"):
        show(party, put(roster_of(alliance), earlier))


def test_share_that_the_server_sealed_with_an_agreement_key_of_its_own_is_refused() -> None:
    alliance = memory_alliance(4)
    request = mask_request(shared(alliance))
    victim = alliance.members.find(VICTIM).keys.agreement
    made = seal(new_keys(), victim, b"t" * 32, PEER, VICTIM, bytes(66))
    shares = (replace(request.shares[0], ciphertext=made), *request.shares[1:])
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(replace(request, shares=shares))


def test_sealed_shares_that_the_server_mixed_up_are_refused() -> None:
    alliance = memory_alliance(4)
    request = mask_request(shared(alliance))
    first, second, *rest = request.shares
    swapped = (
        replace(first, ciphertext=second.ciphertext),
        replace(second, ciphertext=first.ciphertext),
        *rest,
    )
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(replace(request, shares=swapped))


def test_share_sealed_for_another_holder_is_refused() -> None:
    alliance = memory_alliance(4)
    server = shared(alliance)
    for_peer = server.request_for(BrandId("brand-002"))
    assert isinstance(for_peer, MaskRequest)
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(for_peer)


def mask_request(server: ServerAttempt) -> MaskRequest:
    request = server.request_for(VICTIM)
    assert isinstance(request, MaskRequest)
    return request


def beside_puppets(members_of_victim: str) -> tuple[MemoryAlliance, NDArray[np.int64]]:
    """Put the victim among parties that the server plays, with keys that it made itself."""
    real, played = memory_alliance(4, seed=1), memory_alliance(4, seed=2)
    victim = real.parties[VICTIM]
    keys = {name: party.client.keys for name, party in played.parties.items()}
    keys[VICTIM] = victim.client.keys
    words_of_server = Members(charter_with(keys))
    for party in (*played.parties.values(), victim):
        party.client = replace(party.client, members=words_of_server)
    if members_of_victim == "charter":
        victim.client = replace(victim.client, members=real.members)
    parties = {**played.parties, VICTIM: victim}
    return MemoryAlliance(words_of_server, real.rules, real.session, parties), victim.values


def test_server_that_plays_all_other_brands_is_refused() -> None:
    alliance, _ = beside_puppets("charter")
    with refused("advertisement-refused"):
        alliance.run()


def test_server_that_plays_all_other_brands_reads_a_vector_of_who_takes_keys_from_it() -> None:
    alliance, secret = beside_puppets("server")
    others = [name for name in alliance.parties if name != VICTIM]
    read = alliance.run().values - alliance.true_sum(others)
    np.testing.assert_array_equal(read, secret)


# Envelopes of other rounds, runs, attempts and studies.

ELSEWHERE: dict[str, Any] = {
    "alliance": "another",
    "charter": "c5" * 32,
    "study": "5b" * 32,
    "run": 78,
    "question": "measure",
    "round_number": 4,
    "attempt": 2,
    "vector": VectorFormat(5, Ring.Z32, 1000, 4),
}


def elsewhere(field: str) -> tuple[MemoryAlliance, MemoryAlliance]:
    """The same brands twice: in a session, and in one that differs by a field."""
    alliance = memory_alliance(4)
    session = replace(alliance.session, **{field: ELSEWHERE[field]})
    values = np.zeros(5, dtype=np.int64)
    parties = {
        name: Party(party.client, values, session) for name, party in alliance.parties.items()
    }
    return alliance, replace(alliance, session=session, parties=parties)


@pytest.mark.parametrize("field", ELSEWHERE)
def test_advertisement_replayed_from_another_session_is_refused_by_brands(field: str) -> None:
    alliance, other = elsewhere(field)
    replayed = other.parties[PEER].join().advertisement
    with refused("advertisement-refused"):
        show(alliance.parties[VICTIM], put(roster_of(alliance), replayed))


@pytest.mark.parametrize("field", ELSEWHERE)
def test_advertisement_replayed_from_another_session_is_refused_by_the_server(field: str) -> None:
    alliance, other = elsewhere(field)
    with refused("advertisement-refused"):
        alliance.server().joined(PEER, other.parties[PEER].join())


@pytest.mark.parametrize("field", ELSEWHERE)
def test_sealed_shares_replayed_from_another_session_are_refused(field: str) -> None:
    alliance, other = elsewhere(field)
    shared(alliance)
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(mask_request(shared(other)))


@pytest.mark.parametrize("field", ELSEWHERE)
def test_masked_vector_replayed_from_another_session_is_refused(field: str) -> None:
    alliance, other = elsewhere(field)
    server = shared(alliance)
    with refused("participant-signature-refused"):
        server.masked(VICTIM, masked(other).masked[VICTIM])


@pytest.mark.parametrize("field", ELSEWHERE)
def test_endorsements_replayed_from_another_session_are_refused(field: str) -> None:
    alliance, other = elsewhere(field)
    here, there = masked(alliance), masked(other)
    here.endorse(here.names, here.names)
    replayed = there.endorse(there.names, there.names)
    with refused("participant-signature-refused"):
        here.unmask((VICTIM,), here.names, replayed)


def test_endorsements_replayed_into_another_roster_are_refused() -> None:
    alliance, again = memory_alliance(5), memory_alliance(5)
    again.members = alliance.members
    for name, party in again.parties.items():
        party.client = alliance.parties[name].client
    here, there = masked(alliance), masked(again)
    here.endorse(here.names, here.names)
    with refused("participant-signature-refused"):
        here.unmask((VICTIM,), here.names, there.endorse(there.names, there.names))


def test_advertisement_is_taken_in_any_round_where_signatures_bind_no_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Session, "encode", lambda _: b"")
    alliance, other = elsewhere("round_number")
    replayed = other.parties[PEER].join().advertisement
    show(alliance.parties[VICTIM], put(roster_of(alliance), replayed))


def test_advertisement_under_the_old_charter_is_refused() -> None:
    alliance, older = elsewhere("charter")
    ad = older.parties[PEER].join().advertisement
    with refused("advertisement-refused"):
        check_advertisement(alliance.members, alliance.session, ad)


# Replies under a wrong name.


def test_advertisement_sent_under_another_brands_name_is_refused() -> None:
    alliance = memory_alliance(4)
    with refused("advertisement-refused"):
        alliance.server().joined(VICTIM, JoinReply(alliance.parties[PEER].join().advertisement))


def test_advertisement_of_a_mask_key_of_low_order_is_refused() -> None:
    alliance = memory_alliance(4)
    party = alliance.parties[VICTIM]
    mine, zero = party.join().advertisement, bytes(32)
    text = advertisement_text(
        party.session, VICTIM, mask_key=zero, policy=mine.policy, commitment=mine.commitment
    )
    low = replace(mine, mask_key=zero, signature=party.client.keys.sign(text))
    with refused("advertisement-refused"):
        alliance.server().joined(VICTIM, JoinReply(low))


def test_masked_vector_sent_under_another_brands_name_is_refused() -> None:
    alliance = memory_alliance(4)
    server = shared(alliance)
    reply = alliance.parties[PEER].take(server.request_for(PEER))
    assert isinstance(reply, MaskReply)
    with refused("participant-signature-refused"):
        server.masked(VICTIM, reply)


def test_endorsement_of_a_signer_without_a_pinned_key_is_refused() -> None:
    lie = masked(memory_alliance(4))
    signed_list = lie.endorse(lie.names, lie.names)
    unknown = Endorsement(VICTIM, new_keys().sign(b"survivors"))
    with refused("participant-signature-refused"):
        lie.party(PEER).take(
            UnmaskRequest("train", 1, lie.names, put_endorsement(signed_list, unknown))
        )


def put_endorsement(
    signed_list: tuple[Endorsement, ...], one: Endorsement
) -> tuple[Endorsement, ...]:
    return tuple(one if each.brand == one.brand else each for each in signed_list)
