"""The form of a lint's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LintWords:
    """What a lint is called, and why it is there, in one language."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class FindingWords:
    """A finding's sentence, and what would put it right, in one language."""

    message: str
    fix: str
