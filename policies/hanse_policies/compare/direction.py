"""Which way a change goes: it lets more through, less, both, or only says it otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hanse_policies.source import FieldPath, path_text
from hanse_policies.versions import Step


class Direction(StrEnum):
    """What a change does to what is allowed.

    `mixed` may loosen: whatever cannot be shown to tighten alone is called so.
    """

    TEXT = "text"
    TIGHTENS = "tightens"
    LOOSENS = "loosens"
    MIXED = "mixed"

    @property
    def may_loosen(self) -> bool:
        """Whether something may be allowed that was not."""
        return self in {Direction.LOOSENS, Direction.MIXED}

    @property
    def step(self) -> Step:
        """The step of the version number that announces such a change."""
        if self.may_loosen:
            return Step.MAJOR
        return Step.MINOR if self is Direction.TIGHTENS else Step.PATCH

    def joined(self, other: Direction) -> Direction:
        """Return what two changes do together."""
        if other is Direction.TEXT or self is other:
            return self
        return other if self is Direction.TEXT else Direction.MIXED


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that changed.

    Attributes:
        path: Where it stands; in the newer version, or in the older one if it is gone.
        direction: What the change does.
        before: What stood there; `none` for nothing.
        after: What stands there now; `none` for nothing.
        is_gone: Whether the path is one of the older version.
        read_by: The checks of legal packs whose answer it moves; part of the direction.
    """

    path: FieldPath
    direction: Direction
    before: str
    after: str
    is_gone: bool = False
    read_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The path as people write it."""
        return path_text(self.path)


def joint(changes: Iterable[FieldChange]) -> Direction:
    """Return what all changes do together; `text` for none."""
    direction = Direction.TEXT
    for change in changes:
        direction = direction.joined(change.direction)
    return direction
