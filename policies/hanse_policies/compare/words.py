"""How the register's words for purposes compare, the rule on minors, and where persons may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.compare.fields import any_of_if_asked, shown
from hanse_policies.documents.consent import MinorsRule
from hanse_policies.places import territory_of
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


def compare_places(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare where persons may be, where none given allows all.

    There is more and less within the same territories alone: what the law of a territory
    asks of a study is asked as long as one person may be there.
    """
    is_elsewhere = _territories(before) != _territories(after)
    for change in any_of_if_asked(path, before, after):
        yield replace(change, direction=Direction.MIXED) if is_elsewhere else change


def _territories(value: object) -> frozenset[str] | None:
    if not isinstance(value, tuple):
        return None
    return frozenset(territory_of(place) for place in value)


def _words(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        return {}
    return {str(purpose): word for purpose, word in value.items()}
