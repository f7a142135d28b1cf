"""What is called tightening never newly allows, what is called loosening never newly refuses.

A hundred thousand random requests, each decided under two versions of a document.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from hanse_policies.compare.comparison import Comparable, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    Permit,
)
from tests.support.decisions import Case
from tests.support.random_cases import (
    a_random_asset,
    a_random_charter,
    a_random_policy,
    wide_case,
)

pytestmark = pytest.mark.slow

PAIRS, REQUESTS = 1600, 30
DocumentT = TypeVar("DocumentT", BrandPolicy, DataAsset, AllianceCharter)


def changed(draw: random.Random, document: DocumentT, other: DocumentT) -> DocumentT:
    """Take a few fields of another document; of a policy also parts of its permits."""
    names = [n for n in type(document).model_fields if n not in {"kind", "id", "version"}]
    chosen = draw.sample(names, draw.randint(1, 2))
    updated = document.model_copy(update={name: getattr(other, name) for name in chosen})
    if isinstance(updated, BrandPolicy) and isinstance(other, BrandPolicy):
        return permits_changed(draw, updated, other)  # type: ignore[return-value]
    return updated


def permits_changed(draw: random.Random, policy: BrandPolicy, other: BrandPolicy) -> BrandPolicy:
    permits = list(policy.permits)
    for index, permit in enumerate(permits):
        if other.permits and draw.random() < 0.6:
            donor = draw.choice(other.permits)
            names = draw.sample(list(Permit.model_fields), draw.randint(1, 2))
            permits[index] = permit.model_copy(update={n: getattr(donor, n) for n in names})
    if permits and draw.random() < 0.2:
        permits.pop(draw.randrange(len(permits)))
    if other.permits and draw.random() < 0.2:
        permits.append(draw.choice(other.permits))
    return policy.model_copy(update={"permits": tuple(permits)})


def varied(case: Case, document: Comparable) -> Case:
    if isinstance(document, BrandPolicy):
        return replace(case, policy=document)
    if isinstance(document, DataAsset):
        return replace(case, asset=document)
    return replace(case, charter=document)


@pytest.mark.parametrize("make", [a_random_policy, a_random_asset, a_random_charter])
def test_no_tightening_newly_allows_and_no_loosening_newly_refuses(
    make: Callable[[random.Random], Comparable],
) -> None:
    draw = random.Random(20260615)
    # What all else allows, so that the version that is varied decides.
    drawn = (wide_case(draw) for _ in range(3000))
    requests = [case for case in drawn if case.decide().is_permitted]
    assert len(requests) > 500
    verdicts: Counter[tuple[Direction, bool, bool]] = Counter()
    for _ in range(PAIRS):
        before = make(draw)
        after = changed(draw, before, make(draw))  # type: ignore[type-var]
        direction = compare_versions(before, after).direction
        for case in draw.sample(requests, REQUESTS):
            old = varied(case, before).decide().is_permitted
            new = varied(case, after).decide().is_permitted
            verdicts[direction, old, new] += 1
    assert verdicts.total() >= 100_000 // 3
    for direction in (Direction.TIGHTENS, Direction.TEXT):
        assert verdicts[direction, False, True] == 0
    for direction in (Direction.LOOSENS, Direction.TEXT):
        assert verdicts[direction, True, False] == 0
    # The test can fail: each direction is seen to matter.
    assert verdicts[Direction.TIGHTENS, True, False] > 50
    assert verdicts[Direction.LOOSENS, False, True] > 50
    assert verdicts[Direction.TIGHTENS, True, True] > 50
