"""Enrolment: from a brand's request to a certificate and a place in the charter.

Rules: a request proves that its sender holds the identity key and the TLS key it
names; names in the certificate come from the checked request, never from the
certificate request inside; a brand's identity keys are pinned once and a renewal
cannot change them; certificate and charter are recorded together.

Source: RFC 2986 (PKCS #10); RFC 7748, section 6.1 (keys of small order).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from hanse_policies.certificates import brand_name, is_tls_key, name_of
from hanse_policies.documents import AllianceCharter, AllianceId, BrandId, Member
from hanse_policies.documents.alliance import RESERVED_NAMES
from hanse_policies.documents.enrolment import EnrolmentBundle, EnrolmentRequest
from hanse_policies.errors import EnvelopeFormatError, SignatureError
from hanse_policies.signing import Envelope, open_envelope
from hanse_server.authority import Terms, issue_brand_certificate, record_of
from hanse_server.errors import (
    BrandEnrolledError,
    BrandUnknownError,
    EnrolmentProofError,
    EnrolmentRequestError,
    ForeignAllianceError,
    IdentityKeyChangedError,
)
from hanse_server.home import OperatorHome
from hanse_server.store import CallerRole, CertificateRecord, CharterRecord, OperatorStore

MAXIMUM_REQUEST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request whose sender proved to hold its keys.

    Attributes:
        document: The request.
        digest: SHA-256 of its signed payload, which the brand can tell by another way.
        tls_key: The key to certify.
    """

    document: EnrolmentRequest
    digest: str
    tls_key: ec.EllipticCurvePublicKey

    @property
    def brand(self) -> BrandId:
        """The brand that asks."""
        return BrandId(self.document.brand)

    def member(self) -> Member:
        """Describe the brand as the charter does."""
        return Member(
            brand=self.document.brand,
            legal_entity=self.document.legal_entity,
            signing_key=self.document.signing_key,
            agreement_key=self.document.agreement_key,
            jurisdiction=self.document.jurisdiction,
        )


@dataclass(frozen=True, slots=True)
class EnrolledBrand:
    """What an enrolment or a renewal came to."""

    certificate: CertificateRecord
    charter_version: int
    bundle: Envelope


def check_request(data: bytes, alliance: AllianceId) -> CheckedRequest:
    """Check a brand's request, all but whether its name is free.

    Args:
        data: The request file's content; hostile.
        alliance: The alliance it must be for.

    Raises:
        EnrolmentRequestError: It is not well formed, or bears a reserved name.
        EnrolmentProofError: A proof of possession fails, or a key is of the wrong kind.
        ForeignAllianceError: It is for another alliance.
    """
    envelope = _envelope(data)
    document = _open(envelope)
    if document.alliance != alliance:
        raise ForeignAllianceError(
            f"expected a request to alliance {alliance}, got one to {document.alliance}"
        )
    if document.brand in RESERVED_NAMES:
        raise EnrolmentRequestError(
            f"expected a brand's own name, got the reserved word {document.brand}; choose another"
        )
    _check_agreement_key(document.agreement_key)
    return CheckedRequest(document, envelope.payload_digest, _tls_key(document))


def enrol(
    home: OperatorHome,
    store: OperatorStore,
    request: CheckedRequest,
    *,
    lifetime: timedelta,
    now: datetime,
) -> EnrolledBrand:
    """Make a brand a member: certify its TLS key and pin its identity keys.

    Raises:
        BrandEnrolledError: Its name, or one of its keys, is taken.
        CharterConflictError: The membership changed meanwhile; try again.
    """
    before = charter_in_force(home, store)
    _check_free(before, request)
    charter = _revised(home, before, (*before.members, request.member()), now)
    certificate = _certify(home, request, lifetime, now)
    record = record_of(certificate, CallerRole.BRAND, request.brand)
    store.membership.admit(record, charter)
    return _enrolled(home, certificate, record, charter, now)


def renew(
    home: OperatorHome,
    store: OperatorStore,
    request: CheckedRequest,
    *,
    lifetime: timedelta,
    now: datetime,
) -> EnrolledBrand:
    """Give a member a new certificate; the one before is refused from now on.

    Raises:
        BrandUnknownError: The brand is not a member, or was revoked meanwhile.
        IdentityKeyChangedError: The request names other identity keys than the charter pins.
    """
    member = charter_in_force(home, store).member(request.brand)
    if member is None:
        raise BrandUnknownError(
            f"expected a member to renew, got {request.brand}; enrol it without --renew"
        )
    asked = request.member()
    if (member.signing_key, member.agreement_key) != (asked.signing_key, asked.agreement_key):
        raise IdentityKeyChangedError(
            f"expected the identity keys that the charter pins for {request.brand}, got others; "
            "revoke the brand and enrol it anew"
        )
    certificate = _certify(home, request, lifetime, now)
    record = record_of(certificate, CallerRole.BRAND, request.brand)
    store.membership.renew(record)
    return _enrolled(home, certificate, record, store.membership.charter(), now)


def revoke(
    home: OperatorHome, store: OperatorStore, brand: BrandId, *, reason: str, now: datetime
) -> int:
    """End a brand's membership: refuse its certificates and drop it from the charter.

    Returns:
        The version of the charter without the brand.

    Raises:
        BrandUnknownError: The brand is not a member.
        CharterConflictError: The membership changed meanwhile; try again.
    """
    before = charter_in_force(home, store)
    if before.member(brand) is None:
        raise BrandUnknownError(
            f"expected a member, got {brand}; hanse operator members lists them"
        )
    charter = _revised(home, before, (m for m in before.members if m.brand != brand), now)
    store.membership.expel(brand, reason, charter)
    return charter.version


def charter_in_force(home: OperatorHome, store: OperatorStore) -> AllianceCharter:
    """Return the newest charter, its signature checked.

    Raises:
        SignatureError: The store holds a charter that this operator did not sign.
    """
    envelope = Envelope.from_json(store.membership.charter().envelope)
    return open_envelope(envelope, AllianceCharter, home.signing_key().public_hex)


def _envelope(data: bytes) -> Envelope:
    if len(data) > MAXIMUM_REQUEST_BYTES:
        raise EnrolmentRequestError(
            f"expected a request of at most {MAXIMUM_REQUEST_BYTES} bytes, got {len(data)}"
        )
    try:
        return Envelope.from_json(data)
    except EnvelopeFormatError as error:
        raise EnrolmentRequestError(
            "expected a signed request made by hanse brand init, got another file"
        ) from error


def _open(envelope: Envelope) -> EnrolmentRequest:
    # The one document checked with a key it names itself: that is what proves possession.
    try:
        claimed = EnrolmentRequest.model_validate_json(envelope.payload, strict=True)
    except ValidationError as error:
        raise EnrolmentRequestError(
            f"expected a valid enrolment request, got one with {error.error_count()} faults; make "
            "it with hanse brand init"
        ) from error
    try:
        return open_envelope(envelope, EnrolmentRequest, claimed.signing_key)
    except SignatureError as error:
        raise EnrolmentProofError(
            f"expected the request of {claimed.brand} to be signed by the identity key it names, "
            "got another signature or changed content"
        ) from error


def _tls_key(document: EnrolmentRequest) -> ec.EllipticCurvePublicKey:
    expected = brand_name(AllianceId(document.alliance), BrandId(document.brand))
    try:
        asked = x509.load_pem_x509_csr(document.certificate_request.encode())
        proven, name, key = asked.is_signature_valid, name_of(asked), asked.public_key()
    except (ValueError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise EnrolmentRequestError(
            "expected a certificate request with one name, got one that cannot be read"
        ) from error
    if not proven:
        raise EnrolmentProofError(
            f"expected the certificate request of {document.brand} to be signed by its own TLS "
            "key, got another signature"
        )
    if not isinstance(key, ec.EllipticCurvePublicKey) or not is_tls_key(key):
        raise EnrolmentProofError(
            f"expected a P-256 TLS key from {document.brand}, got one of another kind or size"
        )
    if name != expected:
        raise EnrolmentProofError(
            f"expected a certificate request for {expected}, got one for {name[:200]}"
        )
    return key


def _check_agreement_key(public_hex: str) -> None:
    # A key of small order agrees the same secret with everybody; the exchange refuses it.
    try:
        key = X25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        X25519PrivateKey.generate().exchange(key)
    except ValueError as error:
        raise EnrolmentProofError(
            "expected an X25519 agreement key, got one of small order that protects nothing"
        ) from error


def _check_free(charter: AllianceCharter, request: CheckedRequest) -> None:
    asked = request.member()
    for member in charter.members:
        if member.brand == asked.brand:
            raise BrandEnrolledError(
                f"expected a brand that is not a member yet, got {asked.brand}; renew its "
                "certificate with --renew"
            )
        if {member.signing_key, member.agreement_key} & {asked.signing_key, asked.agreement_key}:
            raise BrandEnrolledError(
                f"expected new identity keys from {asked.brand}, got one pinned for {member.brand}"
            )


def _revised(
    home: OperatorHome, before: AllianceCharter, members: Iterable[Member], now: datetime
) -> CharterRecord:
    ordered = tuple(sorted(members, key=lambda member: member.brand))
    charter = AllianceCharter.model_validate(
        dict(before) | {"version": before.version + 1, "members": ordered}
    )
    envelope = home.signing_key().sign(charter)
    return CharterRecord(charter.version, envelope.payload_digest, envelope.to_json(), now)


def _certify(
    home: OperatorHome, request: CheckedRequest, lifetime: timedelta, now: datetime
) -> x509.Certificate:
    terms = Terms(x509.random_serial_number(), now, lifetime)
    return issue_brand_certificate(home.authority(), request.brand, request.tls_key, terms)


def _enrolled(
    home: OperatorHome,
    certificate: x509.Certificate,
    record: CertificateRecord,
    charter: CharterRecord,
    now: datetime,
) -> EnrolledBrand:
    signing_key = home.signing_key()
    bundle = EnrolmentBundle(
        alliance=home.alliance,
        brand=record.brand,
        address=home.configuration.address,
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        authority=home.authority().certificate.public_bytes(Encoding.PEM).decode(),
        operator_key=signing_key.public_hex,
        charter=charter.envelope.decode(),
        created=now,
    )
    return EnrolledBrand(record, charter.version, signing_key.sign(bundle))
