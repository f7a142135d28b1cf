from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hanse_clients.enrolment import (
    BrandKeys,
    agreement_key_from_pem,
    agreement_key_to_pem,
    check_charter,
    check_ours,
    read_fingerprint,
    verify_bundle,
)
from hanse_clients.errors import (
    BrandKeyError,
    BundleForeignError,
    BundleInvalidError,
    BundleKeyError,
    CharterRefusedError,
    FingerprintMismatchError,
)
from hanse_clients.home import BrandHome
from hanse_policies.certificates import new_tls_key
from hanse_policies.documents import AllianceCharter, AllianceId
from hanse_policies.documents.enrolment import EnrolmentBundle
from hanse_policies.errors import SignatureError
from hanse_policies.signing import Envelope, SigningKey
from hanse_server.authority import Terms, found_authority, issue_brand_certificate
from tests.support.identity import ALLIANCE, NOW, YEAR, League, found_brand, found_operator


@pytest.fixture
def league(tmp_path: Path) -> League:
    operator = found_operator(tmp_path / "operator")
    return League(operator, operator.open_store())


@pytest.fixture
def aurora(tmp_path: Path) -> BrandHome:
    return found_brand(tmp_path / "aurora", "aurora")


def document_of(envelope: Envelope) -> EnrolmentBundle:
    return EnrolmentBundle.model_validate_json(envelope.payload)


def changed(envelope: Envelope, key: SigningKey, **changes: object) -> bytes:
    document = EnrolmentBundle.model_validate(dict(document_of(envelope)) | changes)
    return key.sign(document).to_json()


def test_bundle_follows_from_the_fingerprint(league: League, aurora: BrandHome) -> None:
    data = league.enrol(aurora).bundle.to_json()

    bundle = verify_bundle(data, league.operator.fingerprint())

    check_ours(bundle, aurora.name, aurora.keys(), NOW, place="DE")
    assert bundle.charter.version == 2


def test_fingerprint_of_another_authority_is_refused(league: League, aurora: BrandHome) -> None:
    data = league.enrol(aurora).bundle.to_json()

    with pytest.raises(FingerprintMismatchError, match="do not join"):
        verify_bundle(data, "0" * 64)


def test_bundle_of_a_foreign_alliance_is_refused(aurora: BrandHome, tmp_path: Path) -> None:
    rival = found_operator(tmp_path / "rival", "river-league")
    other = League(rival, rival.open_store())
    stranger = found_brand(tmp_path / "stranger", "aurora", "river-league")
    bundle = verify_bundle(other.enrol(stranger).bundle.to_json(), rival.fingerprint())

    with pytest.raises(BundleForeignError, match="river-league"):
        check_ours(bundle, aurora.name, aurora.keys(), NOW, place="DE")


def test_bundle_of_another_brand_is_refused(
    league: League, aurora: BrandHome, tmp_path: Path
) -> None:
    other = found_brand(tmp_path / "borealis", "borealis")
    bundle = verify_bundle(league.enrol(other).bundle.to_json(), league.operator.fingerprint())

    with pytest.raises(BundleForeignError):
        check_ours(bundle, aurora.name, aurora.keys(), NOW, place="DE")


def test_operator_key_swapped_under_the_right_authority_is_refused(
    league: League, aurora: BrandHome
) -> None:
    attacker = SigningKey.generate()
    data = changed(league.enrol(aurora).bundle, attacker, operator_key=attacker.public_hex)

    with pytest.raises(BundleInvalidError, match="operator's key"):
        verify_bundle(data, league.operator.fingerprint())


def test_address_changed_on_the_way_is_refused(league: League, aurora: BrandHome) -> None:
    envelope = json.loads(league.enrol(aurora).bundle.to_json())
    payload = b64decode(envelope["payload"]).replace(b"127.0.0.1:7443", b"127.0.0.9:7443")
    envelope["payload"] = b64encode(payload).decode()

    with pytest.raises(BundleInvalidError):
        verify_bundle(json.dumps(envelope).encode(), league.operator.fingerprint())


def test_certificate_of_another_authority_is_refused(league: League, aurora: BrandHome) -> None:
    key = league.operator.signing_key()
    impostor = found_authority(ALLIANCE, key.public_hex, new_tls_key(), serial=1, now=NOW)
    tls = aurora.keys().tls.public_key()
    forged = issue_brand_certificate(impostor, aurora.name.brand, tls, Terms(2, NOW, YEAR))
    text = forged.public_bytes(Encoding.PEM).decode()

    with pytest.raises(BundleInvalidError, match="issued elsewhere"):
        verify_bundle(
            changed(league.enrol(aurora).bundle, key, certificate=text),
            league.operator.fingerprint(),
        )


def test_certificate_for_another_tls_key_is_refused(league: League, aurora: BrandHome) -> None:
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())
    keys = replace(aurora.keys(), tls=new_tls_key())

    with pytest.raises(BundleKeyError, match="TLS key"):
        check_ours(bundle, aurora.name, keys, NOW, place="DE")


@pytest.mark.parametrize("part", ["signing", "agreement"])
def test_charter_that_pins_other_identity_keys_is_refused(
    league: League, aurora: BrandHome, part: str
) -> None:
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())
    other = BrandKeys.generate()
    keys = replace(aurora.keys(), **{part: getattr(other, part)})

    with pytest.raises(BundleKeyError, match="pins others"):
        check_ours(bundle, aurora.name, keys, NOW, place="DE")


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), NOW + timedelta(days=366)])
def test_certificate_outside_its_validity_is_refused(
    league: League, aurora: BrandHome, moment: object
) -> None:
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())

    with pytest.raises(BundleInvalidError, match="clock"):
        check_ours(bundle, aurora.name, aurora.keys(), moment, place="DE")  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe"])
def test_file_that_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(BundleInvalidError):
        verify_bundle(data, "0" * 64)


def test_charter_signed_by_another_key_is_refused(league: League, aurora: BrandHome) -> None:
    league.enrol(aurora)
    envelope = Envelope.from_json(league.store.membership.charter().envelope)
    stranger = SigningKey.generate().public_hex

    with pytest.raises(SignatureError):
        check_charter(envelope, stranger, aurora.name, aurora.keys(), place="DE")


def test_later_charter_that_pins_other_keys_for_this_brand_is_refused(
    league: League, aurora: BrandHome
) -> None:
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())
    other = BrandKeys.generate()
    swapped = bundle.charter.members[0].model_copy(
        update={"agreement_key": other.agreement_public_hex}
    )
    charter = AllianceCharter.model_validate(
        dict(bundle.charter) | {"version": 3, "members": (swapped,)}
    )
    key = league.operator.signing_key()

    with pytest.raises(CharterRefusedError, match="pins others"):
        check_charter(key.sign(charter), key.public_hex, aurora.name, aurora.keys(), place="DE")


def relabelled(league: League, aurora: BrandHome, place: str | None) -> AllianceCharter:
    """Enrol aurora, which keeps its data in DE, and let the operator put it elsewhere."""
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())
    moved = bundle.charter.members[0].model_copy(update={"jurisdiction": place})
    return AllianceCharter.model_validate(
        dict(bundle.charter) | {"version": 3, "members": (moved,)}
    )


@pytest.mark.parametrize(("place", "said"), [("CN", "puts it in CN"), (None, "states no place")])
def test_an_operator_that_relabels_a_brand_is_refused_at_join(
    league: League, aurora: BrandHome, place: str | None, said: str
) -> None:
    """Else a transfer abroad would pass as one within a country, or the other way round."""
    key = league.operator.signing_key()
    charter = key.sign(relabelled(league, aurora, place)).to_json().decode()
    bundle = Envelope.from_json(league.renew(aurora).bundle.to_json())

    with pytest.raises(CharterRefusedError, match=f"in DE.*{said}"):
        aurora.join(changed(bundle, key, charter=charter), league.operator.fingerprint(), now=NOW)

    with aurora.open_state() as state:
        assert state.charter() is None


@pytest.mark.parametrize(("place", "said"), [("CN", "puts it in CN"), (None, "states no place")])
def test_an_operator_that_relabels_a_brand_later_is_refused(
    league: League, aurora: BrandHome, place: str | None, said: str
) -> None:
    charter = relabelled(league, aurora, place)
    joined = aurora.join(
        league.renew(aurora).bundle.to_json(), league.operator.fingerprint(), now=NOW
    )
    envelope = league.operator.signing_key().sign(charter).to_json()

    with joined.open_state() as state:
        with pytest.raises(CharterRefusedError, match=f"in DE.*{said}") as refusal:
            joined.take_charter(envelope, state, now=NOW)
        assert refusal.value.code == "charter-refused"
        assert joined.charter(state).version == 2


def test_charter_of_another_alliance_by_the_same_operator_is_refused(
    league: League, aurora: BrandHome
) -> None:
    bundle = verify_bundle(league.enrol(aurora).bundle.to_json(), league.operator.fingerprint())
    charter = bundle.charter.model_copy(update={"id": AllianceId("river-league")})
    key = league.operator.signing_key()

    with pytest.raises(CharterRefusedError, match="river-league"):
        check_charter(key.sign(charter), key.public_hex, aurora.name, aurora.keys(), place="DE")


@pytest.mark.parametrize("text", ["AB:" * 31 + "AB", "ab" * 32, " " + "Ab " * 32])
def test_fingerprint_is_read_as_people_write_it(text: str) -> None:
    assert read_fingerprint(text) == "ab" * 32


@pytest.mark.parametrize("text", ["", "ab" * 31, "zz" * 32])
def test_fingerprint_of_the_wrong_form_is_refused(text: str) -> None:
    with pytest.raises(FingerprintMismatchError, match="64 hexadecimal digits"):
        read_fingerprint(text)


def test_agreement_key_survives_its_file_form() -> None:
    key = BrandKeys.generate().agreement

    again = agreement_key_from_pem(agreement_key_to_pem(key))

    assert again.public_key() == key.public_key()


def test_key_of_another_kind_is_refused() -> None:
    with pytest.raises(BrandKeyError):
        agreement_key_from_pem(SigningKey.generate().to_pem())
    with pytest.raises(BrandKeyError):
        agreement_key_from_pem(b"no key")
