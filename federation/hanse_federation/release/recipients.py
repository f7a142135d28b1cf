"""Who may fetch a release: those it names, and every member where it names `members`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hanse_policies.documents import BrandId

ALL_MEMBERS: Final = "members"
"""The recipient that stands for every member of the alliance; no brand may bear the name."""


def is_recipient(brand: BrandId, recipients: Collection[str]) -> bool:
    """Tell whether a member may fetch what these recipients receive."""
    return brand in recipients or ALL_MEMBERS in recipients
