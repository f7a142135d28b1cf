"""The form of a rule's sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """A rule's three sentences in one language."""

    permit: str
    deny: str
    fix: str
