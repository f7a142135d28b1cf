"""A server that lies about who survived. Each attack is refused, and shown to work where
the check that stops it is taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hanse_federation.secure_aggregation.client import ClientParty
from hanse_federation.secure_aggregation.client_state import ClientState
from hanse_federation.secure_aggregation.cohort import CohortRules, Members
from hanse_federation.secure_aggregation.errors import SumUnrecoverableError
from hanse_federation.secure_aggregation.messages import (
    Endorsement,
    EndorseRequest,
    MaskRequest,
    ShareKind,
    UnmaskRequest,
)
from hanse_policies.documents import BrandId
from tests.support.aggregation_attacks import (
    HalfIsEnough,
    Lie,
    OneIsEnough,
    masked,
    refused,
    shared,
)
from tests.support.aggregation_attacks import state_of as state
from tests.support.secure_aggregation import MemoryAlliance, memory_alliance, new_keys

VICTIM = BrandId("brand-001")


def without(names: tuple[BrandId, ...], *left_out: BrandId) -> tuple[BrandId, ...]:
    return tuple(name for name in names if name not in left_out)


def weaken(alliance: MemoryAlliance, rules: CohortRules) -> None:
    alliance.rules = rules
    for party in alliance.parties.values():
        party.client = replace(party.client, rules=rules)


def request_of(
    lie: Lie, survivors: tuple[BrandId, ...], endorsements: tuple[Endorsement, ...]
) -> UnmaskRequest:
    return UnmaskRequest("train", lie.alliance.session.attempt, survivors, endorsements)


# One brand both active and dropped.


def test_brand_that_is_active_and_dropped_is_refused_when_the_second_list_is_endorsed() -> None:
    lie = masked(memory_alliance(5))
    lie.endorse(lie.names, lie.names)
    with refused("aggregation-step-conflict"):
        lie.endorse(lie.names[:1], without(lie.names, VICTIM))


def test_brand_that_is_active_and_dropped_is_refused_when_the_second_share_is_asked() -> None:
    lie = masked(memory_alliance(5))
    signed = lie.endorse(lie.names, lie.names)
    lie.unmask(lie.names, lie.names, signed)
    with refused("survivors-refused"):
        lie.unmask(lie.names[:1], without(lie.names, VICTIM), signed)


def test_nobody_reveals_both_kinds_of_share_of_one_owner() -> None:
    lie = masked(memory_alliance(5))
    lie.unmask(lie.names, lie.names, lie.endorse(lie.names, lie.names))
    assert {share.kind for _, share in lie.revealed} == {ShareKind.SELF_MASK}
    with pytest.raises(SumUnrecoverableError):
        lie.vector_of(VICTIM)


def test_brands_that_forget_what_they_endorsed_and_revealed_give_away_a_vector() -> None:
    lie = masked(memory_alliance(5))
    before = {name: state(party) for name, party in lie.alliance.parties.items()}
    lie.unmask(lie.names, lie.names, lie.endorse(lie.names, lie.names))
    for name, party in lie.alliance.parties.items():
        party.state, party.sent = before[name], {}
    others = without(lie.names, VICTIM)
    lie.unmask(others, others, lie.endorse(others, others))
    np.testing.assert_array_equal(lie.vector_of(VICTIM), lie.party(VICTIM).values)


# Two survivor lists to two halves.


def two_halves(alliance: MemoryAlliance) -> tuple[Lie, list[tuple[tuple[BrandId, ...], ...]]]:
    """Show one half everybody and the other half everybody but the victim, who is in the first."""
    lie = masked(alliance)
    half = len(lie.names) // 2
    return lie, [
        (lie.names[:half], lie.names),
        (lie.names[half:], without(lie.names, VICTIM)),
    ]


def test_two_survivor_lists_to_two_halves_find_too_few_endorsements() -> None:
    lie, halves = two_halves(memory_alliance(6))
    for brands, survivors in halves:
        signed = lie.endorse(brands, survivors)
        with refused("too-few-signatures"):
            lie.unmask(brands, survivors, signed)


def test_two_survivor_lists_to_two_halves_cannot_share_endorsements() -> None:
    lie, halves = two_halves(memory_alliance(6))
    signed = [lie.endorse(brands, survivors) for brands, survivors in halves]
    everybody = tuple(sorted((*signed[0], *signed[1]), key=lambda each: each.brand))
    with refused("participant-signature-refused"):
        lie.unmask(halves[0][0], halves[0][1], everybody)


def test_a_brand_that_endorsed_one_list_does_not_unmask_the_other() -> None:
    lie, halves = two_halves(memory_alliance(6))
    signed = [lie.endorse(brands, survivors) for brands, survivors in halves]
    with refused("survivors-refused"):
        lie.unmask(halves[0][0], halves[1][1], signed[1])


def test_two_survivor_lists_give_away_a_vector_where_half_is_enough() -> None:
    alliance = memory_alliance(6)
    weaken(alliance, HalfIsEnough(3))
    lie, halves = two_halves(alliance)
    for brands, survivors in halves:
        lie.unmask(brands, survivors, lie.endorse(brands, survivors))
    np.testing.assert_array_equal(lie.vector_of(VICTIM), lie.party(VICTIM).values)


# Two survivor lists, with colluders whom the server gathers in a small roster.


def around_colluders(assumed: int) -> tuple[Lie, list[tuple[tuple[BrandId, ...], ...]]]:
    """Three of seven collude; of the honest four, two see each list and two the other."""
    alliance = memory_alliance(7, minimum_brands=5, assumed_colluders=assumed)
    lie = masked(alliance)
    honest, colluders = lie.names[:4], lie.names[4:]
    return lie, [
        ((*honest[:2], *colluders), lie.names),
        ((*honest[2:], *colluders), without(lie.names, VICTIM)),
    ]


def reveal_to_colluders(lie: Lie, brands: tuple[BrandId, ...], shown: tuple[BrandId, ...]) -> None:
    """Show a list to some; colluders sign every list and reveal for each of them."""
    for name in lie.names[4:]:
        party = lie.party(name)
        party.state, party.sent = replace(state(party), endorsed=(), has_revealed=False), {}
    kept = {name: state(lie.party(name)) for name in lie.names[4:]}
    signed = lie.endorse(brands, shown)
    lie.unmask(brands, shown, signed)
    for name, before in kept.items():
        lie.party(name).state = before


def test_two_survivor_lists_find_too_few_endorsements_with_as_many_colluders_as_assumed() -> None:
    lie, halves = around_colluders(3)
    for brands, survivors in halves:
        with refused("too-few-signatures"):
            reveal_to_colluders(lie, brands, survivors)


def test_two_survivor_lists_give_away_a_vector_with_more_colluders_than_assumed() -> None:
    lie, halves = around_colluders(1)
    for brands, survivors in halves:
        reveal_to_colluders(lie, brands, survivors)
    np.testing.assert_array_equal(lie.vector_of(VICTIM), lie.party(VICTIM).values)


# A server that makes up endorsements.


class TrustingClient(ClientParty):
    """A weakened build: it believes the server that a list was endorsed."""

    __slots__ = ()

    def _check_endorsements(
        self, state: ClientState, endorsements: tuple[Endorsement, ...]
    ) -> None:
        del state, endorsements


def forged(survivors: tuple[BrandId, ...]) -> tuple[Endorsement, ...]:
    return tuple(Endorsement(brand, new_keys().sign(b"whatever")) for brand in survivors)


def test_forged_endorsements_are_refused() -> None:
    lie = masked(memory_alliance(5))
    lie.endorse(lie.names, lie.names)
    with refused("participant-signature-refused"):
        lie.unmask(lie.names, lie.names, forged(lie.names))


def test_clients_that_believe_forged_endorsements_reveal_for_two_lists() -> None:
    lie = masked(memory_alliance(6))
    for party in lie.alliance.parties.values():
        own = party.client
        party.client = TrustingClient(own.brand, own.keys, own.members, own.rules, own.randomness)
    dropped = without(lie.names, VICTIM)
    for brands, survivors in ((lie.names[:2], lie.names), (lie.names[2:], dropped)):
        lie.endorse(brands, survivors)
        lie.unmask(brands, survivors, forged(survivors))
    kinds = {share.kind for _, share in lie.revealed if share.owner == VICTIM}
    assert kinds == {ShareKind.SELF_MASK, ShareKind.MASK_KEY}


def test_endorsement_of_a_stranger_is_refused() -> None:
    lie = masked(memory_alliance(5))
    signed = lie.endorse(lie.names, lie.names)
    stranger = Endorsement(BrandId("zz-stranger"), signed[-1].signature)
    with refused("participant-signature-refused"):
        lie.unmask(lie.names, lie.names, (*signed[:-1], stranger))


def test_endorsement_of_a_brand_that_did_not_survive_is_refused() -> None:
    lie = masked(memory_alliance(5))
    survivors = lie.names[:-1]
    signed = lie.endorse(survivors, survivors)
    outsider = Endorsement(lie.names[-1], signed[-1].signature)
    with refused("participant-signature-refused"):
        lie.unmask(survivors, survivors, (*signed, outsider))


def test_endorsement_under_another_brands_name_is_refused() -> None:
    lie = masked(memory_alliance(5))
    signed = lie.endorse(lie.names, lie.names)
    borrowed = replace(signed[1], signature=signed[0].signature)
    with refused("participant-signature-refused"):
        lie.unmask(lie.names, lie.names, (signed[0], borrowed, *signed[2:]))


def test_duplicate_endorsements_do_not_reach_the_threshold() -> None:
    lie = masked(memory_alliance(5))
    one = lie.endorse(lie.names, lie.names)[:1]
    with refused("roster-refused"):
        lie.unmask(lie.names, lie.names, one * 5)


# A server that asks again after revealing.


def test_server_that_asks_again_for_the_same_gets_the_same_bytes() -> None:
    lie = masked(memory_alliance(5))
    request = request_of(lie, lie.names, lie.endorse(lie.names, lie.names))
    party = lie.party(VICTIM)
    first = party.take(request)
    party.restart()
    assert party.take(request) == first


def test_server_that_asks_again_with_other_endorsements_is_refused() -> None:
    lie = masked(memory_alliance(6))
    signed = lie.endorse(lie.names, lie.names)
    lie.unmask(lie.names, lie.names, signed)
    lie.party(VICTIM).restart()
    with refused("reveal-refused"):
        lie.unmask((VICTIM,), lie.names, signed[1:])


def test_server_that_asks_again_with_another_list_is_refused() -> None:
    lie = masked(memory_alliance(5))
    signed = lie.endorse(lie.names, lie.names)
    lie.unmask(lie.names, lie.names, signed)
    lie.party(lie.names[0]).restart()
    with refused("survivors-refused"):
        lie.unmask(lie.names[:1], without(lie.names, VICTIM), signed[:4])


def test_a_brand_holds_no_share_after_revealing() -> None:
    lie = masked(memory_alliance(5))
    lie.unmask(lie.names, lie.names, lie.endorse(lie.names, lie.names))
    kept = state(lie.party(VICTIM))
    assert (kept.held, kept.seed, kept.mask_key) == ((), b"", b"")


def test_brands_that_reveal_in_two_attempts_give_away_a_vector() -> None:
    alliance = memory_alliance(5)  # its parties go on after revealing, as no store lets them
    everybody = alliance.run()
    alliance.next_attempt()
    others = alliance.run([VICTIM], after="share")
    difference = everybody.values - others.values
    np.testing.assert_array_equal(difference, alliance.parties[VICTIM].values)


# A cohort that shrinks after masking.


def test_cohort_shrunk_below_the_floor_after_masking_is_refused() -> None:
    lie = masked(memory_alliance(5))
    with refused("cohort-floor"):
        lie.endorse((VICTIM,), lie.names[:2])


def test_cohort_shrunk_below_the_studys_floor_after_masking_is_refused() -> None:
    lie = masked(memory_alliance(5, minimum_brands=4))
    with refused("cohort-floor"):
        lie.endorse((VICTIM,), lie.names[:3])


def test_cohort_shrunk_to_two_legal_entities_after_masking_is_refused() -> None:
    owners = {BrandId(f"brand-{number:03d}"): "Shell Ltd" for number in range(4)}
    lie = masked(memory_alliance(6, entities=owners))
    with refused("cohort-floor"):
        lie.endorse((VICTIM,), lie.names[:5])


def test_cohort_shrunk_below_the_threshold_after_masking_is_refused() -> None:
    lie = masked(memory_alliance(9))
    with refused("too-few-signatures"):
        lie.endorse((VICTIM,), lie.names[:6])


def test_cohort_shrunk_to_one_brand_gives_away_its_vector_without_floor_and_threshold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alliance = memory_alliance(3)
    weaken(alliance, OneIsEnough(1))
    monkeypatch.setattr(Members, "check_floor", lambda *_: None)
    decoded = alliance.run(without(tuple(alliance.parties), VICTIM), after="share")
    assert decoded.survivors == (VICTIM,)
    np.testing.assert_array_equal(decoded.values, alliance.parties[VICTIM].values)


# Lists that contradict what was handed out.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda names: (*names, BrandId("zz-stranger")), "survivors-refused"),
        (lambda names: without(names, VICTIM), "survivors-refused"),
        (lambda names: (names[0], *names), "roster-refused"),
        (lambda names: (*names[1:], names[0]), "roster-refused"),
        (lambda _: (), "survivors-refused"),
    ],
    ids=["a stranger", "without the brand asked", "a brand twice", "out of order", "nobody"],
)
def test_survivor_list_that_makes_no_sense_is_refused(
    change: Callable[[tuple[BrandId, ...]], tuple[BrandId, ...]], code: str
) -> None:
    lie = masked(memory_alliance(5))
    with refused(code):
        lie.endorse((VICTIM,), change(lie.names))


def test_survivor_whose_shares_were_withheld_from_a_brand_is_refused() -> None:
    alliance = memory_alliance(6)
    server, party = shared(alliance), alliance.parties[VICTIM]
    request = server.request_for(VICTIM)
    assert isinstance(request, MaskRequest)
    party.take(replace(request, shares=request.shares[:-1]))
    with refused("survivors-refused"):
        party.take(EndorseRequest("train", 1, tuple(alliance.parties)))


def test_shares_withheld_until_no_sum_could_be_unmasked_are_refused() -> None:
    alliance = memory_alliance(6)
    server, party = shared(alliance), alliance.parties[VICTIM]
    request = server.request_for(VICTIM)
    assert isinstance(request, MaskRequest)
    with refused("too-few-signatures"):
        party.take(replace(request, shares=request.shares[:-2]))


@pytest.mark.parametrize("step", ["endorse", "unmask"])
def test_step_before_the_one_it_builds_on_is_refused(step: str) -> None:
    alliance = memory_alliance(5)
    names = tuple(alliance.parties)
    party = alliance.parties[VICTIM]
    party.join()
    request = EndorseRequest("train", 1, names) if step == "endorse" else None
    with refused("aggregation-step-out-of-order"):
        party.take(request or UnmaskRequest("train", 1, names, ()))
