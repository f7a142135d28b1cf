from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from hanse_policies.certificates import name_of, new_tls_key
from hanse_policies.documents import BrandId
from hanse_policies.documents.enrolment import EnrolmentBundle
from hanse_policies.signing import open_envelope
from hanse_server.authority import (
    Authority,
    Caller,
    Terms,
    caller_of,
    found_authority,
    issue_brand_certificate,
)
from hanse_server.enrolment import EnrolledBrand
from hanse_server.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    CertificateRefusedError,
    CertificateRevokedError,
    CertificateSupersededError,
    CertificateUnknownError,
)
from hanse_server.store import CallerRole
from tests.support.identity import ALLIANCE, NOW, YEAR, League, found_brand, found_operator


@pytest.fixture
def league(tmp_path: Path) -> League:
    operator = found_operator(tmp_path / "operator")
    return League(operator, operator.open_store())


def certificate(league: League, done: EnrolledBrand) -> x509.Certificate:
    key = league.operator.signing_key().public_hex
    bundle = open_envelope(done.bundle, EnrolmentBundle, key)
    return x509.load_pem_x509_certificate(bundle.certificate.encode())


def der(held: x509.Certificate) -> bytes:
    return held.public_bytes(Encoding.DER)


def test_member_is_known_by_its_certificate(league: League, tmp_path: Path) -> None:
    done = league.enrol(found_brand(tmp_path / "aurora", "aurora"))

    caller = caller_of(der(certificate(league, done)), league.store.membership, NOW)

    assert caller == Caller(CallerRole.BRAND, BrandId("aurora"))


def test_operator_is_known_by_its_command_certificate(league: League) -> None:
    pem = league.operator.command_identity().certificate

    caller = caller_of(der(x509.load_pem_x509_certificate(pem)), league.store.membership, NOW)

    assert caller == Caller(CallerRole.OPERATOR, BrandId(""))


def test_revoked_certificate_is_refused_from_the_next_call(league: League, tmp_path: Path) -> None:
    held = certificate(league, league.enrol(found_brand(tmp_path / "aurora", "aurora")))
    with league.operator.open_store() as other_process:
        League(league.operator, other_process).revoke("aurora")

    with pytest.raises(CertificateRevokedError) as refused:
        caller_of(der(held), league.store.membership, NOW)

    assert refused.value.code == "certificate-revoked"


def test_superseded_certificate_is_refused(league: League, tmp_path: Path) -> None:
    brand = found_brand(tmp_path / "aurora", "aurora")
    old = certificate(league, league.enrol(brand))
    new = certificate(league, league.renew(brand))

    assert caller_of(der(new), league.store.membership, NOW).brand == "aurora"
    with pytest.raises(CertificateSupersededError):
        caller_of(der(old), league.store.membership, NOW)


def test_renewed_certificate_of_a_revoked_brand_is_refused(league: League, tmp_path: Path) -> None:
    brand = found_brand(tmp_path / "aurora", "aurora")
    old = certificate(league, league.enrol(brand))
    new = certificate(league, league.renew(brand))
    league.revoke("aurora")

    for held in (old, new):
        with pytest.raises(CertificateRevokedError):
            caller_of(der(held), league.store.membership, NOW)


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        (NOW + timedelta(days=366), CertificateExpiredError),
        (NOW - timedelta(days=1), CertificateNotYetValidError),
    ],
)
def test_certificate_outside_its_validity_is_refused(
    league: League, tmp_path: Path, moment: object, error: type[CertificateRefusedError]
) -> None:
    held = certificate(league, league.enrol(found_brand(tmp_path / "aurora", "aurora")))

    with pytest.raises(error, match=r"until|clocks"):
        caller_of(der(held), league.store.membership, moment)  # type: ignore[arg-type]


def foreign_authority() -> Authority:
    return found_authority(ALLIANCE, "0" * 64, new_tls_key(), serial=7, now=NOW)


def test_certificate_of_a_foreign_authority_is_refused(league: League) -> None:
    forged = issue_brand_certificate(
        foreign_authority(), BrandId("aurora"), new_tls_key().public_key(), Terms(99, NOW, YEAR)
    )

    with pytest.raises(CertificateUnknownError):
        caller_of(der(forged), league.store.membership, NOW)


def test_forged_certificate_with_a_known_serial_is_refused(league: League, tmp_path: Path) -> None:
    done = league.enrol(found_brand(tmp_path / "aurora", "aurora"))
    terms = Terms(int(done.certificate.serial, 16), NOW, YEAR)
    forged = issue_brand_certificate(
        foreign_authority(), BrandId("aurora"), new_tls_key().public_key(), terms
    )

    with pytest.raises(CertificateUnknownError, match="same serial number"):
        caller_of(der(forged), league.store.membership, NOW)


def test_self_signed_certificate_is_refused(league: League) -> None:
    with pytest.raises(CertificateUnknownError):
        caller_of(der(foreign_authority().certificate), league.store.membership, NOW)


def test_bytes_that_are_no_certificate_are_refused(league: League) -> None:
    with pytest.raises(CertificateUnknownError, match="cannot be read"):
        caller_of(b"\x30\x00", league.store.membership, NOW)


def test_authority_certifies_nothing_below_it(league: League) -> None:
    held = league.operator.authority().certificate

    basic = held.extensions.get_extension_for_class(x509.BasicConstraints)

    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    assert isinstance(held.public_key(), ec.EllipticCurvePublicKey)


def test_server_certificate_is_for_serving_on_loopback_alone(league: League) -> None:
    pem = league.operator.server_identity().certificate
    held = x509.load_pem_x509_certificate(pem)

    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert names.get_values_for_type(x509.DNSName) == ["hanse-operator", "localhost"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_brand_certificate_names_the_brand_and_only_lets_it_call(
    league: League, tmp_path: Path
) -> None:
    held = certificate(league, league.enrol(found_brand(tmp_path / "aurora", "aurora")))

    usage = held.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert name_of(held) == "hanse://harbour-league/brand/aurora"
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    held.verify_directly_issued_by(league.operator.authority().certificate)


def test_certificate_ends_no_later_than_its_authority(league: League) -> None:
    late = NOW + timedelta(days=3600)
    held = issue_brand_certificate(
        league.operator.authority(),
        BrandId("aurora"),
        new_tls_key().public_key(),
        Terms(5, late, YEAR),
    )

    assert held.not_valid_after_utc == league.operator.authority().certificate.not_valid_after_utc
