"""What is called tightening never newly allows, what is called loosening never newly refuses.

Over a hundred thousand random requests, each decided under two versions of which the newer
one is called tightening: a third of them for each kind of document. The same pairs the other
way round are the loosenings; edits at random, of any class, are drawn beside them.
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
from tests.support.near_bounds import (
    a_charter_near,
    a_permitted_request,
    a_policy_near,
    an_asset_near,
)
from tests.support.random_cases import a_random_asset, a_random_charter, a_random_policy
from tests.support.tightening_edits import EDITS, tightened

pytestmark = pytest.mark.slow

VERSIONS, SUCCESSORS, REQUESTS = 300, 4, 30
"""First versions, those that follow each of them, and the requests decided under all of these."""
EDITED_AT_RANDOM, FEW_REQUESTS = 300, 15
ACTS_ELSEWHERE = {
    # In the warehouse query, person by person.
    "consent.bases", "consent.jurisdictions", "consent.notices",
    # Before a version is in force, before a round, and once a release is out.
    "approval", "columns.retention_days", "withdrawal.withdrawn",
}  # fmt: skip
"""Fields that a decision on its own does not turn on."""
DocumentT = TypeVar("DocumentT", BrandPolicy, DataAsset, AllianceCharter)
Make = Callable[[random.Random], Comparable]
Verdicts = Counter[tuple[Direction, bool, bool]]


def changed(draw: random.Random, document: DocumentT, other: DocumentT) -> DocumentT:
    """Take a few fields of another document; of a policy also parts of its permits."""
    names = [n for n in type(document).model_fields if n not in {"kind", "id", "version"}]
    chosen = draw.sample(names, draw.randint(1, 2))
    updated = document.model_copy(update={name: getattr(other, name) for name in chosen})
    if isinstance(updated, BrandPolicy) and isinstance(other, BrandPolicy):
        return permits_changed(draw, updated, other)
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


def verdicts_under(document: Comparable, requests: list[Case]) -> list[bool]:
    return [varied(case, document).decide().is_permitted for case in requests]


def asked_under(verdicts: Verdicts, direction: Direction) -> int:
    return sum(count for (found, _, _), count in verdicts.items() if found is direction)


def assert_no_class_is_broken(verdicts: Verdicts) -> None:
    """Look at how often each class of change came with each pair of verdicts, old and new."""
    for direction in (Direction.TIGHTENS, Direction.TEXT):
        assert verdicts[direction, False, True] == 0
    for direction in (Direction.LOOSENS, Direction.TEXT):
        assert verdicts[direction, True, False] == 0


@pytest.mark.parametrize(
    ("near", "make"),
    [
        (a_policy_near, a_random_policy),
        (an_asset_near, a_random_asset),
        (a_charter_near, a_random_charter),
    ],
)
def test_in_a_hundred_thousand_requests_no_tightening_newly_allows(near: Make, make: Make) -> None:
    draw = random.Random(20260615)
    # What all else allows, so that the version that is varied decides.
    drawn = [a_permitted_request(draw) for _ in range(500)]
    verdicts: Verdicts = Counter()
    pairs: Counter[Direction] = Counter()
    refused_by: Counter[str] = Counter()
    for number in range(VERSIONS):
        before = (near if number % 4 else make)(draw)
        requests = draw.sample(drawn, REQUESTS)
        old = verdicts_under(before, requests)
        for _ in range(SUCCESSORS):
            after, edited = tightened(draw, before)  # type: ignore[type-var]
            direction = compare_versions(before, after).direction
            back = compare_versions(after, before).direction
            new = verdicts_under(after, requests)
            pairs[direction] += 1
            verdicts.update((direction, *pair) for pair in zip(old, new, strict=True))
            verdicts.update((back, *pair) for pair in zip(new, old, strict=True))
            if len(edited) == 1 and old != new:
                refused_by[edited[0]] += 1
    assert_no_class_is_broken(verdicts)
    assert asked_under(verdicts, Direction.TIGHTENS) >= 34_000
    assert pairs[Direction.TIGHTENS] >= 1_000
    # The test can fail: thousands of requests lie between two versions, and as many on either
    # side; each field that a decision turns on has refused alone what was allowed.
    assert verdicts[Direction.TIGHTENS, True, False] > 4_000
    assert verdicts[Direction.LOOSENS, False, True] > 4_000
    assert verdicts[Direction.TIGHTENS, True, True] > 3_000
    assert verdicts[Direction.TIGHTENS, False, False] > 3_000
    assert set(refused_by) == set(EDITS[type(before)]) - ACTS_ELSEWHERE


@pytest.mark.parametrize("make", [a_random_policy, a_random_asset, a_random_charter])
def test_edits_of_any_class_do_what_their_class_says(make: Make) -> None:
    draw = random.Random(20260616)
    drawn = [a_permitted_request(draw) for _ in range(200)]
    verdicts: Verdicts = Counter()
    for _ in range(EDITED_AT_RANDOM):
        before = make(draw)
        after = changed(draw, before, make(draw))  # type: ignore[type-var]
        requests = draw.sample(drawn, FEW_REQUESTS)
        direction = compare_versions(before, after).direction
        old, new = verdicts_under(before, requests), verdicts_under(after, requests)
        verdicts.update((direction, *pair) for pair in zip(old, new, strict=True))
    assert_no_class_is_broken(verdicts)
    assert asked_under(verdicts, Direction.MIXED) > 500
