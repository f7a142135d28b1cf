"""A version is classed under the legal packs in play when it takes effect, and stays so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients import signed_documents
from hanse_clients.charter_desk import accept_charter
from hanse_clients.errors import (
    BrandRecordsMissingError,
    DocumentEditedError,
    DocumentNotApprovedError,
    DocumentSupersededError,
    DocumentVersionError,
)
from hanse_clients.held_charters import CharterTaken
from hanse_clients.home import BrandHome
from hanse_clients.signed_documents import document_in_effect
from hanse_policies.canonical import digest
from hanse_policies.command import run
from hanse_policies.documents import (
    ApprovalRules,
    BrandPolicy,
    ConsentRules,
    LegalPack,
    Sensitivity,
)
from hanse_policies.documents.legal_test import ConsentFreshWithin, SensitivityStated
from tests.support.documents import a_key
from tests.support.league_documents import a_league_histogram, a_league_policy
from tests.support.league_parties import SmallLeague, put_policy, small_league, write_yaml
from tests.support.packs import a_check, a_pack, a_pin
from tests.unit.clients.test_policy_approvals import APPROVERS, put_approved

POLICY = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}
COUNSEL, WEI = a_key(70), a_key(71)
FRESH = a_pack(checks=(a_check(ConsentFreshWithin(hours=24)),))
STATED = a_pack(checks=(a_check(SensitivityStated(lists=("act-list",))),))


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def alder(league: SmallLeague) -> BrandHome:
    return league.brands["alder"].home


def pin(league: SmallLeague, home: BrandHome, pack: LegalPack, *, at_hand: bool = True) -> None:
    """Have the charter in force pin a pack that counsel signed."""
    if at_hand:
        home.packs_folder.mkdir(exist_ok=True)
        file = home.packs_folder / f"{pack.id}-{pack.version}.dsse.json"
        file.write_bytes(COUNSEL.sign(pack).to_json())
    with home.open_state() as state:
        held = home.charter(state)
        pinning = held.model_copy(
            update={
                "version": held.version + 1,
                "packs": (a_pin(pack),),
                "counsel_key": COUNSEL.public_hex,
            }
        )
        signed = league.operator.signing_key().sign(pinning).to_json()
        assert home.take_charter(signed, state, now=league.clock()) is CharterTaken.WAITS
        waiting = state.held.waiting()
        assert waiting is not None
        accept_charter(state, home.name, home.signing_key(), waiting.digest, league.clock())


def fresher(home: BrandHome, version: str = "1.1.0", hours: int = 24) -> BrandPolicy:
    """Write the next version of the policy, which trusts the register for less long."""
    key = home.signing_key().public_hex
    before = document_in_effect(home.documents.signed_policy_file, BrandPolicy, key)
    assert before is not None
    after = before.model_copy(
        update={
            "version": version,
            "supersedes": digest(before),
            "consent": ConsentRules(max_age_hours=hours),
        }
    )
    write_yaml(home.documents.policy_file, after)
    return after


def place(home: BrandHome, before: BrandPolicy, after: BrandPolicy) -> None:
    """Put a version into the folder by hand, as whoever holds the key can."""
    key = home.signing_key()
    kept = home.path / "superseded"
    kept.mkdir(exist_ok=True)
    (kept / f"{digest(before)}.dsse.json").write_bytes(key.sign(before).to_json())
    home.documents.signed_policy_file.write_bytes(key.sign(after).to_json())
    write_yaml(home.documents.policy_file, after)


def test_a_tightening_that_meets_a_check_of_the_charter_takes_a_major_version(
    league: SmallLeague, alder: BrandHome
) -> None:
    pin(league, alder, FRESH)
    fresher(alder)
    with pytest.raises(DocumentVersionError, match=r"expected version 2\.0\.0.*called mixed"):
        alder.documents.sign_policy()
    after = fresher(alder, "2.0.0")
    assert alder.documents.sign_policy() == digest(after)


def test_it_takes_approvals_too(league: SmallLeague, alder: BrandHome) -> None:
    put_policy(alder, a_league_policy("alder", league.clock(), approvers=APPROVERS))
    named = alder.documents.policy().document
    rules = {"approvals": ApprovalRules(loosen=1), "supersedes": digest(named)}
    before = named.model_copy(update={"version": "8.0.0"} | rules)
    put_approved(alder.documents, named, before)
    pin(league, alder, FRESH)
    fresher(alder, f"{int(before.version.split('.')[0]) + 1}.0.0")
    with pytest.raises(DocumentNotApprovedError, match="to approve version"):
        alder.documents.sign_policy()


def test_one_that_no_check_reads_otherwise_takes_a_minor_version(
    league: SmallLeague, alder: BrandHome
) -> None:
    pin(league, alder, FRESH)
    after = fresher(alder, hours=36)
    assert alder.documents.sign_policy() == digest(after)


def test_a_pack_that_is_not_at_hand_counts_as_one_that_reads_everything(
    league: SmallLeague, alder: BrandHome
) -> None:
    pin(league, alder, FRESH, at_hand=False)
    fresher(alder, hours=36)
    with pytest.raises(DocumentVersionError, match="called mixed"):
        alder.documents.sign_policy()


def test_a_pack_that_is_pinned_later_changes_nothing_of_what_was_done(
    league: SmallLeague, alder: BrandHome
) -> None:
    study = league.approved(a_league_histogram(league.clock()))
    after = fresher(alder)
    alder.documents.sign_policy()
    pin(league, alder, FRESH)
    state = alder.documents.approvals_of(after)
    assert state is not None
    assert state.is_enough
    gate = league.brands["alder"].gate
    assert gate.judge(study, league.clock()).decision.is_permitted


def test_a_version_that_hides_its_class_is_refused_at_the_gate(
    league: SmallLeague, alder: BrandHome
) -> None:
    before = alder.documents.policy().document
    after = fresher(alder)
    pin(league, alder, FRESH)
    place(alder, before, after)
    assert alder.documents.approvals_of(after) is None


def test_a_later_version_does_not_launder_it(league: SmallLeague, alder: BrandHome) -> None:
    before = alder.documents.policy().document
    hidden = fresher(alder)
    pin(league, alder, FRESH)
    place(alder, before, hidden)
    last = hidden.model_copy(
        update={"version": "1.1.1", "supersedes": digest(hidden), "author": "somebody-else"}
    )
    place(alder, hidden, last)
    assert alder.documents.approvals_of(last) is None


def test_an_asset_is_classed_under_the_same_packs(league: SmallLeague, alder: BrandHome) -> None:
    pin(league, alder, STATED)
    before = alder.documents.asset().document
    columns = tuple(
        column.model_copy(
            update={"category": "user.financial", "sensitivity": Sensitivity.ORDINARY}
        )
        for column in before.columns
    )
    listed = before.model_copy(
        update={"version": "2.0.0", "supersedes": digest(before), "columns": columns}
    )
    write_yaml(alder.documents.asset_file, listed)
    alder.documents.sign_asset()
    stated = tuple(c.model_copy(update={"sensitivity": Sensitivity.SENSITIVE}) for c in columns)
    after = listed.model_copy(
        update={"version": "2.1.0", "supersedes": digest(listed), "columns": stated}
    )
    write_yaml(alder.documents.asset_file, after)
    with pytest.raises(DocumentVersionError, match=r"expected version 3\.0\.0.*called mixed"):
        alder.documents.sign_asset()


@pytest.mark.parametrize("hours", [36, 24, 12])
def test_diff_says_what_sign_says(
    league: SmallLeague,
    alder: BrandHome,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    hours: int,
) -> None:
    pin(league, alder, FRESH)
    before = alder.documents.policy().document
    after = fresher(alder, hours=hours)
    with alder.open_state() as state:
        charter = alder.charter(state)
    for name, document in (("old", before), ("charter", charter)):
        write_yaml(tmp_path / f"{name}.yaml", document)
    (tmp_path / "pack.yaml").write_text(FRESH.model_dump_json())
    old, new = str(tmp_path / "old.yaml"), str(alder.documents.policy_file)
    beside = ("--charter", str(tmp_path / "charter.yaml"), "--pack", str(tmp_path / "pack.yaml"))
    capsys.readouterr()
    run(["policy", "diff", old, new, *beside, "--json"], POLICY)
    shown = capsys.readouterr()
    assert not shown.err
    told = json.loads(shown.out)
    assert told["direction"] == alder.documents.classes.now(before, after).direction.value
    assert told["assumed"] == ""


def test_records_that_are_gone_are_not_made_anew_by_signing(alder: BrandHome) -> None:
    fresher(alder)
    alder.state_file.unlink()
    with pytest.raises(BrandRecordsMissingError):
        alder.documents.sign_policy()
    assert not alder.state_file.exists()


def test_a_version_whose_signing_was_cut_short_takes_effect_by_signing_again_and_none_before(
    league: SmallLeague, alder: BrandHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = alder.documents
    before = documents.policy_file.read_bytes()
    fresher(alder)
    after = documents.policy_file.read_bytes()

    def full(path: Path, content: bytes) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(signed_documents, "replace", full)
        with pytest.raises(OSError, match="no space"):
            documents.sign_policy()
    with pytest.raises(DocumentEditedError):
        documents.policy()
    documents.policy_file.write_bytes(before)
    with pytest.raises(DocumentSupersededError):
        documents.policy()
    documents.policy_file.write_bytes(after)
    assert documents.sign_policy() == documents.policy().digest
