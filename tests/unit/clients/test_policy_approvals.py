"""A brand's policy that allows more than the one before takes effect only once approved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.brand_documents import BrandDocuments
from hanse_clients.errors import (
    ApproverKeyError,
    DocumentNotApprovedError,
    DocumentSupersedesError,
)
from hanse_clients.signed_documents import document_in_effect
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    Approval,
    ApprovalRules,
    Approver,
    BrandPolicy,
    ConsentRules,
    DataAsset,
    Verdict,
)
from hanse_policies.errors import HanseError
from hanse_policies.signing import Envelope
from tests.support.documents import NOW, a_key
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import (
    SmallLeague,
    found_league_brand,
    put_policy,
    small_league,
    write_yaml,
)

WEI = a_key(60)
APPROVERS = (Approver(id="wei", role="data-protection-officer", key=WEI.public_hex),)


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def approve(
    documents: BrandDocuments,
    after: BrandPolicy | DataAsset,
    before: BrandPolicy | DataAsset | None,
    verdict: Verdict = Verdict.PERMIT,
) -> None:
    approval = Approval(
        kind="Approval",
        document=digest(after),
        supersedes=None if before is None else digest(before),
        approver="wei",
        verdict=verdict,
        reason="Compared with the version before",
        approved=NOW,
    )
    documents.approvals_folder.mkdir(exist_ok=True)
    file = documents.approvals_folder / f"{digest(after)}.dsse.json"
    file.write_bytes(WEI.sign(approval).to_json())


def guarded(league: SmallLeague) -> tuple[BrandDocuments, BrandPolicy]:
    """Put a policy into effect whose next loosening takes an approver."""
    documents = league.brands["alder"].home.documents
    asset = documents.signed_asset().document
    asked = {"approvers": APPROVERS, "approvals": ApprovalRules(loosen=1)}
    put_approved(documents, asset, changed(asset, author="writer", **asked))
    strict = a_league_policy("alder", league.clock(), approvers=APPROVERS)
    put_policy(league.brands["alder"].home, strict)
    before = documents.policy().document
    with_rule = {"supersedes": digest(before), "approvals": ApprovalRules(loosen=1)}
    put_approved(documents, before, before.model_copy(update={"version": "8.0.0"} | with_rule))
    return documents, documents.policy().document


def put_approved(
    documents: BrandDocuments,
    before: BrandPolicy | DataAsset,
    after: BrandPolicy | DataAsset,
) -> None:
    """Put a version into effect that its own approvers, or those before, approved."""
    approve(documents, after, before)
    if isinstance(after, BrandPolicy):
        write_yaml(documents.policy_file, after)
        documents.sign_policy()
    else:
        write_yaml(documents.asset_file, after)
        documents.sign_asset()


def changed(asset: DataAsset, version: str = "2.0.0", **changes: object) -> DataAsset:
    return asset.model_copy(update={"version": version, "supersedes": digest(asset)} | changes)


def loosened(before: BrandPolicy) -> BrandPolicy:
    return before.model_copy(
        update={
            "version": "9.0.0",
            "supersedes": digest(before),
            "consent": ConsentRules(max_age_hours=96),
        }
    )


def test_a_looser_policy_is_not_signed_before_it_is_approved(league: SmallLeague) -> None:
    documents, before = guarded(league)
    after = loosened(before)
    write_yaml(documents.policy_file, after)
    with pytest.raises(DocumentNotApprovedError, match="to approve version"):
        documents.sign_policy()
    approve(documents, after, before)
    assert documents.sign_policy() == digest(after)
    state = documents.approvals_of(after)
    assert state is not None
    assert (state.needed, state.roles, state.is_enough) == (1, ("data-protection-officer",), True)


def test_a_tighter_policy_needs_nobody(league: SmallLeague) -> None:
    documents, before = guarded(league)
    put_policy(
        league.brands["alder"].home,
        before.model_copy(update={"consent": ConsentRules(max_age_hours=1)}),
    )
    assert documents.policy().document.consent.max_age_hours == 1


@pytest.mark.parametrize("lost", ["approvals", "superseded"])
def test_a_study_is_refused_once_approvals_cannot_be_shown(league: SmallLeague, lost: str) -> None:
    documents, before = guarded(league)
    after = loosened(before)
    write_yaml(documents.policy_file, after)
    approve(documents, after, before)
    documents.sign_policy()
    study = league.approved(a_league_histogram(league.clock()))
    parts = league.brands["alder"]
    assert parts.gate.judge(study, league.clock()).decision.is_permitted
    (documents.folder / lost).rename(documents.folder / f"{lost}-gone")
    refusal = parts.gate.judge(study, league.clock()).decision
    assert refusal.denied_by == ("approvals.policy", "approvals.asset")


def test_an_approval_that_nobody_signed_rightly_does_not_count(league: SmallLeague) -> None:
    documents, before = guarded(league)
    after = loosened(before)
    write_yaml(documents.policy_file, after)
    approve(documents, after, before)
    file = documents.approvals_folder / f"{digest(after)}.dsse.json"
    envelope = a_key(61).sign(Approval.model_validate_json(_payload(file)))
    hints = tuple(replace(one, key_hint=WEI.public_hex) for one in envelope.signatures)
    file.write_bytes(replace(envelope, signatures=hints).to_json())
    with pytest.raises(HanseError):
        documents.sign_policy()


def test_a_file_among_the_approvals_that_cannot_be_read_may_be_a_refusal(
    league: SmallLeague,
) -> None:
    documents, before = guarded(league)
    after = loosened(before)
    write_yaml(documents.policy_file, after)
    approve(documents, after, before)
    documents.sign_policy()
    (documents.approvals_folder / "torn.json").write_bytes(b"not an envelope")
    assert documents.approvals_of(after) is None


def test_a_chain_begun_anew_beside_an_older_one_is_refused(league: SmallLeague) -> None:
    documents, _ = guarded(league)
    fresh = a_league_policy("alder", league.clock())
    write_yaml(documents.policy_file, fresh)
    documents.signed_policy_file.unlink()
    with pytest.raises(DocumentSupersedesError, match="put the newest one back"):
        documents.sign_policy()
    key = league.brands["alder"].home.signing_key()
    documents.signed_policy_file.write_bytes(key.sign(fresh).to_json())
    assert documents.approvals_of(fresh) is None


def test_a_version_between_that_nobody_approved_does_not_launder_the_next(
    league: SmallLeague,
) -> None:
    documents, before = guarded(league)
    key = league.brands["alder"].home.signing_key()
    wide = loosened(before)
    kept = documents.folder / "superseded"
    (kept / f"{digest(before)}.dsse.json").write_bytes(key.sign(before).to_json())
    (kept / f"{digest(wide)}.dsse.json").write_bytes(key.sign(wide).to_json())
    narrow = wide.model_copy(
        update={
            "version": "9.1.0",
            "supersedes": digest(wide),
            "consent": ConsentRules(max_age_hours=95),
        }
    )
    write_yaml(documents.policy_file, narrow)
    documents.signed_policy_file.write_bytes(key.sign(narrow).to_json())
    state = documents.approvals_of(narrow)
    assert state is None or not state.is_enough


def _payload(file: Path) -> bytes:
    return Envelope.from_json(file.read_bytes()).payload


def longer_kept(asset: DataAsset) -> DataAsset:
    """Write a version that keeps a column's values for longer, which loosens."""
    first, *others = asset.columns
    kept = first.model_copy(update={"retention_days": first.retention_days + 1})
    return changed(asset, "3.0.0", columns=(kept, *others))


def test_a_looser_asset_is_not_signed_before_it_is_approved(league: SmallLeague) -> None:
    documents, _ = guarded(league)
    before = documents.signed_asset().document
    after = longer_kept(before)
    write_yaml(documents.asset_file, after)
    with pytest.raises(DocumentNotApprovedError, match="to approve version 3"):
        documents.sign_asset()
    approve(documents, after, before)
    assert documents.sign_asset() == digest(after)
    state = documents.approvals_of(after)
    assert state is not None
    assert (state.needed, state.roles, state.is_enough) == (1, ("data-protection-officer",), True)


def test_an_asset_that_an_approver_refused_is_not_signed(league: SmallLeague) -> None:
    documents, _ = guarded(league)
    before = documents.signed_asset().document
    after = longer_kept(before)
    write_yaml(documents.asset_file, after)
    approve(documents, after, before, Verdict.DENY)
    with pytest.raises(DocumentNotApprovedError):
        documents.sign_asset()


def test_a_study_is_refused_once_an_assets_approval_cannot_be_shown(league: SmallLeague) -> None:
    documents, _ = guarded(league)
    before = documents.signed_asset().document
    after = longer_kept(before)
    write_yaml(documents.asset_file, after)
    approve(documents, after, before)
    documents.sign_asset()
    study = league.approved(a_league_histogram(league.clock()))
    gate = league.brands["alder"].gate
    assert gate.judge(study, league.clock()).decision.is_permitted
    (documents.approvals_folder / f"{digest(after)}.dsse.json").unlink()
    assert gate.judge(study, league.clock()).decision.denied_by == ("approvals.asset",)


def test_an_asset_that_would_take_fewer_approvals_than_the_policy_is_refused(
    league: SmallLeague,
) -> None:
    documents, _ = guarded(league)
    before = documents.signed_asset().document
    after = changed(before, "3.0.0", approvals=ApprovalRules(loosen=0))
    write_yaml(documents.asset_file, after)
    with pytest.raises(DocumentNotApprovedError):
        documents.sign_asset()
    approve(documents, after, before)
    documents.sign_asset()
    study = league.propose(a_league_histogram(league.clock()))
    league.settle()
    decision = league.brands["alder"].gate.judge(study, league.clock()).decision
    assert decision.denied_by == ("approvals.asset-rules",)


def test_whoever_first_asks_for_approvals_is_approved_by_those_it_names(
    league: SmallLeague,
) -> None:
    """Else a version could loosen everything in the step that makes loosening take approvals."""
    documents = league.brands["alder"].home.documents
    before = documents.signed_asset().document
    first, *others = before.columns
    longer = first.model_copy(update={"retention_days": first.retention_days + 1})
    asked = {"author": "writer", "approvers": APPROVERS, "approvals": ApprovalRules(loosen=1)}
    after = changed(before, columns=(longer, *others), **asked)
    write_yaml(documents.asset_file, after)
    with pytest.raises(DocumentNotApprovedError):
        documents.sign_asset()
    approve(documents, after, before)
    assert documents.sign_asset() == digest(after)


def test_more_approvals_are_asked_for_only_by_as_many(league: SmallLeague) -> None:
    documents, before = guarded(league)
    mei = Approver(id="mei", role="data-owner", key=a_key(62).public_hex)
    named = before.model_copy(
        update={
            "version": "9.0.0",
            "supersedes": digest(before),
            "approvers": (*APPROVERS, mei),
        }
    )
    put_approved(documents, before, named)
    more = {"approvals": ApprovalRules(loosen=2), "supersedes": digest(named)}
    after = named.model_copy(update={"version": "10.0.0"} | more)
    write_yaml(documents.policy_file, after)
    approve(documents, after, named)
    with pytest.raises(DocumentNotApprovedError, match=r"expected 2 role\(s\)"):
        documents.sign_policy()


def key_of(league: SmallLeague, party: str) -> str:
    if party == "operator":
        return league.operator.signing_key().public_hex
    return league.brands[party].home.signing_key().public_hex


@pytest.mark.parametrize("party", ["alder", "birch", "operator"])
def test_one_key_cannot_write_approve_and_sign(league: SmallLeague, party: str) -> None:
    league.settle()  # alder takes the charter that names them all.
    documents = league.brands["alder"].home.documents
    before, asset = documents.policy().document, documents.signed_asset().document
    approver = Approver(id="wei", role="data-owner", key=key_of(league, party))
    asked = {"approvers": (approver,), "approvals": ApprovalRules(loosen=1)}
    named = {"version": "2.0.0", "supersedes": digest(before)} | asked
    write_yaml(documents.policy_file, before.model_copy(update=named))
    with pytest.raises(ApproverKeyError, match=f"approver wei, got the key by which {party}"):
        documents.sign_policy()

    write_yaml(documents.asset_file, changed(asset, author="writer", **asked))
    with pytest.raises(ApproverKeyError, match="approvals\\.keys"):
        documents.sign_asset()
    assert (
        document_in_effect(documents.signed_policy_file, BrandPolicy, key_of(league, "alder"))
        == before
    )


def test_an_approver_whose_key_is_the_brands_own_is_refused_before_it_joined(
    tmp_path: Path,
) -> None:
    home = found_league_brand(tmp_path / "alder", "alder", NOW)
    own = Approver(id="wei", role="data-owner", key=home.signing_key().public_hex)
    write_yaml(home.documents.policy_file, a_league_policy("alder", NOW, approvers=(own,)))
    with pytest.raises(ApproverKeyError):
        home.documents.sign_policy()


def test_a_policy_in_effect_that_names_a_partys_key_permits_nothing(league: SmallLeague) -> None:
    """As one that came into effect before the charter named that key."""
    home = league.brands["alder"].home
    own = Approver(id="wei", role="data-owner", key=key_of(league, "birch"))
    first = a_league_policy("alder", league.clock(), approvers=(own,))
    write_yaml(home.documents.policy_file, first)
    home.documents.signed_policy_file.write_bytes(home.signing_key().sign(first).to_json())

    study = league.propose(a_league_histogram(league.clock()))
    league.settle()
    decision = league.brands["alder"].gate.judge(study, league.clock()).decision
    assert decision.denied_by == ("approvals.keys",)

    mended = first.model_copy(
        update={"version": "2.0.0", "supersedes": digest(first), "approvers": APPROVERS}
    )
    write_yaml(home.documents.policy_file, mended)
    home.documents.sign_policy()
    decision = league.brands["alder"].gate.judge(study, league.clock()).decision
    assert decision.is_permitted
