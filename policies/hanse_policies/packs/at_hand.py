"""The packs that a rehearsal decides with: those named, and those pinned that ship."""

from __future__ import annotations

from collections.abc import Sequence

from hanse_policies.documents import AllianceCharter, BrandPolicy
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.packs.shipped import find_pack, shipped_pack


def packs_at_hand(
    names: Sequence[str], charter: AllianceCharter, policy: BrandPolicy
) -> tuple[PackInForce, ...]:
    """Read the packs that are named, and those that are pinned and ship; each once.

    Raises:
        DocumentError: A pack that is named is neither a file nor one that ships.
    """
    pinned = [pin.name for pin in (*charter.packs, *policy.packs)]
    loaded = [*map(find_pack, names), *filter(None, map(shipped_pack, pinned))]
    packs = [PackInForce.unsigned(one.document) for one in loaded]
    return tuple({pack.digest: pack for pack in packs}.values())
