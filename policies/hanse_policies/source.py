"""Where each field of a document was written, so that a decision can point at it.

A document that was read from a file knows its lines; one that came in a signed
envelope does not, and its fields are named by path instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; both numbers start at 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Source:
    """The file a document was read from, and the position of each of its fields.

    Attributes:
        name: File name, or the document's role (`charter`) where there is no file.
        positions: Position of each field that was written; empty without a file.
    """

    name: str
    positions: Mapping[FieldPath, Position] = field(default_factory=dict)

    def line_of(self, *path: str | int) -> str:
        """Name the place of a field, as `policy.yaml:42`.

        Args:
            path: Field names and list indices from the document's root.

        Returns:
            `name:line`, the line being that of the nearest field above where the
            field itself was left to its default; without a file,
            `charter:limits.epsilon`.
        """
        if not self.positions:
            return f"{self.name}:{path_text(path)}" if path else self.name
        position = self.position_of(*path)
        return self.name if position is None else f"{self.name}:{position.line}"

    def position_of(self, *path: str | int) -> Position | None:
        """Return the position of a field, or of the nearest field above that was written."""
        for length in range(len(path), -1, -1):
            position = self.positions.get(path[:length])
            if position is not None:
                return position
        return None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the documents of one decision were written."""

    study: Source = Source("study")
    charter: Source = Source("charter")
    policy: Source = Source("policy")
    asset: Source = Source("asset")


@lru_cache(maxsize=4096)
def path_text(path: FieldPath) -> str:
    """Write a field path as people do: `permits[0].columns`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")
