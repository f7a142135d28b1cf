"""Forty thousand random requests: the verdict is the logical AND of what each party says."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.support.lattice import is_allowed_by_all
from tests.support.random_cases import World, without_consent

pytestmark = pytest.mark.slow

CASES = 40_000


def test_the_verdict_is_the_and_of_the_parties_in_forty_thousand_cases() -> None:
    world = World(random.Random(1))
    verdicts: Counter[bool] = Counter()
    rules: Counter[str] = Counter()
    for _ in range(CASES):
        case = world.case()
        decision = case.decide()
        assert decision.is_permitted == is_allowed_by_all(case), decision.explain()
        verdicts[decision.is_permitted] += 1
        rules.update(decision.denied_by)
    # Both verdicts are common, and many rules take part.
    assert min(verdicts.values()) > CASES // 10
    assert len([rule for rule, count in rules.items() if count > CASES // 1000]) > 25


def test_missing_stale_or_erring_consent_denies_in_forty_thousand_cases() -> None:
    draw = random.Random(2)
    world = World(draw)
    for _ in range(CASES):
        decision = without_consent(draw, world.case()).decide()
        assert not decision.is_permitted
        assert any(rule.startswith("consent.") for rule in decision.denied_by)
