"""What follows once consents have ended: rules, and documents that hold nobody."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hanse_policies.compare.comparison import compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import (
    ConsentEnd,
    ConsentEndRule,
    ModelConsequence,
    PersonsAtMost,
    Withdrawal,
    WithdrawalRules,
)
from hanse_policies.errors import DocumentError, SignatureError
from hanse_policies.loading import load_any
from hanse_policies.signing import Envelope, SigningKey, open_envelope
from tests.support.documents import a_policy
from tests.support.random_cases import a_random_end_rule

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WITHDRAWAL = """kind: Withdrawal
id: customers-withdrawn-1
alliance: coast-league
brand: alder
asset: customers
purposes: [model-training]
end: withdrawn
after: 2026-05-01T00:00:00Z
before: 2026-06-01T00:00:00Z
persons: {{at_most: 100, rounded_up_to: 50}}
consequences:
  - study: {digest}
    release: null
    consequence: retrain-by
    due: 2026-08-30T00:00:00Z
    evidence: null
    policy: {digest}
purge_by: 2026-06-16T00:00:00Z
""".format(digest="ab" * 32)


def a_withdrawal(**changes: Any) -> Withdrawal:
    fields: dict[str, Any] = {
        "kind": "Withdrawal",
        "id": "customers-withdrawn-1",
        "alliance": "coast-league",
        "brand": "alder",
        "asset": "customers",
        "purposes": ["model-training"],
        "end": "withdrawn",
        "after": NOW - 30 * DAY,
        "before": NOW,
        "persons": None,
        "consequences": [
            {
                "study": "ab" * 32,
                "release": None,
                "consequence": "retire",
                "due": NOW,
                "evidence": None,
                "policy": "cd" * 32,
            }
        ],
        "purge_by": NOW,
    }
    return Withdrawal.model_validate(fields | changes)


def test_what_is_left_out_keeps_no_release_and_tells_the_two_ends_apart() -> None:
    rules = a_policy().withdrawal
    withdrawn, invalidated = (rules.by_end[end] for end in ConsentEnd)
    assert withdrawn.consequence is ModelConsequence.RETRAIN_BY
    assert withdrawn.due(NOW) == NOW + 90 * DAY
    assert withdrawn.purge_by(NOW) == NOW + 15 * DAY
    assert invalidated.consequence is ModelConsequence.RETIRE
    assert invalidated.due(NOW) == invalidated.purge_by(NOW) == NOW


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"consequence": "keep-with-evidence"}, "names its evidence"),
        ({"consequence": "keep-with-evidence", "within_days": 3, "evidence": "e"}, "evidence"),
        ({"consequence": "retire"}, "gives within_days"),
        ({"consequence": "retire", "within_days": 1, "evidence": "e"}, "no evidence"),
        ({"consequence": "retire", "within_days": -1}, "greater than or equal to 0"),
        ({"consequence": "forget", "within_days": 1}, "keep-with-evidence"),
    ],
)
def test_a_consequence_says_all_that_it_needs_and_no_more(
    rule: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        ConsentEndRule.model_validate({"purge_within_days": 0} | rule)


def test_nothing_is_kept_by_evidence_that_a_consent_went_into_which_never_counted() -> None:
    kept = ConsentEndRule(
        consequence=ModelConsequence.KEEP_WITH_EVIDENCE, evidence="e", purge_within_days=0
    )
    assert WithdrawalRules(withdrawn=kept).withdrawn.due(NOW) is None
    with pytest.raises(ValidationError, match="never counted is not kept"):
        WithdrawalRules(invalidated=kept)


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_number_of_persons_is_rounded_up_to_the_floor(persons: int, floor: int) -> None:
    bound = PersonsAtMost.of(persons, floor)
    assert bound.at_most % bound.rounded_up_to == 0
    assert persons <= bound.at_most < persons + bound.rounded_up_to
    assert bound.rounded_up_to >= 10


def test_a_true_count_and_a_bound_on_nobody_are_refused() -> None:
    with pytest.raises(ValidationError, match="never a true count"):
        PersonsAtMost(at_most=73, rounded_up_to=50)
    with pytest.raises(ValueError, match="at least one person"):
        PersonsAtMost.of(0, 50)


def test_a_withdrawal_reads_signs_and_verifies(tmp_path: Path) -> None:
    path, key = tmp_path / "withdrawal.yaml", SigningKey.generate()
    path.write_text(WITHDRAWAL)
    document = load_any(path).document
    envelope = Envelope.from_json(key.sign(document).to_json())
    assert open_envelope(envelope, Withdrawal, key.public_hex) == document
    with pytest.raises(SignatureError):
        open_envelope(envelope, Withdrawal, SigningKey.generate().public_hex)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("at_most: 100", "at_most: 73", "withdrawal.yaml:10:"),
        ("end: withdrawn", "end: gone", "withdrawal.yaml:7:"),
        ("asset: customers", "asset: customers\npersons_seen: [p1]", "withdrawal.yaml:6:"),
        ("    due: 2026-08-30T00:00:00Z", "    due: null", "withdrawal.yaml:12:"),
        ("before: 2026-06-01", "before: 2026-04-01", "withdrawal.yaml:1:"),
    ],
)
def test_a_withdrawal_that_says_too_much_or_too_little_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    path = tmp_path / "withdrawal.yaml"
    path.write_text(WITHDRAWAL.replace(old, new))
    with pytest.raises(DocumentError, match=place):
        load_any(path)


def test_a_release_has_one_consequence() -> None:
    one = a_withdrawal().consequences[0]
    with pytest.raises(ValidationError, match="one consequence only"):
        a_withdrawal(consequences=[one.model_dump(), one.model_dump()])


def test_no_tightening_of_the_rules_lets_a_release_be_used_or_records_be_kept_longer() -> None:
    draw, seen = random.Random(20261126), Counter[Direction]()
    last = datetime.max.replace(tzinfo=UTC)
    for _ in range(4000):
        rules = [
            WithdrawalRules(
                withdrawn=a_random_end_rule(draw),
                invalidated=a_random_end_rule(draw, is_kept_at_times=False),
            )
            for _ in range(2)
        ]
        direction = compare_versions(*(a_policy(withdrawal=one) for one in rules)).direction
        seen[direction] += 1
        for end in ConsentEnd:
            before, after = (one.by_end[end] for one in rules)
            used = (before.due(NOW) or last, after.due(NOW) or last)
            kept = (before.purge_by(NOW), after.purge_by(NOW))
            if direction in {Direction.TIGHTENS, Direction.TEXT}:
                assert used[0] >= used[1]
                assert kept[0] >= kept[1]
            if direction in {Direction.LOOSENS, Direction.TEXT}:
                assert used[0] <= used[1]
                assert kept[0] <= kept[1]
    assert min(seen[d] for d in (Direction.TIGHTENS, Direction.LOOSENS, Direction.MIXED)) > 50
