"""Sign a brand's documents anew after its signing key was lost or changed.

Rules: a key changes only by leaving the alliance and enrolling anew. What the earlier key
signed is carried over only where a charter that the pinned operator signed named that key for
this very brand; a file of any other key refuses the whole, and nothing is written. What a
document says stays the same to the byte, and with it its digest, what it supersedes and who
approved it: all of that is checked as before, by `hanse brand sign` and before each question.
What the brand's records must not forget goes with it, see `earlier_records`.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from hanse_clients.earlier_records import (
    EarlierReading,
    EarlierRecords,
    charged_studies,
    check_ledger,
)
from hanse_clients.enrolment import BrandName
from hanse_clients.errors import DocumentRenewalError
from hanse_clients.home import BrandHome
from hanse_clients.key_history import KeyHistory, opened
from hanse_clients.state import BrandState
from hanse_policies.documents import BrandPolicy, DataAsset
from hanse_policies.durable_files import read_bounded, replace
from hanse_policies.errors import SignatureError
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    SigningKey,
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
class Renewal:
    """What a renewal signed anew.

    Attributes:
        documents: Policies and assets, those in effect and those kept.
        records: What a person refused and what followed from ended consents.
    """

    documents: tuple[RenewedDocument, ...]
    records: EarlierRecords


def renew_documents(home: BrandHome, earlier: BrandHome | None = None) -> Renewal:
    """Sign anew, with a brand's present key, what an earlier key of the brand signed.

    Records come first and documents last, for nothing is permitted before its documents are
    signed: cut short, no study runs that a person had refused, and the same call goes on.

    Args:
        home: The brand's folder, with its documents and its present key.
        earlier: The folder that the brand had with the earlier key, whose records hold the
            charters that named it; None for the same folder.

    Raises:
        BrandNotJoinedError: The brand has not joined with its present key.
        BrandRecordsMissingError: A folder holds no records.
        LedgerRenewalError: The ledger lacks what the earlier folder's one holds.
        RecordsRenewalError: A record bears no key that this brand has or had.
        DocumentRenewalError: A file bears no key that this brand has or had.
    """
    records = earlier or home
    for folder in (home, records):
        folder.check_records()  # Opening them would make them anew.
    key = home.signing_key()
    with home.open_state() as state, records.open_state() as held:
        home.charter(state)  # It names the present key, or this raises.
        check_ledger(home, records)
        history = KeyHistory(home.name, home.membership().operator_key, held.charters())
        carried = EarlierReading(held, history, key).read(charged_studies(records))
        found = read_documents(home.path, home.name, key, history)
        carried.write(state, key.public_hex)
        sign_anew(home.path, key, found)
        _carry_classes(held, state, {one.digest for one in found})
    return Renewal(found, carried)


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


def read_documents(
    folder: Path, name: BrandName, key: SigningKey, history: KeyHistory
) -> tuple[RenewedDocument, ...]:
    """Verify the brand's documents, those in effect and those kept.

    Args:
        folder: The brand's folder.
        name: The brand and its alliance.
        key: Its present signing key.
        history: The keys that it had.

    Raises:
        DocumentRenewalError: A file bears no key of this brand, or is of another brand.
    """
    earlier = [(one, version) for one, version in history.named_keys() if one != key.public_hex]
    return tuple(_read(file, name, key, earlier) for file in _files(folder))


def sign_anew(folder: Path, key: SigningKey, found: tuple[RenewedDocument, ...]) -> None:
    """Sign documents that were verified with the present key; what bears it stays as it is.

    The kept ones come first, so that what is in effect never follows one that cannot be verified.
    """
    for one in sorted(found, key=lambda renewed: renewed.file.parent == folder):
        if one.charter is not None:
            replace(one.file, key.sign(one.document).to_json())


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
    if envelope.payload_type == payload_type(BrandPolicy):
        return opened(envelope, BrandPolicy, public_hex)
    return opened(envelope, DataAsset, public_hex)


def _check_ours(file: Path, document: BrandPolicy | DataAsset, name: BrandName) -> None:
    alliance = document.alliance if isinstance(document, BrandPolicy) else name.alliance
    if (alliance, document.brand) != (name.alliance, name.brand):
        raise DocumentRenewalError(
            f"expected a document of brand {name.brand} of alliance {name.alliance} in "
            f"{file.name}, got one of {document.brand} of {alliance}; take it out of the folder"
        )
