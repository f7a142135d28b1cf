"""Sign a brand's documents anew after its signing key was lost or changed.

Rules: a key changes only by leaving the alliance and enrolling anew. What the earlier key
signed is carried over only where a charter that the pinned operator signed named that key for
this very brand; a file of any other key refuses the whole, and nothing is written. What a
document says stays the same to the byte, and with it its digest, what it supersedes and who
approved it: all of that is checked as before, by `hanse brand sign` and before each question.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from hanse_clients.enrolment import BrandName
from hanse_clients.errors import DocumentRenewalError
from hanse_clients.home import BrandHome
from hanse_clients.state import AcceptedCharter, BrandState
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset
from hanse_policies.durable_files import read_bounded, replace
from hanse_policies.errors import SignatureError
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    SigningKey,
    open_envelope,
    payload_type,
)


@dataclass(frozen=True, slots=True)
class RenewedDocument:
    """A signed document and whose key it bore.

    Attributes:
        file: Where it lies.
        document: What it says, as before.
        digest: Of what it says.
        charter: The version of the charter that named the earlier key; None where it bore the
            present key already.
    """

    file: Path
    document: BrandPolicy | DataAsset
    digest: str
    charter: int | None


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The signing keys that the brand had, by the charters that it accepted.

    Attributes:
        name: The brand and its alliance.
        operator_key: The operator's key, as pinned.
        charters: The charters accepted, newest first.
    """

    name: BrandName
    operator_key: str
    charters: tuple[AcceptedCharter, ...]

    def named_keys(self) -> Iterator[tuple[str, int]]:
        """List each key that a charter named for this brand, with the newest such charter.

        A charter that the operator of today did not sign names none.
        """
        seen: set[str] = set()
        for held in self.charters:
            try:
                envelope = Envelope.from_json(held.envelope)
                charter = open_envelope(envelope, AllianceCharter, self.operator_key)
            except SignatureError:
                continue
            member = charter.member(self.name.brand)
            if charter.id != self.name.alliance or member is None or member.signing_key in seen:
                continue
            seen.add(member.signing_key)
            yield member.signing_key, charter.version


def renew_documents(
    home: BrandHome, earlier: BrandHome | None = None
) -> tuple[RenewedDocument, ...]:
    """Sign anew, with a brand's present key, what an earlier key of the brand signed.

    Args:
        home: The brand's folder, with its documents and its present key.
        earlier: The folder that the brand had with the earlier key, whose records hold the
            charters that named it; None for the same folder.

    Raises:
        BrandNotJoinedError: The brand has not joined with its present key.
        BrandRecordsMissingError: A folder holds no records.
        DocumentRenewalError: A file bears no key that this brand has or had.
    """
    records = earlier or home
    for folder in (home, records):
        folder.check_records()  # Opening them would make them anew.
    with home.open_state() as state, records.open_state() as held:
        home.charter(state)  # It names the present key, or this raises.
        history = KeyHistory(home.name, home.membership().operator_key, held.charters())
        renewed = sign_anew(home.path, home.name, home.signing_key(), history)
        digests = {one.digest for one in renewed}
        _carry_classes(held, state, digests)
    return renewed


def _carry_classes(held: BrandState, state: BrandState, digests: Set[str]) -> None:
    """Record all that was recorded of each pair of versions, in order, for the newest counts.

    What is there already, as after a renewal that was cut short, is not recorded again; where
    the records of today tell another story of a pair, they stand.
    """
    recorded = state.classes()
    pairs = dict.fromkeys((one.document, one.supersedes) for one in held.classes())
    for pair in pairs:
        if not digests >= set(pair):
            continue
        earlier = [one for one in held.classes() if (one.document, one.supersedes) == pair]
        known = [one for one in recorded if (one.document, one.supersedes) == pair]
        if known == earlier[: len(known)]:
            for version in earlier[len(known) :]:
                state.record_class(version)


def sign_anew(
    folder: Path, name: BrandName, key: SigningKey, history: KeyHistory
) -> tuple[RenewedDocument, ...]:
    """Sign the brand's documents, those in effect and those kept, with its present key.

    It can be run again at any time: what bears the present key stays as it is.

    Args:
        folder: The brand's folder.
        name: The brand and its alliance.
        key: Its present signing key.
        history: The keys that it had.

    Raises:
        DocumentRenewalError: A file bears no key of this brand, or is of another brand; nothing
            was written.
    """
    earlier = [(one, version) for one, version in history.named_keys() if one != key.public_hex]
    found = tuple(_read(file, name, key, earlier) for file in _files(folder))
    # The kept ones first, so that what is in effect never follows one that cannot be verified.
    for one in sorted(found, key=lambda renewed: renewed.file.parent == folder):
        if one.charter is not None:
            replace(one.file, key.sign(one.document).to_json())
    return found


def _files(folder: Path) -> Iterator[Path]:
    in_effect = (folder / "policy.dsse.json", folder / "asset.dsse.json")
    yield from (file for file in in_effect if file.exists())
    yield from sorted((folder / "superseded").glob("*.dsse.json"))


def _read(
    file: Path, name: BrandName, key: SigningKey, earlier: list[tuple[str, int]]
) -> RenewedDocument:
    try:
        envelope = Envelope.from_json(read_bounded(file, MAXIMUM_ENVELOPE_BYTES))
    except SignatureError as error:
        raise DocumentRenewalError(
            f"expected a signed document in {file.name}, got another file; restore it from a copy, "
            "or take it out of the folder if it was never this brand's"
        ) from error
    for public_hex, version in ((key.public_hex, None), *earlier):
        document = _opened(envelope, public_hex)
        if document is not None:
            _check_ours(file, document, name)
            return RenewedDocument(file, document, envelope.payload_digest, version)
    raise DocumentRenewalError(
        f"expected {file.name} to be signed by a key that an accepted charter named for brand "
        f"{name.brand} ({len(earlier)} earlier ones are known), got another; restore the file "
        "from a copy, or take it out of the folder if it was never this brand's"
    )


def _opened(envelope: Envelope, public_hex: str) -> BrandPolicy | DataAsset | None:
    try:
        if envelope.payload_type == payload_type(BrandPolicy):
            return open_envelope(envelope, BrandPolicy, public_hex)
        return open_envelope(envelope, DataAsset, public_hex)
    except SignatureError:
        return None


def _check_ours(file: Path, document: BrandPolicy | DataAsset, name: BrandName) -> None:
    alliance = document.alliance if isinstance(document, BrandPolicy) else name.alliance
    if (alliance, document.brand) != (name.alliance, name.brand):
        raise DocumentRenewalError(
            f"expected a document of brand {name.brand} of alliance {name.alliance} in "
            f"{file.name}, got one of {document.brand} of {alliance}; take it out of the folder"
        )
