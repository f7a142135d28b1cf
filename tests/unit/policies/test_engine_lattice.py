"""Forty thousand random requests: the verdict is the logical AND of what each party says."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.support.lattice import is_allowed_by_all
from tests.support.random_world import WITHOUT_CONSENT, World

pytestmark = pytest.mark.slow

CASES = 40_000


def test_the_verdict_is_the_and_of_the_parties_in_forty_thousand_cases() -> None:
    world = World(random.Random(1))
    verdicts: Counter[bool] = Counter()
    under_packs: Counter[bool] = Counter()
    by_packs_alone: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for _ in range(CASES):
        case = world.case()
        decision = case.decide()
        assert decision.is_permitted == is_allowed_by_all(case), decision.explain()
        verdicts[decision.is_permitted] += 1
        rules.update(decision.denied_by)
        if case.packs:
            under_packs[decision.is_permitted] += 1
        if len(denied := set(decision.denied_by)) == 1:
            by_packs_alone.update(rule for rule in denied if rule.startswith("pack."))
    # Both verdicts are common, and many rules take part.
    assert min(verdicts.values()) > CASES // 10
    assert len([rule for rule, count in rules.items() if count > CASES // 1000]) > 25
    # Legal packs take part: thousands are asked, and each of their rules has decided alone.
    assert min(under_packs.values()) > CASES // 40
    assert by_packs_alone["pack.check"] > CASES // 40
    for rule in ("pack.pinned", "pack.counsel", "pack.advice"):
        assert by_packs_alone[rule] > 20


def test_missing_stale_or_erring_consent_denies_in_forty_thousand_cases() -> None:
    draw = random.Random(2)
    world = World(draw)
    ways = list(WITHOUT_CONSENT)
    by_consent_alone: Counter[str] = Counter()
    for number in range(CASES):
        way = ways[number % len(ways)]
        held = world.case()
        decision = way(draw, held).decide()
        assert not decision.is_permitted
        assert WITHOUT_CONSENT[way] in decision.denied_by, way.__name__
        by_consent_alone[way.__name__] += is_allowed_by_all(held)
    # Hundreds of requests of each way would be permitted with the consent that is gone.
    assert len(by_consent_alone) == len(ways)
    assert min(by_consent_alone.values()) > 500
