"""The operator's folder: its keys, certificates, configuration, store and releases.

Rules: the folder is its owner's alone; a key is written once, mode 0600, and never
overwritten; the configuration is written last, so that a folder without it holds
no operator; it is read once, when the folder is opened.

    operator.yaml       configuration
    signing.key         Ed25519, signs charters, studies, bundles and releases
    authority.key/.crt  issues every certificate of the alliance
    server.key/.crt     the server's TLS identity
    command.key/.crt    the TLS identity of the operator's own commands
    store.db            members, studies, runs; unless they are kept in PostgreSQL
    releases/           one folder a release
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import AfterValidator, Field

from hanse_policies.certificates import (
    TlsIdentity,
    fingerprint,
    new_tls_key,
    tls_key_from_pem,
    tls_key_to_pem,
)
from hanse_policies.configuration import configuration_yaml
from hanse_policies.documents import AllianceCharter, AllianceId, StrictModel
from hanse_policies.documents.base import Identifier, ShortText
from hanse_policies.documents.enrolment import ServerAddress
from hanse_policies.durable_files import replace, write_new
from hanse_policies.keyfiles import read_private, write_private
from hanse_policies.loading import load_document
from hanse_policies.signing import SigningKey
from hanse_server.authority import (
    Authority,
    Terms,
    found_authority,
    issue_operator_certificate,
    issue_server_certificate,
    record_of,
)
from hanse_server.errors import (
    OperatorHomeError,
    OperatorHomeExistsError,
    OperatorHomeMissingError,
    StoreAddressError,
)
from hanse_server.store import (
    CallerRole,
    CharterRecord,
    OperatorStore,
    PostgresAddress,
    StoreLocation,
)

CONFIGURATION_FILE: Final = "operator.yaml"
OWN_LIFETIME: Final = timedelta(days=365)
"""How long the operator's own certificates are valid."""

RENEWAL_MARGIN: Final = timedelta(days=30)
"""The operator's own certificates are renewed when less time than this is left."""


def _checked_address(url: str) -> str:
    try:
        PostgresAddress(url)
    except StoreAddressError as error:
        raise ValueError(str(error)) from error
    return url


class OperatorConfiguration(StrictModel):
    """What the operator set for its alliance; the charter holds what members agreed to."""

    kind: Literal["OperatorConfiguration"] = "OperatorConfiguration"
    alliance: Identifier
    name: ShortText
    address: ServerAddress
    """Where the server listens and brands dial."""
    certificate_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How long a brand's certificate is valid."""
    store: Annotated[str, Field(max_length=1000), AfterValidator(_checked_address)] | None = None
    """The PostgreSQL database that holds the store; a file in the folder if None."""

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class OperatorHome:
    """An operator's folder that has been founded; paths and keys, typed."""

    path: Path
    configuration: OperatorConfiguration

    @classmethod
    def found(
        cls,
        path: Path,
        configuration: OperatorConfiguration,
        charter: AllianceCharter,
        *,
        signing_key: SigningKey,
        now: datetime,
    ) -> OperatorHome:
        """Make the operator of a new alliance.

        Args:
            path: A folder that is empty or does not exist.
            configuration: What to write to `operator.yaml`.
            charter: Version 1, without members, naming `signing_key`.
            signing_key: The operator's new key.
            now: When the alliance is founded.

        Raises:
            OperatorHomeExistsError: The folder holds anything already.
            OperatorHomeError: The charter does not fit, or the folder cannot be made.
        """
        _check_founding(configuration, charter, signing_key)
        _make_folder(path)
        home = cls(path, configuration)
        key = new_tls_key()
        authority = found_authority(
            home.alliance, signing_key.public_hex, key, serial=x509.random_serial_number(), now=now
        )
        write_private(home._file("signing.key"), signing_key.to_pem())
        write_private(home._file("authority.key"), tls_key_to_pem(key))
        write_new(home._file("authority.crt"), _pem(authority.certificate))
        for role in ("server", "command"):
            write_private(home._file(f"{role}.key"), tls_key_to_pem(new_tls_key()))
        home.releases_folder.mkdir(mode=0o700)
        home._certify_server(authority, now)
        command = home._certify_command(authority, now)
        envelope = signing_key.sign(charter)
        first = CharterRecord(charter.version, envelope.payload_digest, envelope.to_json(), now)
        with OperatorStore.create(home.store_location) as store:
            store.membership.found(first, record_of(command, CallerRole.OPERATOR))
        write_new(home._file(CONFIGURATION_FILE), configuration_yaml(configuration))
        return home

    @classmethod
    def open(cls, path: Path) -> OperatorHome:
        """Open the folder of an operator founded before.

        Raises:
            OperatorHomeMissingError: The folder holds no operator.
            DocumentError: `operator.yaml` is not valid.
        """
        file = path / CONFIGURATION_FILE
        if not file.is_file():
            raise OperatorHomeMissingError(
                f"expected an operator in {path}, got no {CONFIGURATION_FILE}; make one with "
                "hanse operator init"
            )
        return cls(path, load_document(file, OperatorConfiguration).document)

    @property
    def alliance(self) -> AllianceId:
        """The alliance this operator runs."""
        return AllianceId(self.configuration.alliance)

    @property
    def store_location(self) -> StoreLocation:
        """Where the store lies."""
        url = self.configuration.store
        return self._file("store.db") if url is None else PostgresAddress(url)

    @property
    def releases_folder(self) -> Path:
        """Where releases lie, a folder each."""
        return self._file("releases")

    def open_store(self) -> OperatorStore:
        """Open the operator's store; raises as `OperatorStore.open` does."""
        return OperatorStore.open(self.store_location)

    def signing_key(self) -> SigningKey:
        """Read the key that signs what the operator says.

        Raises:
            KeyFileError: The file is missing, readable by others, or holds no such key.
        """
        return SigningKey.from_pem(read_private(self._file("signing.key")))

    def authority(self) -> Authority:
        """Read the authority with its private key.

        Raises:
            KeyFileError: The key's file is missing or readable by others.
            OperatorHomeError: Key or certificate cannot be read.
        """
        key = self._tls_key("authority")
        return Authority(self.alliance, self._certificate("authority"), key)

    def fingerprint(self) -> str:
        """Return what brands are told by another way: SHA-256 of the authority's certificate."""
        return fingerprint(self._certificate("authority"))

    def server_identity(self) -> TlsIdentity:
        """Read the server's TLS identity; raises as `authority` does."""
        return self._identity("server")

    def command_identity(self) -> TlsIdentity:
        """Read the TLS identity of the operator's own commands; raises as `authority` does."""
        return self._identity("command")

    def renew_own_certificates(self, store: OperatorStore, now: datetime) -> bool:
        """Issue the server's and the commands' certificates anew where they end soon.

        Call it when serving starts. The keys stay, and so does the authority.

        Returns:
            Whether any was due.
        """
        ends = [self._certificate(role).not_valid_after_utc for role in ("server", "command")]
        if now + RENEWAL_MARGIN < min(ends):
            return False
        authority = self.authority()
        self._certify_server(authority, now)
        command = self._certify_command(authority, now)
        store.membership.renew(record_of(command, CallerRole.OPERATOR))
        return True

    def _certify_server(self, authority: Authority, now: datetime) -> None:
        terms = Terms(x509.random_serial_number(), now, OWN_LIFETIME)
        key = self._tls_key("server").public_key()
        certificate = issue_server_certificate(authority, key, terms, self.configuration.host)
        replace(self._file("server.crt"), _pem(certificate))

    def _certify_command(self, authority: Authority, now: datetime) -> x509.Certificate:
        terms = Terms(x509.random_serial_number(), now, OWN_LIFETIME)
        key = self._tls_key("command").public_key()
        certificate = issue_operator_certificate(authority, key, terms)
        replace(self._file("command.crt"), _pem(certificate))
        return certificate

    def _identity(self, role: str) -> TlsIdentity:
        return TlsIdentity(
            certificate=_pem(self._certificate(role)),
            key=read_private(self._file(f"{role}.key")),
            authority=_pem(self._certificate("authority")),
        )

    def _tls_key(self, role: str) -> ec.EllipticCurvePrivateKey:
        try:
            return tls_key_from_pem(read_private(self._file(f"{role}.key")))
        except ValueError as error:
            raise OperatorHomeError(
                f"expected a P-256 private key in {role}.key, got something else; restore it from "
                "a backup"
            ) from error

    def _certificate(self, role: str) -> x509.Certificate:
        file = self._file(f"{role}.crt")
        try:
            return x509.load_pem_x509_certificate(file.read_bytes())
        except (OSError, ValueError) as error:
            raise OperatorHomeError(
                f"expected a certificate in {file.name}, got none that can be read; restore it "
                "from a backup"
            ) from error

    def _file(self, name: str) -> Path:
        return self.path / name


def _check_founding(
    configuration: OperatorConfiguration, charter: AllianceCharter, signing_key: SigningKey
) -> None:
    fits = (
        charter.version == 1
        and not charter.members
        and charter.id == configuration.alliance
        and charter.operator.signing_key == signing_key.public_hex
    )
    if not fits:
        raise OperatorHomeError(
            f"expected version 1 of the charter of {configuration.alliance}, without members and "
            "naming the operator's key, got another"
        )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise OperatorHomeExistsError(
                f"expected an empty folder at {path}, got one with files; an operator is never "
                "overwritten, so name another folder"
            )
        path.chmod(0o700)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise OperatorHomeError(f"cannot make folder {path}: {reason}") from error


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
