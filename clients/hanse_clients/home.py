"""The brand's folder: its keys, its place in the alliance, its documents and records.

Rules: the folder is its owner's alone; keys are made here, written once, mode 0600,
and never leave; the configuration is written last, so that a folder without it
holds no brand; what the folder says of the alliance is verified from the pinned
fingerprint up each time it is read.

    brand.yaml            configuration
    tls.key signing.key agreement.key
    request.json          asks the operator for a place
    bundle.json           the operator's answer, once joined
    asset.yaml            the brand's data and consent register; signed as asset.dsse.json
    policy.yaml           what the brand permits; in effect only as policy.dsse.json
    ledger.db journal.db state.db rounds.db floor.db
    releases/             what the brand fetched
    packs/                legal packs that counsel signed, as ID-VERSION.dsse.json
    withdrawals/          what followed once consents had ended, signed
    exit.dsse.json        what the brand took part in, signed, once it left
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import StringConstraints

from hanse_clients.brand_documents import BrandDocuments
from hanse_clients.charter_desk import take_charter
from hanse_clients.enrolment import (
    BrandKeys,
    BrandName,
    VerifiedBundle,
    agreement_key_from_pem,
    agreement_key_to_pem,
    check_charter,
    check_ours,
    make_request,
    read_fingerprint,
    verify_bundle,
)
from hanse_clients.errors import (
    BrandHomeError,
    BrandHomeExistsError,
    BrandHomeMissingError,
    BrandKeyError,
    BrandNotJoinedError,
    BrandRecordsMissingError,
)
from hanse_clients.held_charters import CharterTaken
from hanse_clients.round_store import RoundStore
from hanse_clients.state import AcceptedCharter, BrandState
from hanse_clients.version_classes import VersionClasses
from hanse_federation.audit import EgressJournal
from hanse_federation.privacy.ledger import Ledger
from hanse_policies import durable_files
from hanse_policies.certificates import TlsIdentity, tls_key_from_pem, tls_key_to_pem
from hanse_policies.configuration import configuration_yaml
from hanse_policies.documents import AllianceCharter, AllianceId, BrandId, StrictModel
from hanse_policies.documents.base import Identifier, Jurisdiction, ShortText
from hanse_policies.documents.enrolment import ServerAddress
from hanse_policies.keyfiles import read_private, write_private
from hanse_policies.loading import load_document
from hanse_policies.signing import Envelope, SigningKey

CONFIGURATION_FILE: Final = "brand.yaml"

FingerprintText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class BrandConfiguration(StrictModel):
    """Who this brand is and whom it trusts."""

    kind: Literal["BrandConfiguration"] = "BrandConfiguration"
    alliance: Identifier
    brand: Identifier
    legal_entity: ShortText
    jurisdiction: Jurisdiction | None = None
    """Where the brand keeps its data and what is released; None counts as abroad."""
    authority: FingerprintText | None = None
    """SHA-256 of the operator's authority, pinned when the brand joined."""
    address: ServerAddress | None = None
    """Where to dial in place of the address that the operator's bundle names."""

    @property
    def name(self) -> BrandName:
        """The brand and its alliance."""
        return BrandName(AllianceId(self.alliance), BrandId(self.brand))


@dataclass(frozen=True, slots=True)
class Membership:
    """What this brand needs to talk to its operator and to check what it hears.

    Attributes:
        name: The brand and its alliance.
        address: Where to dial, `host:port`.
        tls: What the brand shows and trusts.
        operator_key: Ed25519 key that checks what the operator signs.
        expires: Last instant of the brand's certificate.
    """

    name: BrandName
    address: str
    tls: TlsIdentity
    operator_key: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class BrandHome:
    """A brand's folder that has been set up; paths, keys and documents, typed."""

    path: Path
    configuration: BrandConfiguration

    @classmethod
    def found(cls, path: Path, configuration: BrandConfiguration, *, now: datetime) -> BrandHome:
        """Set up a brand: make its keys and its request to the operator.

        Args:
            path: A folder that may hold documents, but no brand; made where there is none.
            configuration: What to write to `brand.yaml`; not joined yet.
            now: When it is set up.

        Raises:
            BrandHomeExistsError: The folder holds a brand, or a part of one, already.
            BrandHomeError: The folder cannot be made.
        """
        home = cls(path, configuration)
        home._make_folder()
        keys = BrandKeys.generate()
        write_private(home._file("tls.key"), tls_key_to_pem(keys.tls))
        write_private(home._file("signing.key"), keys.signing.to_pem())
        write_private(home._file("agreement.key"), agreement_key_to_pem(keys.agreement))
        request = make_request(
            home.name,
            configuration.legal_entity,
            keys,
            now=now,
            jurisdiction=configuration.jurisdiction,
        )
        durable_files.write_new(home.request_file, request.to_json())
        Ledger(home.ledger_file)
        EgressJournal(home.journal_file)
        home.open_state().close()
        home.open_rounds().close()
        durable_files.write_new(home._file(CONFIGURATION_FILE), configuration_yaml(configuration))
        return home

    @classmethod
    def open(cls, path: Path) -> BrandHome:
        """Open the folder of a brand set up before.

        Raises:
            BrandHomeMissingError: The folder holds no brand.
            DocumentError: `brand.yaml` is not valid.
        """
        file = path / CONFIGURATION_FILE
        if not file.is_file():
            raise BrandHomeMissingError(
                f"expected a brand in {path}, got no {CONFIGURATION_FILE}; make one with "
                "hanse brand init"
            )
        return cls(path, load_document(file, BrandConfiguration).document)

    @property
    def name(self) -> BrandName:
        """The brand and its alliance."""
        return self.configuration.name

    @property
    def request_file(self) -> Path:
        """The request to hand to the operator."""
        return self._file("request.json")

    @property
    def packs_folder(self) -> Path:
        """Where legal packs lie that counsel signed; may not exist."""
        return self._file("packs")

    @property
    def withdrawals_folder(self) -> Path:
        """Where signed withdrawals lie for those who may ask; may not exist."""
        return self._file("withdrawals")

    @property
    def exit_file(self) -> Path:
        """The signed lineage list, once the brand left."""
        return self._file("exit.dsse.json")

    @property
    def documents(self) -> BrandDocuments:
        """The brand's policy and the description of its data."""
        classes = VersionClasses(self.packs_folder, self._held_state, self._charter_if_joined)
        return BrandDocuments(self.path, self.name, self.signing_key, classes)

    @property
    def ledger_file(self) -> Path:
        """The privacy ledger."""
        return self._file("ledger.db")

    @property
    def journal_file(self) -> Path:
        """The egress journal."""
        return self._file("journal.db")

    @property
    def state_file(self) -> Path:
        """Charters, studies, decisions, verdicts and approvals."""
        return self._file("state.db")

    @property
    def rounds_file(self) -> Path:
        """Contributions and steps of secure aggregation."""
        return self._file("rounds.db")

    @property
    def releases_folder(self) -> Path:
        """Where fetched releases lie, a folder each; made where it does not exist."""
        folder = self._file("releases")
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def keys(self) -> BrandKeys:
        """Read the brand's private keys.

        Raises:
            KeyFileError: A file is missing or readable by others.
            BrandKeyError: A file holds no key of its kind.
        """
        try:
            tls = tls_key_from_pem(read_private(self._file("tls.key")))
        except ValueError as error:
            raise BrandKeyError(
                "expected a P-256 key in tls.key, got something else; restore it from a backup"
            ) from error
        agreement = agreement_key_from_pem(read_private(self._file("agreement.key")))
        return BrandKeys(tls, self.signing_key(), agreement)

    def signing_key(self) -> SigningKey:
        """Read the key that signs what the brand says.

        Raises:
            KeyFileError: The file is missing, readable by others, or holds no such key.
        """
        return SigningKey.from_pem(read_private(self._file("signing.key")))

    def open_state(self) -> BrandState:
        """Open the brand's own records; raises as `BrandState` does."""
        return BrandState(self.state_file)

    def open_rounds(self) -> RoundStore:
        """Open the brand's rounds; raises as `RoundStore` does."""
        return RoundStore(self.rounds_file)

    def check_records(self) -> None:
        """Refuse a folder whose records are gone; they are made once, with the brand.

        No budget begins anew, and no contribution is made a second time.

        Raises:
            BrandRecordsMissingError: Ledger, journal, state or rounds are not there.
        """
        for file in (self.ledger_file, self.journal_file, self.state_file, self.rounds_file):
            if not file.is_file() or (file != self.journal_file and not file.stat().st_size):
                raise BrandRecordsMissingError(
                    f"expected {file.name} in {self.path}, got none; restore the newest copy, or "
                    "this brand cannot know what it spent and said"
                )

    def join(self, bundle: bytes, fingerprint: str, *, now: datetime) -> BrandHome:
        """Join the alliance, or take a renewed certificate.

        Args:
            bundle: The operator's answer.
            fingerprint: The operator's authority, as told by another way.
            now: When the brand joins.

        Returns:
            The folder as it is now, joined.

        Raises:
            JoinError: The bundle is not good, not for this brand, or of another authority.
            CharterRefusedError: Its charter is older than one handed out before, or has another
                place. One that may allow more waits for a person.
        """
        pinned = read_fingerprint(fingerprint)
        verified = verify_bundle(bundle, pinned)
        check_ours(verified, self.name, self.keys(), now, place=self.configuration.jurisdiction)
        with self.open_state() as state:
            take_charter(state, verified.charter, verified.charter_envelope, now)
        joined = self.configuration.model_copy(update={"authority": pinned})
        durable_files.replace(self._file("bundle.json"), bundle)
        durable_files.replace(self._file(CONFIGURATION_FILE), configuration_yaml(joined))
        return replace(self, configuration=joined)

    def membership(self) -> Membership:
        """Return what is needed to talk to the operator.

        Raises:
            BrandNotJoinedError: The brand has not joined.
            JoinError: The stored bundle does not follow from the pinned fingerprint.
            KeyFileError: The TLS key's file is missing or readable by others.
        """
        bundle = self._bundle()
        return Membership(
            name=self.name,
            address=self.configuration.address or bundle.document.address,
            tls=TlsIdentity(
                certificate=bundle.certificate.public_bytes(Encoding.PEM),
                key=read_private(self._file("tls.key")),
                authority=bundle.authority.public_bytes(Encoding.PEM),
            ),
            operator_key=bundle.document.operator_key,
            expires=bundle.certificate.not_valid_after_utc,
        )

    def take_charter(self, envelope: bytes, state: BrandState, *, now: datetime) -> CharterTaken:
        """Follow a charter that the operator's server handed out, or let it wait for a person.

        Args:
            envelope: The signed charter; hostile.
            state: The brand's open records.
            now: When it was received.

        Returns:
            What became of it.

        Raises:
            SignatureError: The pinned operator did not sign it.
            CharterRefusedError: It is older, a fork, foreign, or has other keys or another place.
        """
        signed = Envelope.from_json(envelope)
        key = self._bundle().document.operator_key
        place = self.configuration.jurisdiction
        charter = check_charter(signed, key, self.name, self.keys(), place=place)
        return take_charter(state, charter, signed, now)

    def charter(self, state: BrandState) -> AllianceCharter:
        """Return the charter in force for this brand, verified anew.

        Raises:
            BrandNotJoinedError: The brand has not joined.
            SignatureError: The records hold a charter that the pinned operator did not sign.
        """
        if (held := state.charter()) is None:
            raise self._not_joined()
        return self.charter_in(held)

    def charter_in(self, held: AcceptedCharter) -> AllianceCharter:
        """Return a charter that this brand accepted, verified anew; raises as `charter`."""
        key = self._bundle().document.operator_key
        envelope = Envelope.from_json(held.envelope)
        return check_charter(envelope, key, self.name, self.keys(), place=None)

    def _held_state(self) -> BrandState:
        self.check_records()  # Opening would make the file anew.
        return self.open_state()

    def _charter_if_joined(self, state: BrandState) -> AllianceCharter | None:
        return None if state.charter() is None else self.charter(state)

    def _bundle(self) -> VerifiedBundle:
        pinned, file = self.configuration.authority, self._file("bundle.json")
        if pinned is None or not file.is_file():
            raise self._not_joined()
        return verify_bundle(file.read_bytes(), pinned)

    def _not_joined(self) -> BrandNotJoinedError:
        return BrandNotJoinedError(
            f"expected brand {self.configuration.brand} to have joined "
            f"{self.configuration.alliance}, got no bundle of its operator; run hanse brand join"
        )

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise BrandHomeError(f"cannot make folder {self.path}: {reason}") from error
        made = ("tls.key", "signing.key", "agreement.key", "request.json", CONFIGURATION_FILE)
        held = [name for name in made if self._file(name).exists()]
        if held:
            raise BrandHomeExistsError(
                f"expected a folder without a brand at {self.path}, got {', '.join(held)}; a "
                "brand's keys are never overwritten, so name another folder"
            )

    def _file(self, name: str) -> Path:
        return self.path / name
