"""The key and certificates that one party uses on the link, and their local check.

Pure data: whoever holds the files reads them. The clock is compared before a
connection is dialled, because a handshake that fails tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hanse_federation.link.errors import CertificateNotValidError, CredentialsError

SERVER_NAME = "hanse-operator"
"""DNS name in the certificate of every operator's server."""


@dataclass(frozen=True, slots=True)
class TlsCredentials:
    """What a party shows and whom it trusts, in PEM."""

    private_key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    ca_pem: bytes

    def check(self, now: datetime) -> None:
        """Check that key and certificate belong together and are good at `now`.

        Args:
            now: The time, with its zone.

        Raises:
            CertificateNotValidError: The clock is outside the certificate's validity.
            CredentialsError: A part cannot be read, the key is not the
                certificate's, or the alliance's CA did not issue the certificate.
        """
        certificate = _certificate("certificate", self.certificate_pem)
        authority = _certificate("CA certificate", self.ca_pem)
        for name, each in (("certificate", certificate), ("CA certificate", authority)):
            check_validity(name, each, now)
        try:
            key = load_pem_private_key(self.private_key_pem, None)
        except (ValueError, TypeError) as error:
            raise CredentialsError("private key cannot be read: expected unlocked PEM") from error
        if key.public_key() != certificate.public_key():
            raise CredentialsError("private key does not belong to the certificate beside it")
        try:
            certificate.verify_directly_issued_by(authority)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise CredentialsError(
                "certificate was not issued by the alliance's CA certificate beside it"
            ) from error


def check_validity(name: str, certificate: x509.Certificate, now: datetime) -> None:
    """Check that the clock is within a certificate's validity.

    Raises:
        CertificateNotValidError: It is before or after.
    """
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if start <= now <= end:
        return
    remedy = "set the clock right" if now < start else "renew the certificate or set the clock"
    raise CertificateNotValidError(
        f"{name} is not valid now: expected a clock from {start:%Y-%m-%d %H:%M:%S} to "
        f"{end:%Y-%m-%d %H:%M:%S} UTC, got {now:%Y-%m-%d %H:%M:%S %Z}; {remedy}",
        not_before=start,
        not_after=end,
        now=now,
    )


def _certificate(name: str, pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise CredentialsError(f"{name} cannot be read: expected one in PEM") from error
