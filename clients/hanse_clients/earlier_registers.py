"""Consent registers as earlier versions of the asset described them, and what is not seen now.

Rules: whose consent ended is read off the register as it is described today. Where an earlier
version named another table, other columns or another word for a purpose, rows that a study
used under it may not be looked at any more, and that is told, never passed over. A version
was in effect until its file came among the superseded ones; a file that was written anew
since counts as later, so that more is told rather than less. So does a version that is lost
or cannot be verified: it counts as one that described everything otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hanse_clients.brand_documents import BrandDocuments
from hanse_clients.signed_documents import superseded_file
from hanse_policies.documents import DataAsset, Study
from hanse_policies.durable_files import read_bounded
from hanse_policies.errors import HanseError
from hanse_policies.signing import (
    MAXIMUM_ENVELOPE_BYTES,
    Envelope,
    open_envelope,
    payload_type,
)

ALWAYS: Final = datetime.max.replace(tzinfo=UTC)

_COLUMNS: Final = ("source", "person", "purpose", "granted", "expires", "withdrawn")
"""What says where the rows are that tell whose consent ended."""


@dataclass(frozen=True, slots=True)
class EarlierAsset:
    """A version of the asset that another one superseded.

    Attributes:
        asset: What it said; None where that cannot be told.
        until: When it was in effect last, or later.
    """

    asset: DataAsset | None
    until: datetime

    def hides_from(self, now: DataAsset, study: Study) -> bool:
        """Tell whether rows that a study may have used under this version are not looked at."""
        if self.asset is None:
            return True
        if self.asset.id != study.asset or study.purpose not in self.asset.consent.purposes:
            return False  # No question of this study was answered under it.
        before, after = self.asset.consent, now.consent
        return (
            any(getattr(before, name) != getattr(after, name) for name in _COLUMNS)
            or before.purposes[study.purpose] != after.purposes.get(study.purpose)
            or before.invalidated not in (None, after.invalidated)
        )


def earlier_assets(documents: BrandDocuments, now: DataAsset) -> tuple[EarlierAsset, ...]:
    """List the versions before the asset in effect, in no order.

    Args:
        documents: The brand's own.
        now: The asset in effect.
    """
    found = tuple(_kept(documents))
    named = {now.supersedes, *(one.asset.supersedes for one in found if one.asset)} - {None}
    lost = [
        name for name in named if name and not superseded_file(_signed(documents), name).is_file()
    ]
    return (*found, *(EarlierAsset(None, ALWAYS) for _ in lost))


def _kept(documents: BrandDocuments) -> Iterator[EarlierAsset]:
    public_hex = documents.key().public_hex
    for file in (_signed(documents).parent / "superseded").glob("*.dsse.json"):
        until = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        try:
            envelope = Envelope.from_json(read_bounded(file, MAXIMUM_ENVELOPE_BYTES))
            if envelope.payload_type == payload_type(DataAsset):
                yield EarlierAsset(open_envelope(envelope, DataAsset, public_hex), until)
        except HanseError:
            yield EarlierAsset(None, ALWAYS)


def _signed(documents: BrandDocuments) -> Path:
    return documents.signed_asset_file
