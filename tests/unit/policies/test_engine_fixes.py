"""The change that a refusal names turns it into a permit, and is the smallest that does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from hanse_policies.catalogue import RULE_TEXTS
from tests.support.decisions import Case
from tests.support.documents import a_charter, a_privacy, a_training_study
from tests.support.refused_cases import REFUSED
from tests.support.repaired_cases import REPAIRS

ROWS = [(*refused, *repair) for refused, repair in zip(REFUSED, REPAIRS, strict=True)]


def rule_that_names(case: Case, fix: str) -> str:
    """Find the one rule that refuses a request and names this change."""
    (rule,) = (refusal.rule for refusal in case.decide().refusals() if fix in refusal.fix)
    return rule


@pytest.mark.parametrize(("case", "codes", "fix", "facts"), ROWS)
def test_the_change_that_a_refusal_names_turns_it_into_a_permit(
    case: Case, codes: set[str], fix: str, facts: Mapping[str, object]
) -> None:
    rule = rule_that_names(case, fix)
    decision = replace(case, **facts).decide()  # type: ignore[arg-type]
    # What else refused the request may refuse it still, and nothing else does.
    assert set(decision.denied_by) <= codes - {rule}
    assert decision.is_permitted or len(codes) > 1


def test_the_change_that_each_rule_names_is_tried() -> None:
    tried = {rule_that_names(case, fix) for case, _, fix, _ in ROWS}
    assert tried == set(RULE_TEXTS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2])
def test_half_of_a_change_that_takes_several_facts_still_refuses(
    row: tuple[Case, set[str], str, Mapping[str, object]],
) -> None:
    case, _, _, facts = row
    # The ledger reckons with the study that is asked about, and does not stay as it was.
    one_by_one = facts.keys() - {"study"} if "budget" in facts else facts.keys()
    for left_out in one_by_one:
        half = {name: value for name, value in facts.items() if name != left_out}
        assert not replace(case, **half).decide().is_permitted  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["epsilon", "delta"])
def test_a_limit_that_a_refusal_names_is_the_highest_that_permits(name: str) -> None:
    limits = a_charter().limits.model_copy(update={name: {"epsilon": 2.9, "delta": 1e-7}[name]})
    limit = getattr(limits, name)

    def asking(value: float) -> Case:
        return Case(
            study=a_training_study(privacy=a_privacy(**{name: value})),
            charter=a_charter(limits=limits),
        )

    above = math.nextafter(limit, math.inf)
    assert rule_that_names(asking(above), f"lower {name} to {limit}") == f"budget.{name}-charter"
    assert asking(limit).decide().is_permitted
