from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hanse_clients.errors import (
    BrandHomeExistsError,
    BrandHomeMissingError,
    BrandKeyError,
    BrandNotJoinedError,
    CharterRollbackError,
    DocumentEditedError,
    DocumentSupersedesError,
    DocumentUnsignedError,
    DocumentVersionError,
    FingerprintMismatchError,
    HomeDocumentError,
    SignedDocumentError,
)
from hanse_clients.home import BrandHome
from hanse_policies.documents import BrandId
from hanse_policies.errors import DocumentError, KeyPermissionError
from hanse_policies.keyfiles import write_private
from hanse_policies.signing import SigningKey
from tests.support.identity import NOW, League, found_brand, found_operator

POLICY = """\
kind: BrandPolicy
id: aurora-policy
version: {version}
supersedes: {supersedes}
active_from: 2026-01-01T00:00:00Z
alliance: harbour-league
brand: {brand}
author: privacy-engineer
approvals: {{loosen: 0}}
permits:
  - purpose: audience-analytics
    computations: [audience-histogram]
    asset: households
    columns: [{columns}]
    recipients: [members]
    releases: [table]
    least_protection: F3
    minimum_persons: 50
    retention_days: 90
budgets: []
consent:
  max_age_hours: 24
"""

ASSET = """\
kind: DataAsset
id: households
version: 1.0.0
brand: {brand}
taxonomy: fideslang-3.1.4
source: {{format: parquet, path: households.parquet}}
person: household
columns:
  - name: age_band
    type: category
    description: Age of the head
    category: user.demographic.age_range
    sensitivity: ordinary
    retention_days: 365
max_rows_per_person: 1
consent:
  source: {{format: parquet, path: consent.parquet}}
  person: household
  purpose: purpose
  granted: granted
  expires: expires
  withdrawn: withdrawn
  synced: synced
  basis: {{constant: consent}}
  purposes: {{audience-analytics: analytics}}
"""


@pytest.fixture
def league(tmp_path: Path) -> League:
    operator = found_operator(tmp_path / "operator")
    return League(operator, operator.open_store())


@pytest.fixture
def aurora(tmp_path: Path) -> BrandHome:
    return found_brand(tmp_path / "aurora", "aurora")


def write_policy(
    home: BrandHome,
    version: str = "1.0.0",
    columns: Sequence[str] = ("age_band",),
    brand: str = "aurora",
    supersedes: str = "null",
) -> None:
    listed = ", ".join(f"{{name: {name}, necessity: A reason}}" for name in columns)
    home.documents.policy_file.write_text(
        POLICY.format(version=version, columns=listed, brand=brand, supersedes=supersedes)
    )


def test_private_keys_are_the_owners_alone(aurora: BrandHome) -> None:
    keys = sorted(aurora.path.glob("*.key"))

    assert [key.name for key in keys] == ["agreement.key", "signing.key", "tls.key"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert stat.S_IMODE(aurora.path.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["tls.key", "signing.key", "agreement.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_key_that_others_may_read_is_refused(aurora: BrandHome, name: str, mode: int) -> None:
    (aurora.path / name).chmod(mode)

    with pytest.raises(KeyPermissionError, match="chmod 600"):
        aurora.keys()


def test_key_of_another_kind_is_refused(aurora: BrandHome) -> None:
    (aurora.path / "tls.key").unlink()
    write_private(aurora.path / "tls.key", SigningKey.generate().to_pem())

    with pytest.raises(BrandKeyError, match=r"tls\.key"):
        aurora.keys()


def test_brand_is_never_overwritten(aurora: BrandHome) -> None:
    with pytest.raises(BrandHomeExistsError, match=r"signing\.key"):
        found_brand(aurora.path, "aurora")


def test_documents_may_lie_in_the_folder_before_the_brand(tmp_path: Path) -> None:
    (tmp_path / "asset.yaml").write_text(ASSET.format(brand="aurora"))

    home = found_brand(tmp_path, "aurora")

    assert home.documents.asset().document.id == "households"


def test_folder_without_a_brand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrandHomeMissingError, match="hanse brand init"):
        BrandHome.open(tmp_path)


def test_unknown_setting_is_refused_with_its_line(aurora: BrandHome) -> None:
    with (aurora.path / "brand.yaml").open("a") as file:
        file.write("colour: blue\n")

    with pytest.raises(DocumentError, match=r"brand\.yaml:\d+:\d+"):
        BrandHome.open(aurora.path)


def test_joined_brand_knows_its_operator_after_reopening(league: League, aurora: BrandHome) -> None:
    league.join(aurora)

    membership = BrandHome.open(aurora.path).membership()

    assert membership.address == "127.0.0.1:7443"
    assert membership.operator_key == league.operator.signing_key().public_hex
    assert membership.tls.key == (aurora.path / "tls.key").read_bytes()


def test_own_address_takes_the_place_of_the_bundles(league: League, aurora: BrandHome) -> None:
    league.join(aurora)
    with (aurora.path / "brand.yaml").open("a") as file:
        file.write("address: operator.example:443\n")

    assert BrandHome.open(aurora.path).membership().address == "operator.example:443"


def test_brand_that_has_not_joined_has_no_membership(aurora: BrandHome) -> None:
    with pytest.raises(BrandNotJoinedError, match="hanse brand join"):
        aurora.membership()
    with aurora.open_state() as state, pytest.raises(BrandNotJoinedError):
        aurora.charter(state)


def test_refused_bundle_changes_nothing(league: League, aurora: BrandHome) -> None:
    done = league.enrol(aurora)
    before = sorted(file.name for file in aurora.path.iterdir())

    with pytest.raises(FingerprintMismatchError):
        aurora.join(done.bundle.to_json(), "0" * 64, now=NOW)

    assert sorted(file.name for file in aurora.path.iterdir()) == before


def test_bundle_swapped_on_disk_is_refused(
    league: League, aurora: BrandHome, tmp_path: Path
) -> None:
    joined = league.join(aurora)
    rival = found_operator(tmp_path / "rival")
    other = League(rival, rival.open_store()).enrol(found_brand(tmp_path / "twin", "aurora"))
    (aurora.path / "bundle.json").write_bytes(other.bundle.to_json())

    with pytest.raises(FingerprintMismatchError):
        joined.membership()


def test_charter_rollback_is_refused(league: League, aurora: BrandHome, tmp_path: Path) -> None:
    joined = league.join(aurora)
    league.enrol(found_brand(tmp_path / "borealis", "borealis"))
    first, second, third = (c.envelope for c in league.store.membership.charters())

    with joined.open_state() as state:
        assert joined.take_charter(third, state, now=NOW)
        for older in (first, second):
            with pytest.raises(CharterRollbackError):
                joined.take_charter(older, state, now=NOW)
        assert joined.charter(state).version == 3


def test_bundle_from_before_the_charter_in_force_is_refused(
    league: League, aurora: BrandHome, tmp_path: Path
) -> None:
    done = league.enrol(aurora)
    joined = aurora.join(done.bundle.to_json(), league.operator.fingerprint(), now=NOW)
    league.enrol(found_brand(tmp_path / "borealis", "borealis"))
    with joined.open_state() as state:
        joined.take_charter(league.store.membership.charter().envelope, state, now=NOW)

    with pytest.raises(CharterRollbackError):
        joined.join(done.bundle.to_json(), league.operator.fingerprint(), now=NOW)


def test_expelled_brand_learns_of_it_from_the_charter(league: League, aurora: BrandHome) -> None:
    joined = league.join(aurora)
    league.revoke("aurora")

    with joined.open_state() as state:
        joined.take_charter(league.store.membership.charter().envelope, state, now=NOW)

        assert joined.charter(state).member(BrandId("aurora")) is None


def test_signed_policy_is_in_effect(aurora: BrandHome) -> None:
    write_policy(aurora)

    signed = aurora.documents.sign_policy()

    policy = aurora.documents.policy()
    assert policy.digest == signed
    assert policy.source.line_of("permits", 0, "columns") == "policy.yaml:14"


def test_unsigned_policy_is_not_in_effect(aurora: BrandHome) -> None:
    write_policy(aurora)

    with pytest.raises(DocumentUnsignedError, match="hanse brand sign"):
        aurora.documents.policy()


def test_policy_edited_after_signing_is_refused(aurora: BrandHome) -> None:
    write_policy(aurora)
    aurora.documents.sign_policy()
    write_policy(aurora, columns=("age_band", "income_band"))

    with pytest.raises(DocumentEditedError):
        aurora.documents.policy()


def test_comment_added_after_signing_changes_nothing(aurora: BrandHome) -> None:
    write_policy(aurora)
    signed = aurora.documents.sign_policy()
    aurora.documents.policy_file.write_text(
        "# reviewed in November\n" + aurora.documents.policy_file.read_text()
    )

    assert aurora.documents.policy().digest == signed == aurora.documents.sign_policy()


def test_changed_policy_needs_a_higher_version(aurora: BrandHome) -> None:
    write_policy(aurora)
    first = aurora.documents.sign_policy()
    write_policy(aurora, columns=("age_band", "income_band"))

    with pytest.raises(DocumentVersionError):
        aurora.documents.sign_policy()

    write_policy(aurora, version="2.0.0", supersedes=first, columns=("age_band", "income_band"))
    assert aurora.documents.sign_policy() == aurora.documents.policy().digest


@pytest.mark.parametrize("named", ["null", "ab" * 32])
def test_changed_policy_names_the_one_it_supersedes(aurora: BrandHome, named: str) -> None:
    write_policy(aurora)
    first = aurora.documents.sign_policy()
    write_policy(aurora, version="2.0.0", columns=("income_band",), supersedes=named)

    with pytest.raises(DocumentSupersedesError, match=first):
        aurora.documents.sign_policy()


def test_a_version_number_that_hides_a_loosening_is_refused(aurora: BrandHome) -> None:
    write_policy(aurora)
    first = aurora.documents.sign_policy()
    write_policy(aurora, version="1.1.0", columns=("age_band", "income_band"), supersedes=first)

    with pytest.raises(DocumentVersionError, match=r"expected version 2\.0\.0.*loosens"):
        aurora.documents.sign_policy()


def test_first_policy_supersedes_nothing(aurora: BrandHome) -> None:
    write_policy(aurora, supersedes="ab" * 32)

    with pytest.raises(DocumentSupersedesError, match="left out"):
        aurora.documents.sign_policy()


def test_policy_signed_by_another_key_is_refused(aurora: BrandHome, tmp_path: Path) -> None:
    twin = found_brand(tmp_path / "twin", "aurora")
    write_policy(aurora)
    write_policy(twin)
    twin.documents.sign_policy()
    aurora.documents.signed_policy_file.write_bytes(twin.documents.signed_policy_file.read_bytes())

    with pytest.raises(SignedDocumentError):
        aurora.documents.policy()


def sign(home: BrandHome) -> object:
    return home.documents.sign_policy()


def read(home: BrandHome) -> object:
    return home.documents.policy()


@pytest.mark.parametrize("act", [sign, read])
def test_policy_of_another_brand_is_refused(
    aurora: BrandHome, act: Callable[[BrandHome], object]
) -> None:
    write_policy(aurora, brand="borealis")

    with pytest.raises(HomeDocumentError, match=r"policy\.yaml:7"):
        act(aurora)


def test_asset_of_another_brand_is_refused(aurora: BrandHome) -> None:
    aurora.documents.asset_file.write_text(ASSET.format(brand="borealis"))

    with pytest.raises(HomeDocumentError, match=r"asset\.yaml:4"):
        aurora.documents.asset()
