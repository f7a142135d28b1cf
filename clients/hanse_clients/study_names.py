"""Which study a person means by a name.

Rules: an id is chosen by whoever proposes, may be borne by many studies and may look like
a digest; a digest can be none of that. So a name is an exact digest first, then the first
digits of one, and only then an id; what has the form of a whole digest is never an id. A
name that fits several studies is refused with all of them told, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from hanse_clients.errors import StudyNameAmbiguousError
from hanse_policies.documents import Study

SHORTEST_PREFIX: Final = 8
"""A study may be named by the first digits of its digest, so many at least."""

MOST_TOLD: Final = 5
"""How many of the studies that a name fits a refusal tells, the newest."""

_DIGITS: Final = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")
_DIGEST_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class StudyLabel:
    """What a study calls itself.

    Attributes:
        id: Its id.
        version: Its version; None where that is not told.
    """

    id: str
    version: int | None = None

    @classmethod
    def of(cls, study: Study) -> StudyLabel:
        """Read what a study calls itself."""
        return cls(study.id, study.version)

    def __str__(self) -> str:
        """Write the label for a person."""
        return self.id if self.version is None else f"{self.id} version {self.version}"


def digest_named(
    name: str, digests: Iterable[str], label: Callable[[str], StudyLabel]
) -> str | None:
    """Find the one study that goes by a name.

    Args:
        name: A digest, at least its first 8 digits, or an id.
        digests: The studies to choose from, oldest first.
        label: Tells what a study calls itself.

    Returns:
        Its digest; None where no study goes by that name.

    Raises:
        StudyNameAmbiguousError: Several studies do.
    """
    known = tuple(dict.fromkeys(digests))
    if name in known:
        return name
    fitting: tuple[str, ...] = ()
    if _DIGITS.fullmatch(name):
        fitting = tuple(one for one in known if one.startswith(name))
    if not fitting and not (_DIGITS.fullmatch(name) and len(name) == _DIGEST_LENGTH):
        fitting = tuple(one for one in known if label(one).id == name)
    if len(fitting) > 1:
        raise _ambiguous(name, fitting, label)
    return fitting[0] if fitting else None


def _ambiguous(
    name: str, fitting: tuple[str, ...], label: Callable[[str], StudyLabel]
) -> StudyNameAmbiguousError:
    told = ", ".join(f"{one} ({label(one)})" for one in reversed(fitting[-MOST_TOLD:]))
    older = len(fitting) - MOST_TOLD
    return StudyNameAmbiguousError(
        f"expected a name that fits one study, got {name[:64]}, which fits {len(fitting)}: {told}"
        f"{f' and {older} older' if older > 0 else ''}; name the one you looked at by its digest",
        candidates=fitting,
    )
