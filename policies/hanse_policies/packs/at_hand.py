"""The packs that are known without a brand's folder: those named, and those pinned that ship."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hanse_policies.documents import PackPin
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.shipped import find_pack, shipped_pack


def unsigned_packs(names: Sequence[str], pins: Iterable[PackPin]) -> tuple[PackInForce, ...]:
    """Read the packs that are named, and those that are pinned and ship; each once.

    No signature is looked at. What a brand judges by is `hanse_policies.packs.pinned.pinned_packs`.

    Args:
        names: As `find_pack` takes them.
        pins: Of charter and policies; one that is not of a pack that ships gives nothing.

    Raises:
        DocumentError: A pack that is named is neither a file nor one that ships.
    """
    pinned = dict.fromkeys(pin.name for pin in pins)
    loaded = [*map(find_pack, names), *filter(None, map(shipped_pack, pinned))]
    packs = [PackInForce.unsigned(one.document) for one in loaded]
    return tuple({pack.digest: pack for pack in packs}.values())
