"""A brand's documents take effect only as they were signed.

Rules: what is decided by is the signed payload; the YAML beside it must say the
same, field for field, so that nobody reads one document and decides by another;
comments and layout may differ. A changed document says by its version what it
changes and names the one that it supersedes, which is kept and never counts again,
by what lies in the folder and by what the brand recorded, whichever says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hanse_clients.errors import (
    DocumentEditedError,
    DocumentSupersededError,
    DocumentSupersedesError,
    DocumentUnsignedError,
    DocumentVersionError,
    SignedDocumentError,
)
from hanse_policies.canonical import digest
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import BrandPolicy, DataAsset
from hanse_policies.durable_files import make_folder, read_bounded, replace
from hanse_policies.errors import HanseError, SignatureError
from hanse_policies.loading import Loaded, Source
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    SigningKey,
    open_envelope,
    payload_type,
)
from hanse_policies.versions import VersionNumber

Signed = TypeVar("Signed", BrandPolicy, DataAsset)


@dataclass(frozen=True, slots=True)
class VerifiedDocument(Generic[Signed]):
    """A document in effect.

    Attributes:
        document: The document.
        digest: Digest of its signed payload.
        source: Where each of its fields stands in its YAML file.
    """

    document: Signed
    digest: str
    source: Source


def sign_document(before: Signed | None, document: Signed, signed: Path, key: SigningKey) -> str:
    """Put a document into effect in the place of the one before, which is kept.

    Args:
        before: What `document_to_follow` returned; None for the first version.
        document: What follows it, as `check_succession` found.
        signed: Where the signed one goes.
        key: The brand's signing key.

    Returns:
        The digest of the document in effect.
    """
    if before is not None:
        kept = superseded_file(signed, digest(before))
        make_folder(kept.parent)
        replace(kept, signed.read_bytes())
    envelope = key.sign(document)
    replace(signed, envelope.to_json())
    return envelope.payload_digest


def document_to_follow(signed: Path, model: type[Signed], public_hex: str) -> Signed | None:
    """Return the version that the next one follows; None where the next one is the first.

    Raises:
        DocumentSupersedesError: Nothing is signed, and yet older versions lie there.
        SignedDocumentError: What is signed is not signed by this brand.
    """
    before = document_in_effect(signed, model, public_hex)
    if before is None and any(_kept_envelopes(signed, model)):
        raise DocumentSupersedesError(
            f"expected {signed.name} beside the versions that were signed before it, got none; put "
            "the newest one back, so that the next can follow it"
        )
    return before


def document_in_effect(signed: Path, model: type[Signed], public_hex: str) -> Signed | None:
    """Return what was signed last, whatever the YAML beside it says; None before the first.

    Raises:
        SignedDocumentError: It is not signed by this brand.
    """
    return _opened(signed, model, public_hex)[1] if signed.exists() else None


def superseded_document(signed: Path, document: Signed, public_hex: str) -> Signed | None:
    """Return the version before the one in effect; None if it is the first, or was lost.

    Raises:
        SignedDocumentError: What lies there is not signed by this brand.
    """
    if document.supersedes is None:
        return None
    kept = superseded_file(signed, document.supersedes)
    found = document_in_effect(kept, type(document), public_hex)
    return found if found is not None and digest(found) == document.supersedes else None


def kept_versions(signed: Path, model: type[Signed], public_hex: str) -> tuple[Signed, ...]:
    """Return the versions that were superseded, in no order; what cannot be verified is none."""
    found = []
    for envelope in _kept_envelopes(signed, model):
        with suppress(HanseError):
            found.append(open_envelope(envelope, model, public_hex))
    return tuple(found)


def _kept_envelopes(signed: Path, model: type[Signed]) -> Iterator[Envelope]:
    """List what lies among the superseded versions for one kind of document, whoever signed it."""
    for file in (signed.parent / "superseded").glob("*.dsse.json"):
        with suppress(HanseError):
            envelope = Envelope.from_json(read_bounded(file, MAXIMUM_ENVELOPE_BYTES))
            if envelope.payload_type == payload_type(model):
                yield envelope


def superseded_file(signed: Path, digest_hex: str) -> Path:
    """Tell where a version lies that another one superseded."""
    return signed.parent / "superseded" / f"{digest_hex}.dsse.json"


def verified_document(
    written: Loaded[Signed], signed: Path, public_hex: str, recorded: Collection[str] = ()
) -> VerifiedDocument[Signed]:
    """Return the document in effect, or refuse.

    Args:
        written: The document in YAML.
        signed: The signed document.
        public_hex: The brand's public signing key.
        recorded: Digests of versions that the brand recorded as superseded.

    Raises:
        DocumentUnsignedError: No signed document lies there.
        DocumentEditedError: The YAML says something else than what was signed.
        DocumentSupersededError: It is an older version that was put back.
        SignedDocumentError: The signed one is not signed by this brand.
    """
    name = written.source.name
    if not signed.exists():
        raise DocumentUnsignedError(
            f"expected {name} to be signed, got no {signed.name}; put it into effect with "
            "hanse brand sign"
        )
    envelope, in_effect = _opened(signed, type(written.document), public_hex)
    if in_effect != written.document:
        raise DocumentEditedError(
            f"expected {name} as it was signed (version {in_effect.version}), got an "
            "edited one; raise its version and run hanse brand sign, or undo the edit"
        )
    kept = kept_versions(signed, type(written.document), public_hex)
    replaced = {digest(one) for one in kept} | {one.supersedes for one in kept} | set(recorded)
    if envelope.payload_digest in replaced:
        raise DocumentSupersededError(
            f"expected the newest version of {name}, got version {in_effect.version}, which "
            "another one superseded; put the newest one back, or sign a new version"
        )
    return VerifiedDocument(in_effect, envelope.payload_digest, written.source)


def check_succession(
    before: Signed | None, document: Signed, direction: Direction = Direction.TEXT
) -> None:
    """Check that a document names the one before it, and says by its version what it changes.

    Args:
        before: The version in effect; None before the first.
        document: What is to follow it.
        direction: What lies between them, under the legal packs in play.

    Raises:
        DocumentVersionError: Its version is not the one that announces the change.
        DocumentSupersedesError: It does not name the one before it.
    """
    expected = None if before is None else digest(before)
    if before is not None:
        held, got = VersionNumber.of(before.version), VersionNumber.of(document.version)
        if held.step_to(got) is not direction.step:
            raise DocumentVersionError(
                f"expected version {held.after(direction.step)}, as the change is called "
                f"{direction}, got {document.version}; see hanse policy diff"
            )
    if document.supersedes != expected:
        raise DocumentSupersedesError(
            f"expected supersedes to be {expected or 'left out, as nothing was signed before'}, "
            f"got {document.supersedes or 'none'}; name the version in effect"
        )


def _opened(signed: Path, model: type[Signed], public_hex: str) -> tuple[Envelope, Signed]:
    try:
        envelope = Envelope.from_json(read_bounded(signed, MAXIMUM_ENVELOPE_BYTES))
        return envelope, open_envelope(envelope, model, public_hex)
    except SignatureError as error:
        raise SignedDocumentError(
            f"expected {signed.name} to be signed by this brand's key, got another signature or "
            "changed content; restore the file that was signed from a copy, or, where the brand "
            "enrolled anew with another key, run hanse brand sign --renew"
        ) from error
