"""How permits compare: any one of them may cover a study, so that they only ever add up.

Rules: permits are paired, equal ones first, then those for the same purpose and asset
that differ in fewest fields. A permit without a partner that some permit of the other
version covers in full changes nothing that is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.compare.direction import Direction, FieldChange, joint
from hanse_policies.compare.fields import (
    FieldTable,
    any_of,
    any_of_if_asked,
    compare_fields,
    flag_is_wider,
    higher_is_stricter,
    keyed,
    lower_is_stricter,
    opaque,
    ordered,
    text,
)
from hanse_policies.documents.brand import Permit
from hanse_policies.documents.vocabulary import FlowLabel
from hanse_policies.source import FieldPath

PERMITTED_COLUMN: FieldTable = {"name": opaque, "necessity": text, "sensitive": flag_is_wider}

PERMIT: FieldTable = {
    "purpose": opaque,
    "computations": any_of,
    "asset": opaque,
    "columns": keyed("name", PERMITTED_COLUMN),
    "recipients": any_of,
    "releases": any_of,
    "least_protection": ordered(*FlowLabel),
    "minimum_persons": higher_is_stricter,
    "retention_days": lower_is_stricter,
    "uses": any_of_if_asked,
}


def compare_permits(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare the permits of two policies."""
    old, new = _permits(before), _permits(after)
    pairs = _paired(old, new)
    for index, permit in enumerate(new):
        if index in pairs:
            yield from compare_fields(PERMIT, (*path, index), old[pairs[index]], permit)
        else:
            covered = any(_covers(one, permit) for one in old)
            direction = Direction.TEXT if covered else Direction.LOOSENS
            yield FieldChange((*path, index), direction, "none", _named(permit))
    for index in sorted(set(range(len(old))) - set(pairs.values())):
        covered = any(_covers(one, old[index]) for one in new)
        direction = Direction.TEXT if covered else Direction.TIGHTENS
        yield FieldChange((*path, index), direction, _named(old[index]), "none", is_gone=True)


def _covers(wide: Permit, narrow: Permit) -> bool:
    """Tell whether every study that fits within `narrow` fits within `wide`."""
    changes = compare_fields(PERMIT, (), wide, narrow)
    return not joint(changes).may_loosen


def _paired(old: tuple[Permit, ...], new: tuple[Permit, ...]) -> dict[int, int]:
    """Return for each permit of `new` that has a partner the index of it in `old`."""
    costs = sorted(
        (len(list(compare_fields(PERMIT, (), one, other))), abs(left - right), left, right)
        for left, one in enumerate(old)
        for right, other in enumerate(new)
        if (one.purpose, one.asset) == (other.purpose, other.asset)
    )
    pairs: dict[int, int] = {}
    for _, _, left, right in costs:
        if right not in pairs and left not in pairs.values():
            pairs[right] = left
    return pairs


def _permits(value: object) -> tuple[Permit, ...]:
    items = value if isinstance(value, tuple) else ()
    return tuple(permit for permit in items if isinstance(permit, Permit))


def _named(permit: Permit) -> str:
    return f"{permit.purpose} on {permit.asset}: {', '.join(permit.column_names)}"
