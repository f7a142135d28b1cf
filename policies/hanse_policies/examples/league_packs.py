"""The legal packs of a folder of examples: those that an example's charter and policy pin.

Rules: a pack is found as a brand finds it, signed by counsel in the folder `packs` or shipped
with Hanse; beside that, one that still is being written lies there as YAML and counts as
unsigned. Of all of them only what is pinned, by its digest, is handed in, so that an example
decides what a brand would; a pack that is not found denies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hanse_policies.documents import AllianceCharter, BrandPolicy, LegalPack, PackPin
from hanse_policies.errors import DocumentError, UnknownTermError
from hanse_policies.loading import load_document
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.pinned import pinned_pack

FOLDER = "packs"

Asked = tuple[PackPin, str | None]
"""A pin, and the key that counsel's signature is checked with."""


@dataclass(frozen=True, slots=True)
class LeaguePacks:
    """Where the packs of a folder lie, and those that were found so far.

    Attributes:
        path: The folder of packs; need not exist.
        drafts: The packs that lie there as YAML, by digest.
    """

    path: Path
    drafts: Mapping[str, PackInForce]
    _found: dict[Asked, PackInForce | None] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def read(cls, folder: Path) -> LeaguePacks:
        """Read the packs that lie in a folder's `packs` as YAML.

        Raises:
            DocumentError: One of them is no valid pack.
        """
        path = folder / FOLDER
        drafts = [_draft(file) for file in sorted(path.glob("*.yaml"))]
        return cls(path, {pack.digest: pack for pack in drafts})

    def pinned(self, charter: AllianceCharter, policy: BrandPolicy) -> tuple[PackInForce, ...]:
        """Gather the packs that charter and policy pin, each once."""
        pins = {pin.digest: pin for pin in (*charter.packs, *policy.packs)}
        found = (self._find(pin, charter.counsel_key) for pin in pins.values())
        return tuple(pack for pack in found if pack is not None)

    def _find(self, pin: PackPin, counsel_key: str | None) -> PackInForce | None:
        asked = (pin, counsel_key)
        if asked not in self._found:
            found = pinned_pack(self.path, pin, counsel_key)
            self._found[asked] = self.drafts.get(pin.digest) if found is None else found
        return self._found[asked]


def _draft(file: Path) -> PackInForce:
    loaded = load_document(file, LegalPack)
    try:
        return PackInForce.unsigned(loaded.document)
    except UnknownTermError as error:
        raise DocumentError(str(error), location=str(file)) from error
