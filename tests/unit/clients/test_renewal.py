"""A brand that enrolled anew with another key carries over what its own keys signed."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients.errors import (
    BrandNotJoinedError,
    DocumentRenewalError,
    DocumentSupersedesError,
    SignedDocumentError,
)
from hanse_clients.home import BrandHome
from hanse_clients.renewal import renew_documents
from hanse_clients.state import ClassedVersion
from hanse_policies.canonical import digest
from hanse_policies.command import run
from hanse_policies.compare.direction import Direction
from hanse_policies.signing import Envelope, SigningKey
from tests.support.identity import NOW, League, found_brand, found_operator
from tests.unit.clients.test_home import ASSET, write_policy

BRAND = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}


@pytest.fixture
def league(tmp_path: Path) -> League:
    operator = found_operator(tmp_path / "operator")
    return League(operator, operator.open_store())


@pytest.fixture
def joined(league: League, tmp_path: Path) -> BrandHome:
    """A member with a policy in its second version."""
    home = league.join(found_brand(tmp_path / "aurora", "aurora"))
    home.documents.asset_file.write_text(ASSET.format(brand="aurora"))
    home.documents.sign_asset()
    write_policy(home)
    first = home.documents.sign_policy()
    write_policy(home, version="2.0.0", supersedes=first, columns=("age_band", "income_band"))
    home.documents.sign_policy()
    return home


def lose_keys(home: BrandHome) -> BrandHome:
    """Set the brand up anew in its folder, with other keys and the same records."""
    for name in ("tls.key", "signing.key", "agreement.key", "request.json", "brand.yaml"):
        (home.path / name).unlink()
    fresh = home.configuration.model_copy(update={"authority": None})
    return BrandHome.found(home.path, fresh, now=NOW)


def enrolled_anew(league: League, home: BrandHome) -> BrandHome:
    league.revoke("aurora")
    return league.join(lose_keys(home))


def test_versions_and_approvals_hold_after_the_key_changed(
    league: League, joined: BrandHome
) -> None:
    before = joined.documents.policy()
    home = enrolled_anew(league, joined)
    with pytest.raises(SignedDocumentError, match="--renew"):
        home.documents.sign_policy()
    assert home.documents.approvals_of(before.document) is None

    renewed = renew_documents(home)

    assert [one.charter is None for one in renewed.documents] == [False, False, False]
    assert home.documents.policy().digest == before.digest
    state = home.documents.approvals_of(before.document)
    assert state is not None
    assert state.is_enough
    assert home.documents.sign_policy() == before.digest
    assert home.documents.signed_asset().document.brand == "aurora"


def test_renewing_again_changes_nothing(league: League, joined: BrandHome) -> None:
    home = enrolled_anew(league, joined)
    renew_documents(home)
    files = sorted(home.path.rglob("*.dsse.json"))
    first = [file.read_bytes() for file in files]

    assert {one.charter for one in renew_documents(home).documents} == {None}
    assert [file.read_bytes() for file in files] == first


def test_a_version_that_a_key_of_no_charter_signed_is_not_carried_over(
    league: League, joined: BrandHome
) -> None:
    looser = joined.documents.policy().document.model_copy(update={"version": "3.0.0"})
    home = enrolled_anew(league, joined)
    forged = SigningKey.generate().sign(looser)
    kept = home.path / "superseded" / f"{digest(looser)}.dsse.json"
    kept.write_bytes(forged.to_json())
    before = home.documents.signed_policy_file.read_bytes()

    with pytest.raises(DocumentRenewalError, match=r"an accepted charter named"):
        renew_documents(home)
    assert home.documents.signed_policy_file.read_bytes() == before


def test_what_another_member_signed_is_not_carried_over(
    league: League, joined: BrandHome, tmp_path: Path
) -> None:
    birch = league.join(found_brand(tmp_path / "birch", "birch"))
    stolen = birch.signing_key().sign(joined.documents.policy().document)
    home = enrolled_anew(league, joined)
    home.documents.signed_policy_file.write_bytes(stolen.to_json())

    with pytest.raises(DocumentRenewalError):
        renew_documents(home)


def test_an_edited_version_is_not_carried_over(league: League, joined: BrandHome) -> None:
    home = enrolled_anew(league, joined)
    held = Envelope.from_json(home.documents.signed_policy_file.read_bytes())
    edited = Envelope(
        held.payload.replace(b'"2.0.0"', b'"2.1.0"'), held.payload_type, held.signatures
    )
    home.documents.signed_policy_file.write_bytes(edited.to_json())

    with pytest.raises(DocumentRenewalError):
        renew_documents(home)


def test_a_charter_that_the_operator_did_not_sign_names_no_key(
    league: League, joined: BrandHome, tmp_path: Path
) -> None:
    other = found_operator(tmp_path / "other")
    stranger = League(other, other.open_store()).join(found_brand(tmp_path / "twin", "aurora"))
    signed = stranger.signing_key().sign(joined.documents.policy().document)
    home = enrolled_anew(league, joined)
    home.documents.signed_policy_file.write_bytes(signed.to_json())
    with stranger.open_state() as theirs, sqlite3.connect(home.state_file) as records:
        charter = theirs.charter()
        assert charter is not None
        row = (1, charter.digest, charter.envelope, charter.accepted_at.isoformat())
        records.execute("DELETE FROM charters WHERE version = 1")
        records.execute("INSERT INTO charters VALUES (?, ?, ?, ?)", row)

    with pytest.raises(DocumentRenewalError):
        renew_documents(home)


def test_kept_versions_of_an_earlier_key_keep_a_new_chain_from_beginning(
    league: League, joined: BrandHome
) -> None:
    home = enrolled_anew(league, joined)
    home.documents.signed_policy_file.unlink()
    write_policy(home)

    with pytest.raises(DocumentSupersedesError, match="put the newest one back"):
        home.documents.sign_policy()


def test_nothing_is_renewed_before_the_brand_joined_again(
    league: League, joined: BrandHome
) -> None:
    league.revoke("aurora")
    home = lose_keys(joined)

    with pytest.raises(BrandNotJoinedError):
        renew_documents(home)


def test_documents_are_carried_over_to_a_new_folder(
    league: League, joined: BrandHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = joined.documents.policy()
    league.revoke("aurora")
    home = league.join(found_brand(tmp_path / "again", "aurora"))
    for name in ("policy.yaml", "asset.yaml", "policy.dsse.json", "asset.dsse.json", "ledger.db"):
        shutil.copy2(joined.path / name, home.path / name)
    shutil.copytree(joined.path / "superseded", home.path / "superseded")
    with pytest.raises(DocumentRenewalError, match="0 earlier ones are known"):
        renew_documents(home)

    arguments = ["--home", str(home.path), "--renew", "--earlier", str(joined.path)]
    assert run(["brand", "sign", *arguments], BRAND) == 0

    assert "signed anew" in capsys.readouterr().out
    assert home.documents.policy().digest == before.digest
    state = home.documents.approvals_of(before.document)
    assert state is not None
    assert state.is_enough
    assert renewed_classes(joined, home)


def renewed_classes(earlier: BrandHome, home: BrandHome) -> tuple[ClassedVersion, ...]:
    """Return what is recorded of the versions, after a check that it is as it was."""
    with earlier.open_state() as held, home.open_state() as now:
        assert now.classes() == held.classes()
        return now.classes()


@pytest.mark.parametrize("is_cut_short", [False, True])
def test_of_two_classes_of_one_pair_the_newest_counts_after_a_renewal(
    league: League, joined: BrandHome, tmp_path: Path, *, is_cut_short: bool
) -> None:
    with joined.open_state() as held:
        (first,) = held.classes()
        held.record_class(newest := replace(first, direction=Direction.MIXED))
        assert newest != first
    league.revoke("aurora")
    home = league.join(found_brand(tmp_path / "again", "aurora"))
    for name in ("policy.yaml", "asset.yaml", "policy.dsse.json", "asset.dsse.json"):
        shutil.copy2(joined.path / name, home.path / name)
    shutil.copytree(joined.path / "superseded", home.path / "superseded")
    if is_cut_short:
        with home.open_state() as state:
            state.record_class(first)

    for _ in range(2):
        renew_documents(home, joined)
        assert renewed_classes(joined, home) == (first, newest)
    with home.open_state() as state:
        assert state.class_of(first.document, first.supersedes) == newest


def test_the_command_says_what_it_signed_anew(
    league: League, joined: BrandHome, capsys: pytest.CaptureFixture[str]
) -> None:
    home = enrolled_anew(league, joined)
    held = Envelope.from_json(home.documents.signed_policy_file.read_bytes())

    assert run(["brand", "sign", "--renew", "--home", str(home.path)], BRAND) == 0

    told = capsys.readouterr().out
    assert told.count("signed anew; its key was named by charter version 2") == 3
    assert f"in effect, digest {held.payload_digest}" in told
