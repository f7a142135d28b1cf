"""Throw-away certificates, good and bad, for the parties of a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hanse_federation.link.credentials import SERVER_NAME, TlsCredentials

DAY = timedelta(days=1)


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def der_of(credentials: TlsCredentials) -> bytes:
    certificate = x509.load_pem_x509_certificate(credentials.certificate_pem)
    return certificate.public_bytes(Encoding.DER)


@dataclass
class Authority:
    """A CA of its own; two of them do not know each other."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alliance")])
        builder = self._builder(self.name, self.key, self.now - DAY, self.now + DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self.pem = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def server(self) -> TlsCredentials:
        names = [x509.DNSName(SERVER_NAME), x509.IPAddress(ip_address("127.0.0.1"))]
        return self.issue("server", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(
        self, name: str, start: datetime | None = None, end: datetime | None = None
    ) -> TlsCredentials:
        names = [x509.UniformResourceIdentifier(f"hanse:{name}")]
        return self.issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, names, start, end)

    def issue(
        self,
        name: str,
        usage: x509.ObjectIdentifier,
        names: Sequence[x509.GeneralName],
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> TlsCredentials:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            self._builder(subject, key, start or self.now - DAY, end or self.now + DAY)
            .add_extension(x509.SubjectAlternativeName(names), False)
            .add_extension(x509.ExtendedKeyUsage([usage]), False)
        )
        certificate = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        return TlsCredentials(pem_of(key), certificate, self.pem)

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        start: datetime,
        end: datetime,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
