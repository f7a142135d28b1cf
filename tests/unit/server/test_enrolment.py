from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hanse_clients.enrolment import BrandKeys, BrandName, make_request
from hanse_clients.home import BrandHome
from hanse_policies.certificates import brand_name
from hanse_policies.documents import AllianceId, BrandId
from hanse_policies.documents.enrolment import EnrolmentRequest
from hanse_policies.signing import SigningKey
from hanse_server import enrolment
from hanse_server.enrolment import charter_in_force, check_request
from hanse_server.errors import (
    BrandEnrolledError,
    BrandUnknownError,
    EnrolmentProofError,
    EnrolmentRequestError,
    ForeignAllianceError,
    IdentityKeyChangedError,
)
from tests.support.identity import ALLIANCE, NOW, YEAR, League, found_brand, found_operator

AURORA = BrandName(ALLIANCE, BrandId("aurora"))


@pytest.fixture
def league(tmp_path: Path) -> League:
    operator = found_operator(tmp_path / "operator")
    return League(operator, operator.open_store())


def request_of(keys: BrandKeys, name: BrandName = AURORA) -> EnrolmentRequest:
    envelope = make_request(name, "Aurora GmbH", keys, now=NOW)
    return EnrolmentRequest.model_validate_json(envelope.payload)


def signed(keys: BrandKeys, **changes: object) -> bytes:
    document = EnrolmentRequest.model_validate(dict(request_of(keys)) | changes)
    return keys.signing.sign(document).to_json()


def certificate_request(key: ec.EllipticCurvePrivateKey, brand: str) -> str:
    uri = x509.UniformResourceIdentifier(brand_name(ALLIANCE, BrandId(brand)))
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


def test_enrolment_pins_the_identity_keys_in_a_new_charter(league: League, tmp_path: Path) -> None:
    brand = found_brand(tmp_path / "aurora", "aurora")

    done = league.enrol(brand)

    charter = charter_in_force(league.operator, league.store)
    member = charter.member(BrandId("aurora"))
    assert done.charter_version == charter.version == 2
    assert member is not None
    assert brand.keys().are_pinned_by(member)
    assert [c.version for c in league.store.membership.charters()] == [1, 2]


def test_request_to_another_alliance_is_refused(league: League) -> None:
    name = BrandName(AllianceId("river-league"), BrandId("aurora"))
    data = make_request(name, "Aurora GmbH", BrandKeys.generate(), now=NOW).to_json()

    with pytest.raises(ForeignAllianceError):
        check_request(data, league.operator.alliance)


def test_identity_key_swapped_after_signing_is_refused(league: League) -> None:
    keys = BrandKeys.generate()
    envelope = json.loads(make_request(AURORA, "Aurora GmbH", keys, now=NOW).to_json())
    payload = b64decode(envelope["payload"]).decode()
    swapped = payload.replace(keys.signing.public_hex, SigningKey.generate().public_hex)
    envelope["payload"] = b64encode(swapped.encode()).decode()

    with pytest.raises(EnrolmentProofError, match="identity key"):
        check_request(json.dumps(envelope).encode(), league.operator.alliance)


def test_request_signed_by_another_key_than_it_names_is_refused(league: League) -> None:
    document = request_of(BrandKeys.generate())
    data = SigningKey.generate().sign(document).to_json()

    with pytest.raises(EnrolmentProofError):
        check_request(data, league.operator.alliance)


def test_certificate_request_for_another_brand_is_refused(league: League) -> None:
    keys = BrandKeys.generate()
    asked = certificate_request(keys.tls, "borealis")

    with pytest.raises(EnrolmentProofError, match="brand/borealis"):
        check_request(signed(keys, certificate_request=asked), league.operator.alliance)


def test_certificate_request_with_a_larger_curve_is_refused(league: League) -> None:
    keys = BrandKeys.generate()
    asked = certificate_request(ec.generate_private_key(ec.SECP384R1()), "aurora")

    with pytest.raises(EnrolmentProofError, match="P-256"):
        check_request(signed(keys, certificate_request=asked), league.operator.alliance)


def test_certificate_request_with_a_foreign_key_spliced_in_is_refused(league: League) -> None:
    keys = BrandKeys.generate()
    der = x509.load_pem_x509_csr(certificate_request(keys.tls, "aurora").encode()).public_bytes(
        Encoding.DER
    )
    ours, theirs = (
        key.public_key().public_numbers().x.to_bytes(32, "big")
        + key.public_key().public_numbers().y.to_bytes(32, "big")
        for key in (keys.tls, BrandKeys.generate().tls)
    )
    text = b64encode(der.replace(ours, theirs)).decode()
    asked = "-----BEGIN CERTIFICATE REQUEST-----\n"
    asked += "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    asked += "\n-----END CERTIFICATE REQUEST-----\n"

    with pytest.raises(EnrolmentProofError, match="its own TLS key"):
        check_request(signed(keys, certificate_request=asked), league.operator.alliance)


def test_agreement_key_of_small_order_is_refused(league: League) -> None:
    data = signed(BrandKeys.generate(), agreement_key="00" * 32)

    with pytest.raises(EnrolmentProofError, match="small order"):
        check_request(data, league.operator.alliance)


@pytest.mark.parametrize("word", ["operator", "members"])
def test_reserved_name_is_refused(league: League, word: str) -> None:
    name = BrandName(ALLIANCE, BrandId(word))
    data = make_request(name, "Trick GmbH", BrandKeys.generate(), now=NOW).to_json()

    with pytest.raises(EnrolmentRequestError, match="reserved"):
        check_request(data, league.operator.alliance)


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"x" * 70_000])
def test_file_that_is_no_request_is_refused(league: League, data: bytes) -> None:
    with pytest.raises(EnrolmentRequestError):
        check_request(data, league.operator.alliance)


def test_taken_name_is_refused(league: League, tmp_path: Path) -> None:
    league.enrol(found_brand(tmp_path / "aurora", "aurora"))

    with pytest.raises(BrandEnrolledError, match="--renew"):
        league.enrol(found_brand(tmp_path / "impostor", "aurora"))


def test_identity_key_of_another_member_is_refused(league: League, tmp_path: Path) -> None:
    first = found_brand(tmp_path / "aurora", "aurora")
    league.enrol(first)
    name = BrandName(ALLIANCE, BrandId("borealis"))
    copied = make_request(name, "Borealis GmbH", first.keys(), now=NOW).to_json()

    with pytest.raises(BrandEnrolledError, match="pinned for aurora"):
        enrolment.enrol(
            league.operator,
            league.store,
            check_request(copied, ALLIANCE),
            lifetime=YEAR,
            now=NOW,
        )


def test_renewal_cannot_change_identity_keys(league: League, tmp_path: Path) -> None:
    league.enrol(found_brand(tmp_path / "aurora", "aurora"))

    with pytest.raises(IdentityKeyChangedError):
        league.renew(found_brand(tmp_path / "impostor", "aurora"))


def test_brand_that_never_enrolled_cannot_be_renewed_or_revoked(
    league: League, tmp_path: Path
) -> None:
    with pytest.raises(BrandUnknownError):
        league.renew(found_brand(tmp_path / "aurora", "aurora"))
    with pytest.raises(BrandUnknownError):
        league.revoke("aurora")


def test_revoked_brand_is_dropped_from_the_charter_and_may_enrol_anew(
    league: League, tmp_path: Path
) -> None:
    brand = found_brand(tmp_path / "aurora", "aurora")
    league.enrol(brand)

    assert league.revoke("aurora") == 3
    assert charter_in_force(league.operator, league.store).member(BrandId("aurora")) is None
    assert league.enrol(brand).charter_version == 4


def test_no_private_key_is_in_a_request(tmp_path: Path) -> None:
    brand: BrandHome = found_brand(tmp_path / "aurora", "aurora")

    assert b"PRIVATE" not in b64decode(json.loads(brand.request_file.read_bytes())["payload"])
