"""Semantic versions of documents: which is newer, and what kind of step lies between two.

A major step may loosen, a minor one only tightens, a patch changes text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hanse_policies.documents.base import SemanticVersion


class Step(StrEnum):
    """How one version follows another."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, order=True)
class VersionNumber:
    """A semantic version, ordered by its numbers."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, version: SemanticVersion) -> VersionNumber:
        """Read the version of a valid document."""
        major, minor, patch = version.split(".")
        return cls(int(major), int(minor), int(patch))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def after(self, step: Step) -> VersionNumber:
        """Return the version that follows by a step."""
        match step:
            case Step.MAJOR:
                return VersionNumber(self.major + 1, 0, 0)
            case Step.MINOR:
                return VersionNumber(self.major, self.minor + 1, 0)
            case Step.PATCH:
                return VersionNumber(self.major, self.minor, self.patch + 1)

    def step_to(self, newer: VersionNumber) -> Step | None:
        """Say by which step another version follows; None if it does not follow this one."""
        if newer <= self:
            return None
        if newer.major > self.major:
            return Step.MAJOR
        return Step.MINOR if newer.minor > self.minor else Step.PATCH
