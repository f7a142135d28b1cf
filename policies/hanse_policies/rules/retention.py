"""Storage limitation: a release is kept no longer than charter and permit allow."""

from __future__ import annotations

from collections.abc import Callable

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.facts import PermitFacts, SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study's retention is within the charter's."""
    return (
        _judge_retention(
            facts,
            "retention.charter",
            facts.charter.limits.retention_days,
            lambda: facts.sources.charter.line_of("limits", "retention_days"),
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study's retention is within the permit's."""
    return (
        _judge_retention(
            case.facts,
            "retention.permit",
            case.permit.retention_days,
            lambda: case.line_of("retention_days"),
        ),
    )


def _judge_retention(
    facts: SharedFacts, rule: str, limit: int, source: Callable[[], str]
) -> RuleFinding:
    return judge(
        rule,
        facts.study.retention_days <= limit,
        lambda: words(
            source(),
            asked=str(facts.study.retention_days),
            limit=str(limit),
            at=facts.sources.study.line_of("retention_days"),
        ),
    )
