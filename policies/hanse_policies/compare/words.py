"""How the register's words for purposes compare, and the rule on minors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.compare.fields import shown
from hanse_policies.documents.consent import MinorsRule
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


def compare_minors(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare rules on minors: a later age, and no guardian in its place, are stricter."""
    if before == after:
        return
    direction = Direction.MIXED
    if not isinstance(before, MinorsRule) or not isinstance(after, MinorsRule):
        direction = Direction.LOOSENS if after is None else Direction.TIGHTENS
    else:
        older = after.from_age - before.from_age
        alone = int(before.is_guardian_enough) - int(after.is_guardian_enough)
        if older >= 0 and alone >= 0:
            direction = Direction.TIGHTENS
        elif older <= 0 and alone <= 0:
            direction = Direction.LOOSENS
    yield FieldChange(path, direction, shown(before), shown(after))


def _words(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {}
    return {str(purpose): word for purpose, word in value.items()}
