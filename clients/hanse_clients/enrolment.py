"""Joining an alliance from the brand's side: the request sent, the bundle checked.

Rules: private keys are made here and never leave; the one thing taken on trust is
the fingerprint of the operator's authority, told by another way; from it follow
the authority's certificate, the operator's key named in it, the bundle that key
signed, and the charter. Whatever of these does not follow is refused, and so is a
certificate or a charter that speaks of keys that are not this brand's. A charter is not
followed either that puts this brand elsewhere than where it said that it keeps its data:
which law applies, and what counts as a transfer abroad, is told from that place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from hanse_clients.errors import (
    BrandKeyError,
    BundleForeignError,
    BundleInvalidError,
    BundleKeyError,
    CharterRefusedError,
    FingerprintMismatchError,
)
from hanse_policies.certificates import (
    brand_name,
    fingerprint,
    name_of,
    new_tls_key,
    operator_key_in,
)
from hanse_policies.documents import AllianceCharter, AllianceId, BrandId, Member
from hanse_policies.documents.enrolment import EnrolmentBundle, EnrolmentRequest
from hanse_policies.errors import EnvelopeFormatError, SignatureError
from hanse_policies.signing import Envelope, SigningKey, open_envelope

FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BrandName:
    """Which brand of which alliance."""

    alliance: AllianceId
    brand: BrandId


@dataclass(frozen=True, slots=True, repr=False)
class BrandKeys:
    """A brand's three private keys; their text form shows nothing.

    Attributes:
        tls: P-256, for mutual TLS.
        signing: Ed25519, signs what the brand says.
        agreement: X25519, agrees pairwise masks in secure aggregation.
    """

    tls: ec.EllipticCurvePrivateKey
    signing: SigningKey
    agreement: X25519PrivateKey

    @classmethod
    def generate(cls) -> BrandKeys:
        """Make three new keys from the operating system's generator."""
        return cls(new_tls_key(), SigningKey.generate(), X25519PrivateKey.generate())

    @property
    def agreement_public_hex(self) -> str:
        """The raw public agreement key in lower-case hexadecimal."""
        return self.agreement.public_key().public_bytes_raw().hex()

    def are_pinned_by(self, member: Member) -> bool:
        """Tell whether a charter's entry names these keys."""
        return (member.signing_key, member.agreement_key) == (
            self.signing.public_hex,
            self.agreement_public_hex,
        )


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle that follows from a fingerprint; the certificates in it are parsed."""

    document: EnrolmentBundle
    certificate: x509.Certificate
    authority: x509.Certificate
    charter: AllianceCharter
    charter_envelope: Envelope


def agreement_key_to_pem(key: X25519PrivateKey) -> bytes:
    """Write a private key as unencrypted PKCS #8 PEM, for `write_private`."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def agreement_key_from_pem(data: bytes) -> X25519PrivateKey:
    """Read a private key written by `agreement_key_to_pem`.

    Raises:
        BrandKeyError: The bytes hold no unencrypted X25519 private key.
    """
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BrandKeyError(
            "expected an unencrypted X25519 private key in PEM, got something else"
        ) from error
    if not isinstance(key, X25519PrivateKey):
        raise BrandKeyError("expected an X25519 private key, got one of another kind")
    return key


def make_request(
    name: BrandName,
    legal_entity: str,
    keys: BrandKeys,
    *,
    now: datetime,
    jurisdiction: str | None = None,
) -> Envelope:
    """Make the request by which a brand asks to become a member.

    Args:
        name: The brand and the alliance it asks.
        legal_entity: The legal entity behind the brand.
        keys: The brand's keys; only their public halves go into the request.
        now: When it is made.
        jurisdiction: Where the brand keeps its data; None counts as abroad.

    Returns:
        The request, signed with the identity key it names.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.brand)])
    uri = x509.UniformResourceIdentifier(brand_name(name.alliance, name.brand))
    asked = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(keys.tls, hashes.SHA256())
    )
    return keys.signing.sign(
        EnrolmentRequest(
            alliance=name.alliance,
            brand=name.brand,
            legal_entity=legal_entity,
            signing_key=keys.signing.public_hex,
            agreement_key=keys.agreement_public_hex,
            certificate_request=asked.public_bytes(Encoding.PEM).decode(),
            created=now,
            jurisdiction=jurisdiction,
        )
    )


def read_fingerprint(text: str) -> str:
    """Read a fingerprint as people write it: any case, with or without colons and spaces.

    Raises:
        FingerprintMismatchError: The text is not 64 hexadecimal digits.
    """
    plain = re.sub(r"[:\s]", "", text).lower()
    if not FINGERPRINT.fullmatch(plain):
        raise FingerprintMismatchError(
            f"expected a fingerprint of 64 hexadecimal digits, got {len(plain)} characters; ask "
            "the operator to read it to you again"
        )
    return plain


@lru_cache(maxsize=4)
def verify_bundle(data: bytes, pinned: str) -> VerifiedBundle:
    """Verify a bundle from the fingerprint of the operator's authority up.

    Args:
        data: The bundle file's content; hostile.
        pinned: SHA-256 of the authority's certificate, as the operator told it.

    Raises:
        BundleInvalidError: It is not well formed, or its parts do not belong together.
        FingerprintMismatchError: Its authority is another.
        BundleForeignError: Its parts speak of different alliances.
    """
    envelope, claimed = _read(data)
    authority = _certificate(claimed.authority)
    if fingerprint(authority) != pinned:
        raise FingerprintMismatchError(
            f"expected the authority with fingerprint {pinned}, got {fingerprint(authority)}; do "
            "not join, and ask the operator by another way"
        )
    try:
        document = open_envelope(envelope, EnrolmentBundle, operator_key_in(authority))
        charter_envelope = Envelope.from_json(document.charter.encode())
        charter = open_envelope(charter_envelope, AllianceCharter, document.operator_key)
    except (SignatureError, ValueError) as error:
        raise BundleInvalidError(
            "expected bundle and charter signed by the operator's key that its authority names, "
            "got other signatures or changed content"
        ) from error
    certificate = _certificate(document.certificate)
    _check_parts(document, certificate, authority, charter)
    return VerifiedBundle(document, certificate, authority, charter, charter_envelope)


def check_ours(
    bundle: VerifiedBundle, name: BrandName, keys: BrandKeys, now: datetime, *, place: str | None
) -> None:
    """Check that a verified bundle is for this brand and its own keys, and good now.

    Args:
        bundle: Verified.
        name: This brand.
        keys: Its own.
        now: When it joins.
        place: Where the brand says that it keeps its data; None where it says nothing.

    Raises:
        BundleForeignError: It is for another brand or alliance.
        BundleKeyError: It certifies or pins other keys than this brand's.
        BundleInvalidError: Its certificate is not valid at `now`.
        CharterRefusedError: Its charter puts the brand elsewhere.
    """
    given = BrandName(AllianceId(bundle.document.alliance), BrandId(bundle.document.brand))
    if given != name:
        raise BundleForeignError(
            f"expected a bundle for brand {name.brand} of alliance {name.alliance}, got one for "
            f"{given.brand} of {given.alliance}"
        )
    if bundle.certificate.public_key() != keys.tls.public_key():
        raise BundleKeyError(
            f"expected a certificate for the TLS key of {name.brand}, got one for another key; "
            "enrol with the request that lies beside the key"
        )
    member = bundle.charter.member(name.brand)
    if member is None or not keys.are_pinned_by(member):
        raise BundleKeyError(
            f"expected a charter that pins the identity keys of {name.brand}, got one that "
            f"{'pins others' if member else 'does not name the brand'}; do not join"
        )
    _check_place(member, place)
    begin, end = bundle.certificate.not_valid_before_utc, bundle.certificate.not_valid_after_utc
    if not begin <= now <= end:
        raise BundleInvalidError(
            f"expected a certificate valid at {_text(now)}, got one valid from {_text(begin)} "
            f"until {_text(end)}; check the clock, or have the certificate renewed"
        )


def check_charter(
    envelope: Envelope, operator_key: str, name: BrandName, keys: BrandKeys, *, place: str | None
) -> AllianceCharter:
    """Check a charter that the operator's server handed out later on.

    A charter may drop this brand, which ends its membership, but it may never
    pin other keys for it, nor put it elsewhere.

    Args:
        envelope: The signed charter; hostile.
        operator_key: As pinned.
        name: This brand.
        keys: Its own.
        place: Where the brand says that it keeps its data; None where it says nothing, and
            for a charter that was accepted before.

    Raises:
        SignatureError: The pinned operator did not sign it.
        CharterRefusedError: It is of another alliance, names another operator's key, pins
            other keys for this brand or puts it elsewhere.
    """
    charter = open_envelope(envelope, AllianceCharter, operator_key)
    if charter.id != name.alliance or charter.operator.signing_key != operator_key:
        raise CharterRefusedError(
            f"expected a charter of alliance {name.alliance} and its pinned operator, got one of "
            f"{charter.id} or of another operator's key"
        )
    member = charter.member(name.brand)
    if member is not None and not keys.are_pinned_by(member):
        raise CharterRefusedError(
            f"expected a charter that pins the identity keys of {name.brand}, got one that pins "
            "others; tell the other members"
        )
    if member is not None:
        _check_place(member, place)
    return charter


def _check_place(member: Member, place: str | None) -> None:
    if place is not None and member.jurisdiction != place:
        raise CharterRefusedError(
            f"expected a charter that puts {member.brand} in {place}, as its brand.yaml states, "
            f"got one that {_stated(member)}; have the operator correct it, or, if the brand has "
            "moved its data, leave and enrol anew with the place it has now"
        )


def _stated(member: Member) -> str:
    if member.jurisdiction is None:
        return "states no place for it, which counts as abroad"
    return f"puts it in {member.jurisdiction}"


def _read(data: bytes) -> tuple[Envelope, EnrolmentBundle]:
    try:
        envelope = Envelope.from_json(data)
        # Read before it is verified, for the authority's certificate alone: the
        # fingerprint decides whether that one is good, and it names the key.
        return envelope, EnrolmentBundle.model_validate_json(envelope.payload, strict=True)
    except (EnvelopeFormatError, ValidationError) as error:
        raise BundleInvalidError(
            "expected a bundle made by hanse operator enrol, got another file"
        ) from error


def _check_parts(
    document: EnrolmentBundle,
    certificate: x509.Certificate,
    authority: x509.Certificate,
    charter: AllianceCharter,
) -> None:
    if charter.id != document.alliance or charter.operator.signing_key != document.operator_key:
        raise BundleForeignError(
            f"expected the charter of alliance {document.alliance} and its operator, got one of "
            f"{charter.id} or of another operator's key"
        )
    expected = brand_name(AllianceId(document.alliance), BrandId(document.brand))
    try:
        certificate.verify_directly_issued_by(authority)
        issued = name_of(certificate) == expected
    except (ValueError, TypeError, InvalidSignature) as error:
        raise BundleInvalidError(
            "expected a certificate issued by the bundle's authority, got one issued elsewhere"
        ) from error
    if not issued or document.operator_key != operator_key_in(authority):
        raise BundleInvalidError(
            f"expected a certificate for {expected} and the operator's key that the authority "
            "names, got others"
        )


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise BundleInvalidError(
            "expected certificates in the bundle, got one that cannot be read"
        ) from error


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
