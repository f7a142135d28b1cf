"""The alliance's certificate authority: pure functions that issue and judge certificates.

Rules: names come from what the operator decided, never from a request; every
certificate is P-256 with SHA-256, has exactly one purpose, and ends no later than
the authority; a certificate is judged by the operator's own record of it, so that
a revocation counts from the next call on, and one that merely bears a known
serial number is still unknown. Who calls passes the instant and the serial number.

Source: RFC 5280.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hanse_policies.certificates import (
    authority_name,
    brand_name,
    fingerprint,
    name_of,
    operator_name,
    server_name,
)
from hanse_policies.documents import AllianceId, BrandId
from hanse_server.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    CertificateRevokedError,
    CertificateSupersededError,
    CertificateUnknownError,
)
from hanse_server.store.records import CallerRole, CertificateRecord, CertificateStatus

SERVER_NAME: Final = "hanse-operator"
"""The host name that every brand expects of its operator, whatever the address."""

AUTHORITY_LIFETIME: Final = timedelta(days=3650)
CLOCK_SKEW: Final = timedelta(minutes=5)
"""Certificates begin this much before they are issued, for clocks that run behind."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the certificate proves; `brand` is empty for the operator."""

    role: CallerRole
    brand: BrandId


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """The authority of one alliance, with its private key."""

    alliance: AllianceId
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator decides about one certificate, its name aside.

    Attributes:
        serial: Random and positive, at most 159 bits: `x509.random_serial_number()`.
        now: When it is issued.
        lifetime: How long it is valid, cut at the end of the authority.
    """

    serial: int
    now: datetime
    lifetime: timedelta


class CertificateRegister(Protocol):
    """Where the certificates issued are recorded."""

    def certificate(self, serial: str) -> CertificateRecord:
        """Find a certificate by its serial number.

        Raises:
            CertificateUnknownError: This authority issued no such certificate.
        """
        ...


def found_authority(
    alliance: AllianceId,
    operator_key: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    serial: int,
    now: datetime,
) -> Authority:
    """Make the authority of an alliance: a self-signed certificate over `key`.

    Args:
        alliance: The alliance.
        operator_key: The operator's Ed25519 key, which the certificate vouches for.
        key: The authority's new private key.
        serial: `x509.random_serial_number()`.
        now: When it is founded.
    """
    subject = _subject(alliance, "authority")
    certificate = (
        _builder(subject, subject, key.public_key(), serial)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_uri(authority_name(alliance, operator_key)), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(alliance, certificate, key)


def issue_server_certificate(
    authority: Authority, public_key: ec.EllipticCurvePublicKey, terms: Terms, host: str = ""
) -> x509.Certificate:
    """Certify the server's key, for `hanse-operator`, loopback and the host it listens on.

    Args:
        authority: Who issues.
        public_key: The server's TLS key.
        terms: Serial number and validity.
        host: Name or address that brands dial besides; may be empty.
    """
    names: dict[x509.GeneralName, None] = {
        x509.DNSName(SERVER_NAME): None,
        x509.DNSName("localhost"): None,
        x509.IPAddress(ip_address("127.0.0.1")): None,
        x509.UniformResourceIdentifier(server_name(authority.alliance)): None,
    }
    if host:
        names[_host(host)] = None
    alternatives = x509.SubjectAlternativeName(list(names))
    purpose = ExtendedKeyUsageOID.SERVER_AUTH
    return _issue(authority, "server", alternatives, purpose, public_key, terms)


def issue_operator_certificate(
    authority: Authority, public_key: ec.EllipticCurvePublicKey, terms: Terms
) -> x509.Certificate:
    """Certify the key of the operator's own commands."""
    name = _uri(operator_name(authority.alliance))
    return _issue(authority, "operator", name, ExtendedKeyUsageOID.CLIENT_AUTH, public_key, terms)


def issue_brand_certificate(
    authority: Authority, brand: BrandId, public_key: ec.EllipticCurvePublicKey, terms: Terms
) -> x509.Certificate:
    """Certify a brand's TLS key."""
    name = _uri(brand_name(authority.alliance, brand))
    return _issue(authority, brand, name, ExtendedKeyUsageOID.CLIENT_AUTH, public_key, terms)


def record_of(
    certificate: x509.Certificate, role: CallerRole, brand: str = ""
) -> CertificateRecord:
    """Describe a certificate just issued, for the operator's records."""
    return CertificateRecord(
        serial=f"{certificate.serial_number:x}",
        role=role,
        brand=BrandId(brand),
        fingerprint=fingerprint(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def caller_of(certificate_der: bytes, register: CertificateRegister, now: datetime) -> Caller:
    """Tell who calls, or refuse the certificate; asked at every call.

    The TLS handshake has shown that the caller holds the key and that the
    authority signed; that alone knows neither revocation nor renewal.

    Args:
        certificate_der: The client certificate of the connection.
        register: The operator's record of what was issued.
        now: The instant of the call.

    Raises:
        CertificateUnknownError: It is not a certificate that was issued here.
        CertificateRevokedError: The operator revoked it.
        CertificateSupersededError: A newer one took its place.
        CertificateNotYetValidError: Its time has not begun.
        CertificateExpiredError: Its time is over.
    """
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        name = name_of(certificate)
    except ValueError as error:
        raise _unknown("one that cannot be read") from error
    record = register.certificate(f"{certificate.serial_number:x}")
    if record.fingerprint != fingerprint(certificate):
        raise _unknown("another one with the same serial number")
    if not name.endswith(_name_ending(record)):
        raise _unknown("one with another name than recorded")
    _check_standing(record, now)
    return Caller(record.role, record.brand)


def _check_standing(record: CertificateRecord, now: datetime) -> None:
    holder = record.brand or "the operator"
    if record.status is CertificateStatus.REVOKED:
        raise CertificateRevokedError(
            f"expected a certificate in force, got one of {holder} that the operator revoked"
        )
    if record.status is CertificateStatus.SUPERSEDED:
        raise CertificateSupersededError(
            f"expected the newest certificate of {holder}, got an older one; join with the newest "
            "bundle"
        )
    if now < record.not_before:
        raise CertificateNotYetValidError(
            f"expected a certificate of {holder} that is valid at {_text(now)}, got one valid from "
            f"{_text(record.not_before)}; check the clocks"
        )
    if now > record.not_after:
        raise CertificateExpiredError(
            f"expected a certificate of {holder} that is valid at {_text(now)}, got one valid "
            f"until {_text(record.not_after)}; renew it with hanse operator enrol --renew"
        )


def _name_ending(record: CertificateRecord) -> str:
    if record.role is CallerRole.OPERATOR:
        return "/operator"
    return f"/brand/{record.brand}"


def _unknown(got: str) -> CertificateUnknownError:
    return CertificateUnknownError(f"expected a certificate that this alliance issued, got {got}")


def _issue(
    authority: Authority,
    common_name: str,
    alternatives: x509.SubjectAlternativeName,
    purpose: x509.ObjectIdentifier,
    public_key: ec.EllipticCurvePublicKey,
    terms: Terms,
) -> x509.Certificate:
    issuer = authority.certificate
    begin = max(terms.now - CLOCK_SKEW, issuer.not_valid_before_utc)
    end = min(terms.now + terms.lifetime, issuer.not_valid_after_utc)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    subject = _subject(authority.alliance, common_name)
    return (
        _builder(subject, issuer.subject, public_key, terms.serial)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .add_extension(issuer_key, critical=False)
        .add_extension(alternatives, critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(alliance: AllianceId, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, alliance),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _uri(name: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
