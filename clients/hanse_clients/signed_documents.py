"""A brand's documents take effect only as they were signed.

Rules: what is decided by is the signed payload; the YAML beside it must say the
same, field for field, so that nobody reads one document and decides by another;
comments and layout may differ. A changed document says by its version what it
changes and names the one that it supersedes, which is kept and never counts again.
"""

from __future__ import annotations

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
from hanse_policies.compare.comparison import compare_versions
from hanse_policies.documents import BrandPolicy, DataAsset
from hanse_policies.durable_files import make_folder, read_bounded, replace
from hanse_policies.errors import HanseError, SignatureError
from hanse_policies.loading import Loaded, Source
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    SigningKey,
    open_envelope,
)

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


def sign_document(written: Loaded[Signed], signed: Path, key: SigningKey) -> str:
    """Put a document into effect; signing the same one again changes nothing.

    Args:
        written: The document in YAML.
        signed: Where the signed one goes, in place of an older one.
        key: The brand's signing key.

    Returns:
        The digest of the document in effect.

    Raises:
        DocumentVersionError: It differs from the signed one without a higher version.
        DocumentSupersedesError: It does not name the signed one as the one before it.
        SignedDocumentError: The signed one is not signed by this brand.
    """
    document, model = written.document, type(written.document)
    before = document_in_effect(signed, model, key.public_hex)
    if before is None and kept_versions(signed, model, key.public_hex):
        raise DocumentSupersedesError(
            f"expected {signed.name} beside the versions that were signed before it, got none; put "
            "the newest one back, so that the next can follow it"
        )
    if before is not None and digest(before) == digest(document):
        return digest(document)
    check_succession(before, document)
    if before is not None:
        kept = superseded_file(signed, digest(before))
        make_folder(kept.parent)
        replace(kept, signed.read_bytes())
    envelope = key.sign(document)
    replace(signed, envelope.to_json())
    return envelope.payload_digest


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
    for file in (signed.parent / "superseded").glob("*.dsse.json"):
        with suppress(HanseError):
            found.append(_opened(file, model, public_hex)[1])
    return tuple(found)


def superseded_file(signed: Path, digest_hex: str) -> Path:
    """Tell where a version lies that another one superseded."""
    return signed.parent / "superseded" / f"{digest_hex}.dsse.json"


def verified_document(
    written: Loaded[Signed], signed: Path, public_hex: str
) -> VerifiedDocument[Signed]:
    """Return the document in effect, or refuse.

    Args:
        written: The document in YAML.
        signed: The signed document.
        public_hex: The brand's public signing key.

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
    replaced = {digest(one) for one in kept} | {one.supersedes for one in kept}
    if envelope.payload_digest in replaced:
        raise DocumentSupersededError(
            f"expected the newest version of {name}, got version {in_effect.version}, which "
            "another one superseded; put the newest one back, or sign a new version"
        )
    return VerifiedDocument(in_effect, envelope.payload_digest, written.source)


def check_succession(before: Signed | None, document: Signed) -> None:
    """Check that a document names the one before it, and says by its version what it changes.

    Raises:
        DocumentVersionError: Its version is not the one that announces the change.
        DocumentSupersedesError: It does not name the one before it.
    """
    expected = None if before is None else digest(before)
    if before is not None:
        comparison = compare_versions(before, document)
        if not comparison.is_version_right:
            raise DocumentVersionError(
                f"expected version {comparison.expected_version}, as the change is called "
                f"{comparison.direction}, got {document.version}; see hanse policy diff"
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
            "changed content; restore the file that was signed from a copy"
        ) from error
