"""The same holds under legal packs: no tightening newly allows, no loosening newly refuses.

The three packs that ship, each of their checks, and random small ones are pinned by what is
compared and by the documents beside it; of some the comparison does not know the words.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from hanse_policies.compare.comparison import Comparable, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.compare.pack_effects import PacksInPlay
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset
from hanse_policies.packs.in_force import PackInForce
from tests.support.decisions import Case
from tests.support.random_edits import a_part_changed
from tests.support.random_packs import (
    a_library,
    a_read_asset,
    a_read_case,
    a_read_charter,
    a_read_policy,
)
from tests.support.tightening_edits import tightened
from tests.unit.policies.test_compare_property import varied

pytestmark = pytest.mark.slow

PAIRS, REQUESTS = 800, 42
TIGHTENED = 0.6
"""The share of pairs of which the newer version is edited to allow less."""
Packs = tuple[PackInForce, ...]


def pinning(document: Comparable, packs: Packs) -> Comparable:
    if isinstance(document, DataAsset):
        return document
    pins = tuple(pack.pack.pin(pack.digest) for pack in packs)
    return document.model_copy(update={"packs": pins})


def with_others(case: Case, compared: Comparable, charter: Packs, policy: Packs) -> Case:
    """Have the documents beside the one that is compared pin packs."""
    if not isinstance(compared, AllianceCharter):
        case = replace(case, charter=pinning(case.charter, charter))  # type: ignore[arg-type]
    if not isinstance(compared, BrandPolicy):
        case = replace(case, policy=pinning(case.policy, policy))  # type: ignore[arg-type]
    return case


def allows(case: Case, library: dict[str, PackInForce]) -> bool:
    """Decide with every pack at hand that anything pins."""
    digests = {pin.digest: None for pin in (*case.charter.packs, *case.policy.packs)}
    return replace(case, packs=tuple(library[one] for one in digests)).decide().is_permitted


def few(draw: random.Random, library: Packs) -> Packs:
    return tuple(draw.sample(library, draw.choice((0, 0, 1, 1, 2))))


@pytest.mark.parametrize("make", [a_read_policy, a_read_asset, a_read_charter])
def test_no_tightening_newly_allows_and_no_loosening_newly_refuses_under_packs(
    make: Callable[[random.Random], Comparable],
) -> None:
    draw = random.Random(20261126)
    library = a_library(draw, 300, type(make(draw)))
    by_digest = {pack.digest: pack for pack in library}
    requests = [a_read_case(draw) for _ in range(1500)]
    verdicts: Counter[tuple[Direction, bool, bool]] = Counter()
    plain: Counter[tuple[Direction, bool, bool]] = Counter()
    for _ in range(PAIRS):
        own, charter, policy = (few(draw, library) for _ in range(3))
        before = pinning(make(draw), own)
        other = pinning(make(draw), own if draw.random() < 0.5 else few(draw, library))
        if draw.random() < TIGHTENED:
            after, _ = tightened(draw, before)  # type: ignore[type-var]
        else:
            after = a_part_changed(draw, before, other)  # type: ignore[type-var]
        beside = () if isinstance(before, AllianceCharter) else charter
        beside += () if isinstance(before, BrandPolicy) else policy
        packs = PacksInPlay(
            tuple(pack.pack.pin(pack.digest) for pack in beside),
            tuple(pack for pack in library if draw.random() < 0.9),
        )
        comparison = compare_versions(before, after, packs)
        direction = comparison.direction
        back = compare_versions(after, before, packs).direction
        for drawn in draw.sample(requests, REQUESTS):
            case = with_others(drawn, before, charter, policy)
            old = allows(varied(case, before), by_digest)
            new = allows(varied(case, after), by_digest)
            verdicts[direction, old, new] += 1
            verdicts[back, new, old] += 1
            plain[comparison.without_packs, old, new] += 1
    # Each request counts twice, for either order of the two versions.
    assert verdicts.total() >= 2 * 100_000 // 3
    assert sum(n for (found, _, _), n in verdicts.items() if found is Direction.TIGHTENS) >= 15_000
    for direction in (Direction.TIGHTENS, Direction.TEXT):
        assert verdicts[direction, False, True] == 0
    for direction in (Direction.LOOSENS, Direction.TEXT):
        assert verdicts[direction, True, False] == 0
    # The test can fail: each direction is seen to matter, and without packs it would not hold,
    # but of a charter, where whatever a pack reads is mixed in any case.
    assert verdicts[Direction.TIGHTENS, True, False] > 300
    assert verdicts[Direction.TIGHTENS, True, True] > 300
    assert verdicts[Direction.LOOSENS, False, True] > 300
    if make is a_read_charter:
        assert plain[Direction.TIGHTENS, False, True] == 0
    else:
        assert plain[Direction.TIGHTENS, False, True] > 5
