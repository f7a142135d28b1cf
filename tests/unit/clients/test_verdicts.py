"""Verdicts: who may approve, what a person cannot overrule, what is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.cli.output import verdict_word
from hanse_clients.errors import PolicyDeniedError
from hanse_clients.verdicts import APPROVAL_AWAITED, REFUSED_BY_PERSON
from hanse_federation.desk import ProposedStudy, StudyState
from hanse_federation.link.errors import ServerUnreachableError
from hanse_policies.documents import ApprovalMode, BrandId, Verdict
from hanse_policies.errors import SignatureError
from hanse_policies.signing import SigningKey
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import (
    BrandParts,
    DeskContact,
    SmallLeague,
    put_policy,
    small_league,
)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def brand(league: SmallLeague) -> BrandParts:
    return league.brands["alder"]


def make_manual(league: SmallLeague, brand: BrandParts) -> None:
    policy = a_league_policy("alder", league.clock(), approval=ApprovalMode.MANUAL)
    put_policy(brand.home, policy)


def heard(league: SmallLeague, brand: BrandParts, **changes: object) -> str:
    digest = league.propose(a_league_histogram(league.clock(), **changes))
    assert digest in brand.desk.hear(league.contact("alder"), league.clock())
    return digest


class Handing(DeskContact):
    """A server that hands out what a test puts there."""

    def __init__(self, league: SmallLeague, *proposed: ProposedStudy) -> None:
        super().__init__(league.desk, BrandId("alder"))
        self._proposed = proposed

    def studies(self) -> tuple[ProposedStudy, ...]:
        return self._proposed


def test_an_automatic_policy_permits_without_a_person(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = heard(league, brand)
    verdict = brand.desk.settle(digest, league.clock())
    assert verdict is not None
    assert (verdict.verdict, verdict.codes) == (Verdict.PERMIT, ())


def test_a_manual_policy_waits_for_a_person(league: SmallLeague, brand: BrandParts) -> None:
    make_manual(league, brand)
    digest = heard(league, brand)
    assert brand.desk.settle(digest, league.clock()) is None
    assert brand.desk.verdict(digest) is None
    assert brand.desk.approve(digest, league.clock()).verdict is Verdict.PERMIT
    settled = brand.desk.settle(digest, league.clock())
    assert settled is not None
    assert settled.verdict is Verdict.PERMIT


def test_a_permit_that_no_person_gave_is_taken_back_once_the_policy_asks_for_one(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = heard(league, brand)
    permitted = brand.desk.settle(digest, league.clock())
    assert permitted is not None
    assert permitted.verdict is Verdict.PERMIT
    make_manual(league, brand)
    taken_back = brand.desk.settle(digest, league.clock())
    assert taken_back is not None
    assert (taken_back.verdict, taken_back.codes) == (Verdict.DENY, (APPROVAL_AWAITED,))
    assert verdict_word(taken_back) == "waiting"
    assert brand.desk.settle(digest, league.clock()) == taken_back
    assert brand.desk.approve(digest, league.clock()).verdict is Verdict.PERMIT


def test_a_refusal_by_rule_needs_no_person_and_no_person_can_overrule_it(
    league: SmallLeague, brand: BrandParts
) -> None:
    make_manual(league, brand)
    digest = heard(league, brand, recipients=("dogwood",))
    verdict = brand.desk.settle(digest, league.clock())
    assert verdict is not None
    assert verdict.verdict is Verdict.DENY
    with pytest.raises(PolicyDeniedError, match="recipients"):
        brand.desk.approve(digest, league.clock())
    assert brand.desk.verdict(digest) == verdict
    assert brand.state.approval(digest) is None


def test_an_approval_given_earlier_does_not_overrule_a_later_refusal_by_rule(
    league: SmallLeague, brand: BrandParts
) -> None:
    make_manual(league, brand)
    digest = heard(league, brand)
    brand.desk.approve(digest, league.clock())
    denying = a_league_policy("alder", league.clock(), permits=())
    put_policy(brand.home, denying)
    verdict = brand.desk.settle(digest, league.clock())
    assert verdict is not None
    assert verdict.verdict is Verdict.DENY


def test_a_persons_no_stands_against_an_automatic_policy(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = heard(league, brand)
    refused = brand.desk.refuse(digest, league.clock())
    assert refused.codes == (REFUSED_BY_PERSON,)
    settled = brand.desk.settle(digest, league.clock())
    assert settled is not None
    assert (settled.verdict, settled.codes) == (Verdict.DENY, (REFUSED_BY_PERSON,))


def test_an_unchanged_verdict_is_signed_once(league: SmallLeague, brand: BrandParts) -> None:
    digest = heard(league, brand)
    first = brand.desk.settle(digest, league.clock())
    assert brand.desk.settle(digest, league.clock()) == first


def test_a_changed_policy_makes_a_new_verdict(league: SmallLeague, brand: BrandParts) -> None:
    digest = heard(league, brand)
    first = brand.desk.settle(digest, league.clock())
    put_policy(brand.home, a_league_policy("alder", league.clock(), epsilon=7.0))
    second = brand.desk.settle(digest, league.clock())
    assert first is not None
    assert second is not None
    assert second.policy != first.policy
    assert second.verdict is Verdict.PERMIT


def test_a_verdict_lost_on_the_way_is_kept_and_sent_again(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = heard(league, brand)
    brand.desk.settle(digest, league.clock())
    contact = league.contact("alder")
    contact.losses = 1
    with pytest.raises(ServerUnreachableError):
        brand.desk.send(contact, digest)
    assert league.store.studies.verdicts(digest) == ()
    brand.desk.send(contact, digest)
    brand.desk.send(contact, digest)
    (held,) = league.store.studies.verdicts(digest)
    own = brand.state.verdict(digest)
    assert own is not None
    assert held.envelope == own.envelope


def test_a_verdict_names_the_policy_it_was_decided_under_and_no_text(
    league: SmallLeague, brand: BrandParts
) -> None:
    digest = heard(league, brand, recipients=("dogwood",))
    verdict = brand.desk.settle(digest, league.clock())
    assert verdict is not None
    assert verdict.policy == brand.home.documents.policy().digest
    assert all("." in code and " " not in code for code in verdict.codes)


def test_a_study_is_known_by_its_own_digest_whatever_the_server_calls_it(
    league: SmallLeague, brand: BrandParts
) -> None:
    signed = league.operator.signing_key().sign(a_league_histogram(league.clock()))
    contact = Handing(league, ProposedStudy("cd" * 32, signed.to_json(), StudyState.PROPOSED))
    assert "cd" * 32 not in brand.desk.hear(contact, league.clock())
    assert {seen.digest for seen in brand.state.studies()} <= {signed.payload_digest}


def test_a_study_that_the_operator_did_not_sign_leaves_no_trace_and_hides_no_other(
    league: SmallLeague, brand: BrandParts
) -> None:
    forged = SigningKey.generate().sign(a_league_histogram(league.clock(), id="forged"))
    good = league.operator.signing_key().sign(a_league_histogram(league.clock()))
    broken = ProposedStudy("ef" * 32, b"{not an envelope", StudyState.PROPOSED)
    contact = Handing(
        league,
        broken,
        ProposedStudy(forged.payload_digest, forged.to_json(), StudyState.PROPOSED),
        ProposedStudy(good.payload_digest, good.to_json(), StudyState.PROPOSED),
    )
    assert brand.desk.hear(contact, league.clock()) == (good.payload_digest,)
    assert [seen.digest for seen in brand.state.studies()] == [good.payload_digest]
    with pytest.raises(Exception, match=forged.payload_digest[:12]):
        brand.gate.open(forged.payload_digest)


@pytest.mark.parametrize(
    ("state", "is_heard"),
    [
        (StudyState.PROPOSED, True),
        (StudyState.REFUSED, True),
        (StudyState.FAILED, True),
        (StudyState.RUNNING, False),
        (StudyState.RELEASED, False),
    ],
)
def test_a_study_is_heard_as_long_as_it_may_still_start(
    league: SmallLeague, brand: BrandParts, state: StudyState, is_heard: bool
) -> None:
    digest = league.propose(a_league_histogram(league.clock()))
    (proposed,) = league.contact("alder").studies()
    contact = Handing(league, replace(proposed, state=state))
    assert brand.desk.hear(contact, league.clock()) == ((digest,) if is_heard else ())


def test_a_charter_that_another_key_signed_stops_the_hearing(
    league: SmallLeague, brand: BrandParts
) -> None:
    contact = league.contact("alder")
    forged = SigningKey.generate().sign(a_league_histogram(league.clock())).to_json()
    contact.charter = lambda: forged  # type: ignore[method-assign]
    with pytest.raises(SignatureError):
        brand.desk.hear(contact, league.clock())
