"""How one kind of field compares: by order, as a set, by key, or not at all.

A comparer yields nothing for equal values. What it calls `tightens` or `loosens` it
can show from the two values alone; what it cannot is `mixed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.documents.base import StrictModel
from hanse_policies.source import FieldPath

Comparer = Callable[[FieldPath, object, object], Iterator[FieldChange]]
FieldTable = Mapping[str, Comparer]
"""How each field of a model compares; a model's table names every field of it."""


def compare_fields(
    table: FieldTable, path: FieldPath, before: StrictModel, after: StrictModel
) -> Iterator[FieldChange]:
    """Compare two models field by field."""
    for name, comparer in table.items():
        yield from comparer((*path, name), getattr(before, name), getattr(after, name))


def nested(table: FieldTable) -> Comparer:
    """Compare a part of a document by a table of its own; one that comes or goes is `mixed`."""

    def comparer(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
        if isinstance(before, StrictModel) and isinstance(after, StrictModel):
            yield from compare_fields(table, path, before, after)
        else:
            yield from opaque(path, before, after)

    return comparer


def ignored(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Say nothing: the field is not part of what is allowed, and others look at it."""
    del path, before, after
    yield from ()


def text(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare words for people."""
    yield from _change(path, Direction.TEXT, before, after)


def opaque(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare values between which there is no more and no less."""
    yield from _change(path, Direction.MIXED, before, after)


def ordered(*strictest_last: Enum) -> Comparer:
    """Compare words of a closed list that is given least strict first."""
    ranks: dict[object, int] = {word: rank for rank, word in enumerate(strictest_last)}

    def comparer(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
        old, new = ranks.get(before), ranks.get(after)
        direction = Direction.MIXED
        if old is not None and new is not None:
            direction = Direction.TIGHTENS if new > old else Direction.LOOSENS
        yield from _change(path, direction, before, after)

    return comparer


def higher_is_stricter(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare a floor, or an instant before which nothing is allowed."""
    direction = Direction.TIGHTENS if _is_above(after, before) else Direction.LOOSENS
    yield from _change(path, direction, before, after)


def lower_is_stricter(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare a limit."""
    direction = Direction.TIGHTENS if _is_above(before, after) else Direction.LOOSENS
    yield from _change(path, direction, before, after)


def any_of(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare the words of which any one is allowed; their order says nothing."""
    old, new = list(_items(before)), list(_items(after))
    if set(old) == set(new):
        direction = Direction.TEXT
    elif set(new) < set(old):
        direction = Direction.TIGHTENS
    else:
        direction = Direction.LOOSENS if set(old) < set(new) else Direction.MIXED
    yield from _change(path, direction, before, after)


def any_of_if_asked(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare the words of which any one is allowed, where none given allows all."""
    if before is None or after is None:
        direction = Direction.LOOSENS if after is None else Direction.TIGHTENS
        yield from _change(path, direction, before, after)
    else:
        yield from any_of(path, before, after)


def all_of(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare what is asked for all together: more of it is stricter; its order says nothing."""
    old, new = list(_items(before)), list(_items(after))
    if set(old) == set(new):
        direction = Direction.TEXT
    elif set(old) < set(new):
        direction = Direction.TIGHTENS
    else:
        direction = Direction.LOOSENS if set(new) < set(old) else Direction.MIXED
    yield from _change(path, direction, before, after)


def flag_is_wider(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare a leave that is given or not."""
    yield from _change(path, Direction.LOOSENS if after else Direction.TIGHTENS, before, after)


def flag_is_stricter(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare a condition that is asked for or not."""
    yield from _change(path, Direction.TIGHTENS if after else Direction.LOOSENS, before, after)


def keyed(
    key: str,
    table: FieldTable,
    *,
    new: Direction = Direction.LOOSENS,
    gone: Direction = Direction.TIGHTENS,
) -> Comparer:
    """Compare parts that a field tells apart: more of them allow more.

    Args:
        key: The field.
        table: How two parts of the same key compare.
        new: What it does that a part is there that was not.
        gone: What it does that a part is no longer there.
    """

    def comparer(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
        old, newer = _by_key(key, before), _by_key(key, after)
        for name, (index, part) in newer.items():
            if name not in old:
                yield FieldChange((*path, index), new, "none", str(name))
            else:
                yield from compare_fields(table, (*path, index), old[name][1], part)
        for name, (index, _) in old.items():
            if name not in newer:
                yield FieldChange((*path, index), gone, str(name), "none", is_gone=True)

    return comparer


def shown(value: object) -> str:
    """Write a value for people."""
    if value is None or value == ():
        return "none"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, StrictModel):
        return value.model_dump_json(exclude_none=True)
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(name)}: {shown(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(shown(item) for item in value)
    return str(value)


def _change(
    path: FieldPath, direction: Direction, before: object, after: object
) -> Iterator[FieldChange]:
    if before != after:
        yield FieldChange(path, direction, shown(before), shown(after))


def _is_above(value: object, other: object) -> bool:
    if isinstance(value, int | float) and isinstance(other, int | float):
        return value > other
    return isinstance(value, datetime) and isinstance(other, datetime) and value > other


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, tuple) else ()


def _by_key(key: str, value: object) -> dict[object, tuple[int, StrictModel]]:
    parts = [part for part in _items(value) if isinstance(part, StrictModel)]
    return {getattr(part, key): (index, part) for index, part in enumerate(parts)}
