from __future__ import annotations

import random

from hanse_policies.documents import DataAsset, Permit, Sensitivity
from hanse_policies.packs.legal_facts import ColumnsRead, columns_read, columns_unexcused
from tests.support.documents import a_column, a_permit, an_asset

NAMES = ("a", "b", "c", "d", "e")
CATEGORIES = ("user", "user.financial", "user.contact")


def an_asset_of(draw: random.Random) -> DataAsset:
    listed = draw.sample(NAMES, draw.randint(1, len(NAMES)))
    return an_asset(
        columns=tuple(
            a_column(
                name,
                category=draw.choice(CATEGORIES),
                sensitivity=draw.choice(tuple(Sensitivity)),
            )
            for name in listed
        )
    )


def a_permit_of(draw: random.Random) -> Permit:
    permit = a_permit(tuple(NAMES))
    columns = tuple(
        column.model_copy(update={"sensitive": draw.random() < 0.5}) for column in permit.columns
    )
    return permit.model_copy(update={"columns": columns})


def told(read: ColumnsRead) -> tuple[object, ...]:
    return frozenset(read.kinds), read.categories, read.ordinary_categories, read.has_sensitive


def test_what_a_permit_does_not_excuse_is_laid_out_as_if_read_alone() -> None:
    draw = random.Random(7)
    seen = set()
    for _ in range(3000):
        asset, permit = an_asset_of(draw), a_permit_of(draw)
        names = frozenset(draw.sample(NAMES, draw.randint(1, len(NAMES))))
        if draw.random() < 0.5:
            excused = asset.column_sets.sensitive
            named = tuple(
                column.model_copy(update={"sensitive": column.name in excused})
                for column in permit.columns
            )
            permit = permit.model_copy(update={"columns": named})
        left = names - (permit.excused & asset.column_sets.every)
        found = columns_unexcused(columns_read(names, asset), names, asset, permit)
        assert told(found) == told(columns_read(left, asset))
        seen.add((left == names, found.has_sensitive, None in found.categories))
    assert len(seen) == 8
