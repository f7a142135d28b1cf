"""Keys that sign what is not theirs to sign, or no more, and the code each is refused with.

Every attack has its counterpart: the same document by the key that may, or by the same key
while it might.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hanse_clients.brand_documents import BrandDocuments
from hanse_clients.errors import (
    DocumentNotApprovedError,
)
from hanse_federation.desk import ProposedStudy, StudyState
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    Approval,
    ApprovalRules,
    Approver,
    BrandId,
    BrandPolicy,
    ConsentRules,
    Verdict,
)
from hanse_policies.errors import HanseError, SignatureError
from hanse_policies.signing import SigningKey
from hanse_server.enrolment import charter_in_force, revoke
from tests.support.documents import a_key
from tests.support.league_documents import (
    a_league_histogram,
    a_league_policy,
)
from tests.support.league_parties import (
    BrandParts,
    DeskContact,
    SmallLeague,
    put_policy,
    small_league,
    write_yaml,
)


def approve(
    documents: BrandDocuments, after: BrandPolicy, before: BrandPolicy, key: SigningKey
) -> None:
    approval = Approval(
        kind="Approval",
        document=digest(after),
        supersedes=digest(before),
        approver="wei",
        verdict=Verdict.PERMIT,
        reason="Looked at it",
        approved=after.active_from,
    )
    documents.approvals_folder.mkdir(exist_ok=True)
    file = documents.approvals_folder / f"{digest(after)}.json"
    file.write_bytes(key.sign(approval).to_json())


def test_a_policy_approved_by_its_own_author(league: SmallLeague, brand: BrandParts) -> None:
    key, home = a_key(8), brand.home
    approver = Approver(id="wei", role="data-owner", key=key.public_hex)
    put_policy(home, a_league_policy("alder", league.clock(), approvers=(approver,)))
    named = home.documents.policy().document
    asked = {"approvals": ApprovalRules(loosen=1), "supersedes": digest(named)}
    before = named.model_copy(update={"version": "8.0.0"} | asked)
    approve(home.documents, before, named, key)
    write_yaml(home.documents.policy_file, before)
    home.documents.sign_policy()
    after = before.model_copy(
        update={
            "version": "9.0.0",
            "supersedes": digest(before),
            "author": "wei",
            "consent": ConsentRules(max_age_hours=700),
        }
    )
    write_yaml(home.documents.policy_file, after)
    approve(home.documents, after, before, key)
    with pytest.raises(HanseError) as refused:
        home.documents.sign_policy()
    assert refused.value.code == DocumentNotApprovedError.code


def test_a_policy_approved_with_a_key_that_the_version_before_names_no_more(
    league: SmallLeague, brand: BrandParts
) -> None:
    documents, old, new = brand.home.documents, a_key(8), a_key(9)
    approver = Approver(id="wei", role="data-owner", key=old.public_hex)
    put_policy(brand.home, a_league_policy("alder", league.clock(), approvers=(approver,)))

    def next_version(number: int, **changes: object) -> tuple[BrandPolicy, BrandPolicy]:
        before = documents.policy().document
        succession = {"version": f"{number}.0.0", "supersedes": digest(before)}
        after = before.model_copy(update=succession | changes)
        write_yaml(documents.policy_file, after)
        return after, before

    approve(documents, *next_version(8, approvals=ApprovalRules(loosen=1)), old)
    documents.sign_policy()  # the key is good
    successor = approver.model_copy(update={"key": new.public_hex})
    approve(documents, *next_version(9, approvers=(successor,)), old)
    documents.sign_policy()  # and is good once more, to name the one that takes its place
    loosened = next_version(10, consent=ConsentRules(max_age_hours=700))
    approve(documents, *loosened, old)
    with pytest.raises(HanseError) as refused:
        documents.sign_policy()
    assert refused.value.code == "approval-invalid"
    approve(documents, *loosened, new)
    documents.sign_policy()


class HandsOut(DeskContact):
    """A server that hands out one study more than its operator proposed."""

    extra: bytes = b""

    def studies(self) -> tuple[ProposedStudy, ...]:
        return (*super().studies(), ProposedStudy("5a" * 32, self.extra, StudyState.PROPOSED))


def heard_by(league: SmallLeague, brand: BrandParts, envelope: bytes) -> tuple[str, ...]:
    """Let a server hand a brand a study; return what the brand takes for proposed."""
    contact = HandsOut(league.desk, brand.brand)
    contact.extra = envelope
    return brand.desk.hear(contact, league.clock())


def test_a_study_signed_by_a_key_that_is_not_the_operators(
    league: SmallLeague, brand: BrandParts, caplog: pytest.LogCaptureFixture
) -> None:
    asked = a_league_histogram(league.clock())
    genuine = league.operator.signing_key().sign(asked).to_json()
    forged = SigningKey.generate().sign(asked).to_json()
    with pytest.raises(SignatureError) as refused:
        league.desk.propose(forged)
    assert refused.value.code == "signature-invalid"
    assert heard_by(league, brand, forged) == ()
    assert "a study was not heard: signature-invalid" in caplog.text
    assert not brand.state.studies()
    assert heard_by(league, brand, genuine) == (digest(asked),)


def test_a_verdict_signed_by_a_member_whom_a_newer_charter_names_no_more(
    tmp_path: Path,
) -> None:
    with small_league(tmp_path, ("alder", "birch")) as league:
        alder = league.brands["alder"]
        study = league.approved(a_league_histogram(league.clock()))
        verdict = alder.desk.verdict(study)
        assert verdict is not None
        key = alder.home.signing_key()
        later = verdict.model_copy(update={"decided": league.clock()})
        league.desk.submit_verdict(alder.brand, key.sign(later).to_json())  # the key is good
        revoke(league.operator, league.store, alder.brand, reason="stolen", now=league.clock())
        again = verdict.model_copy(update={"decided": league.clock()})
        with pytest.raises(HanseError) as refused:
            league.desk.submit_verdict(alder.brand, key.sign(again).to_json())
        assert refused.value.code == "verdict-refused"
        with pytest.raises(SignatureError) as foreign:
            league.desk.submit_verdict(BrandId("birch"), key.sign(again).to_json())
        assert foreign.value.code == "signature-invalid"


def test_a_charter_that_puts_another_key_in_the_place_of_the_operators(
    league: SmallLeague, brand: BrandParts, study: str
) -> None:
    """The operator's key is pinned when a brand joins: neither key can bring in another."""
    ours, other = league.operator.signing_key(), SigningKey.generate()
    held = charter_in_force(league.operator, league.store)
    operator = held.operator.model_copy(update={"signing_key": other.public_hex})
    newer = held.model_copy(update={"version": held.version + 1, "operator": operator})
    for key, code in ((ours, "charter-refused"), (other, "signature-invalid")):
        envelope = key.sign(newer).to_json()
        with pytest.raises(HanseError) as refused:
            brand.home.take_charter(envelope, brand.state, now=league.clock())
        assert refused.value.code == code
    signed = other.sign(a_league_histogram(league.clock(), id="audience-2")).to_json()
    assert heard_by(league, brand, signed) == (study,)
