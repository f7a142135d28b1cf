"""How the register's words for purposes compare: a purpose more may be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.compare.fields import shown
from hanse_policies.source import FieldPath


def compare_words(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare mappings from purposes to words: another word for a purpose is `mixed`."""
    old, new = _words(before), _words(after)
    for purpose in dict.fromkeys((*new, *old)):
        if old.get(purpose) == new.get(purpose):
            continue
        direction = Direction.MIXED
        if purpose not in old or purpose not in new:
            direction = Direction.LOOSENS if purpose in new else Direction.TIGHTENS
        yield FieldChange(
            (*path, purpose),
            direction,
            shown(old.get(purpose)),
            shown(new.get(purpose)),
            is_gone=purpose not in new,
        )


def _words(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {}
    return {str(purpose): word for purpose, word in value.items()}
