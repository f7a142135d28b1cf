"""X.509 as both sides of an alliance use it: TLS keys, names in certificates, fingerprints.

Rules: every certificate has exactly one URI among its alternative names, and that
URI is the identity; a TLS key is P-256; what cannot be parsed is a `ValueError`,
which the caller turns into the error of its own trade.

    hanse://ALLIANCE/brand/BRAND           a member
    hanse://ALLIANCE/operator              the operator's own commands
    hanse://ALLIANCE/server                the operator's server
    hanse://ALLIANCE/authority/KEY         the authority; KEY is the operator's Ed25519 key

Naming the operator's key in the authority's certificate makes the one fingerprint
that a brand is told vouch for both: the certificates and what the operator signs.

Source: RFC 5280, section 4.2.1.6 (subject alternative name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from hanse_policies.documents.base import AllianceId, BrandId

_AUTHORITY: Final = re.compile(r"hanse://[a-z0-9_-]{1,64}/authority/([0-9a-f]{64})")


def brand_name(alliance: AllianceId, brand: BrandId) -> str:
    """Return the URI that a member's certificate bears."""
    return f"hanse://{alliance}/brand/{brand}"


def operator_name(alliance: AllianceId) -> str:
    """Return the URI that the certificate of the operator's own commands bears."""
    return f"hanse://{alliance}/operator"


def server_name(alliance: AllianceId) -> str:
    """Return the URI that the server's certificate bears."""
    return f"hanse://{alliance}/server"


def authority_name(alliance: AllianceId, operator_key: str) -> str:
    """Return the URI that the authority's certificate bears."""
    return f"hanse://{alliance}/authority/{operator_key}"


def name_of(holder: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Read the identity in a certificate or certificate request; nothing is verified.

    Raises:
        ValueError: It does not have exactly one URI among its alternative names.
    """
    try:
        names = holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError("expected one set of alternative names, got another number") from error
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise ValueError(f"expected one URI among the alternative names, got {len(uris)}")
    return uris[0]


def operator_key_in(authority: x509.Certificate) -> str:
    """Read the operator's Ed25519 key out of the authority's certificate.

    Raises:
        ValueError: The certificate names no such key.
    """
    found = _AUTHORITY.fullmatch(name_of(authority))
    if found is None:
        raise ValueError("expected the certificate of an authority, got one with another name")
    return found.group(1)


def fingerprint(certificate: x509.Certificate) -> str:
    """Compute the SHA-256 of a certificate's DER bytes, in lower-case hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def new_tls_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key from the operating system's generator."""
    return ec.generate_private_key(ec.SECP256R1())


def tls_key_to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as unencrypted PKCS #8 PEM, for `write_private`."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def tls_key_from_pem(data: bytes) -> ec.EllipticCurvePrivateKey:
    """Read a private key written by `tls_key_to_pem`.

    Raises:
        ValueError: The bytes hold no unencrypted P-256 private key.
    """
    try:
        key = load_pem_private_key(data, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("expected an unencrypted private key in PEM, got another") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not is_tls_key(key.public_key()):
        raise ValueError("expected a P-256 private key, got one of another kind")
    return key


def is_tls_key(key: object) -> bool:
    """Tell whether a public key is of the one kind that alliances use for TLS."""
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


@dataclass(frozen=True, slots=True, repr=False)
class TlsIdentity:
    """What one end of a mutual-TLS connection shows and trusts, each in PEM.

    Attributes:
        certificate: Its own certificate.
        key: The private key of that certificate.
        authority: The one authority whose certificates it accepts.
    """

    certificate: bytes
    key: bytes
    authority: bytes
