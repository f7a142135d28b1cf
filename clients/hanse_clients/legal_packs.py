"""The legal packs that a brand judges studies by, as `hanse_policies.packs.pinned` finds them."""

from __future__ import annotations

from hanse_policies.packs.pinned import pinned_packs

__all__ = ["pinned_packs"]
