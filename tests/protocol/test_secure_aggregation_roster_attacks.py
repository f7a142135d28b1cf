"""A server that lies about who takes part, and one owner who takes part under many names.
Each attack is refused, and shown to work where the check that stops it is taken away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

import hanse_federation.secure_aggregation.cohort as cohort_module
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.messages import (
    Advertisement,
    MaskRequest,
    ShareReply,
    ShareRequest,
)
from hanse_federation.secure_aggregation.quantisation import VectorFormat
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import BrandId
from tests.support.aggregation_attacks import joined, refused
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


# Rosters.


def test_roster_without_the_brand_that_is_asked_is_refused() -> None:
    alliance = memory_alliance(5)
    roster = tuple(ad for ad in roster_of(alliance) if ad.brand != VICTIM)
    with refused("roster-refused"):
        show(alliance.parties[VICTIM], roster)


def test_roster_that_names_a_brand_twice_is_refused() -> None:
    alliance = memory_alliance(4)
    roster = roster_of(alliance)
    with refused("roster-refused"):
        show(alliance.parties[VICTIM], (roster[0], *roster))


def test_roster_that_names_a_brand_twice_with_two_keys_is_refused() -> None:
    alliance = memory_alliance(4)
    roster, peer = roster_of(alliance), alliance.parties[PEER]
    peer.sent.clear()
    with refused("roster-refused"):
        show(alliance.parties[VICTIM], (peer.join().advertisement, *roster))


def test_roster_out_of_order_is_refused() -> None:
    alliance = memory_alliance(4)
    with refused("roster-refused"):
        show(alliance.parties[VICTIM], roster_of(alliance)[::-1])


def test_roster_with_a_stranger_is_refused() -> None:
    alliance, league = memory_alliance(4), memory_alliance(5)
    stranger = league.parties[BrandId("brand-004")].join().advertisement
    with refused("participant-unknown"):
        show(alliance.parties[VICTIM], (*roster_of(alliance), stranger))


def test_roster_larger_than_the_sum_can_hold_is_refused() -> None:
    alliance = memory_alliance(5)
    narrow = replace(alliance.session, vector=VectorFormat(5, Ring.Z32, 1000, 4))
    for party in alliance.parties.values():
        party.session, party.values = narrow, np.zeros(5, dtype=np.int64)
    with refused("roster-refused"):
        show(alliance.parties[VICTIM], roster_of(alliance))


def test_second_roster_in_one_attempt_is_refused() -> None:
    alliance = memory_alliance(5)
    roster, party = roster_of(alliance), alliance.parties[VICTIM]
    show(party, roster)
    party.restart()
    with refused("aggregation-step-conflict"):
        show(party, roster[:-1])


def test_two_rosters_to_two_halves_leave_nothing_to_mask_with() -> None:
    alliance = memory_alliance(6)
    roster = roster_of(alliance)
    for name, party in alliance.parties.items():
        show(party, roster if name < "brand-003" else roster[1:])
    sealed = alliance.parties[BrandId("brand-003")].sent["ShareRequest"][1]
    assert isinstance(sealed, ShareReply)
    for_victim = tuple(share for share in sealed.shares if share.holder == VICTIM)
    with refused("sealed-share-refused"):
        alliance.parties[VICTIM].take(MaskRequest("train", 1, for_victim))


def test_brand_of_the_old_charter_alone_is_refused() -> None:
    alliance = memory_alliance(5)
    roster = roster_of(alliance)
    keys = {name: party.client.keys for name, party in alliance.parties.items() if name != PEER}
    newer = replace(alliance.parties[VICTIM].client, members=Members(charter_with(keys)))
    alliance.parties[VICTIM].client = newer
    with refused("participant-unknown"):
        show(alliance.parties[VICTIM], roster)


def test_brand_whose_key_the_new_charter_replaced_is_refused() -> None:
    alliance = memory_alliance(4)
    roster = roster_of(alliance)
    keys = {name: party.client.keys for name, party in alliance.parties.items()}
    newer = Members(charter_with({**keys, PEER: new_keys()}))
    alliance.parties[VICTIM].client = replace(alliance.parties[VICTIM].client, members=newer)
    with refused("advertisement-refused"):
        show(alliance.parties[VICTIM], roster)


# One owner behind many brands.

SPELLINGS = [
    ("Shell Ltd", "Shell Ltd"),
    ("Shell Ltd", "SHELL LTD"),
    ("Straße GmbH", "STRASSE GmbH"),
]
NO_CHARTER_HOLDS = [
    " Shell   Ltd ",
    "shell\u00a0ltd",
    "Ｓｈｅｌｌ　Ｌｔｄ",
    "Cafe\u0301 SA",
]
"""Other spaces, width and composition: a document refuses such a name."""


def sybils(one: str, other: str, *, count: int = 5) -> MemoryAlliance:
    """All brands but the victim belong to one owner, whose name is spelt in two ways."""
    names = [BrandId(f"brand-{number:03d}") for number in range(count)]
    owners = {name: (one, other)[at % 2] for at, name in enumerate(names) if name != VICTIM}
    return memory_alliance(count, entities=owners)


@pytest.mark.parametrize("name", NO_CHARTER_HOLDS)
def test_a_name_that_only_looks_like_another_stands_in_no_charter(name: str) -> None:
    with pytest.raises(ValidationError):
        sybils("Shell Ltd", name)


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_sybil_brands_of_one_owner_are_refused_by_the_brand(one: str, other: str) -> None:
    alliance = sybils(one, other)
    with refused("cohort-floor"):
        show(alliance.parties[VICTIM], roster_of(alliance))


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_sybil_brands_of_one_owner_are_refused_by_the_server(one: str, other: str) -> None:
    with refused("cohort-floor"):
        joined(sybils(one, other))


def test_sybil_brands_of_two_owners_are_enough_with_the_victim_and_no_fewer() -> None:
    alliance = sybils("Shell Ltd", "Other Ltd")
    assert joined(alliance).asked() == tuple(alliance.parties)


def test_sybil_brands_of_one_owner_read_a_vector_without_the_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cohort_module, "LEAST_LEGAL_ENTITIES", 1)
    alliance = sybils("Shell Ltd", "Shell Ltd")
    owned = [name for name in alliance.parties if name != VICTIM]
    read = alliance.run().values - alliance.true_sum(owned)
    np.testing.assert_array_equal(read, alliance.parties[VICTIM].values)


def test_two_brands_are_refused_whatever_a_study_asks_for() -> None:
    alliance = memory_alliance(3)
    weak = replace(alliance.parties[VICTIM].client, rules=CohortRules(1))
    alliance.parties[VICTIM].client = weak
    with refused("cohort-floor"):
        show(alliance.parties[VICTIM], roster_of(alliance)[:2])
