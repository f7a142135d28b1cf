"""One thing that a lint found: which lint, how bad, where, and what would put it right.

Rules: a finding holds words of the documents alone, never of data; its sentences are
made from the catalogue when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hanse_policies.source import FieldPath, Position


class Severity(StrEnum):
    """How bad a finding is, least first."""

    NOTE = "note"
    """Something is not said, and another check can say less for it."""
    WARNING = "warning"
    """A duty or guarantee may not be kept."""
    ERROR = "error"
    """A duty or guarantee is not kept, or nothing shows that it is."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in which file."""

    file: str
    position: Position

    def __str__(self) -> str:
        return f"{self.file}:{self.position}"


@dataclass(frozen=True, slots=True)
class SetValue:
    """Write another plain value in the place of a field's."""

    path: FieldPath
    value: int


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take one item out of a list."""

    path: FieldPath


@dataclass(frozen=True, slots=True)
class AddField:
    """Write a new field at the end of the document."""

    line: str


Edit = SetValue | RemoveItem | AddField


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        code: The lint and what of it was found: `L09.unused`.
        place: The field that it is about.
        details: Words for the sentence of the catalogue, by name.
        edit: What puts it right without anybody's judgement; None where it takes one.
    """

    code: str
    place: Place
    details: Mapping[str, str] = field(default_factory=dict)
    edit: Edit | None = None

    @property
    def lint(self) -> str:
        """The lint's id: `L09`."""
        return self.code.partition(".")[0]
