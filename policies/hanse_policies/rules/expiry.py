"""Expiry: a study that has expired does not start."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge
from hanse_policies.facts import Facts


def check_clock(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the time now can be compared with anything; without it no rule can say."""
    known = facts.now.tzinfo is not None
    return (judge("expiry.clock", known, facts.sources.study.line_of("expires")),)


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the study may still start."""
    return (
        judge(
            "expiry.study",
            not facts.study.is_expired(facts.now),
            facts.sources.study.line_of("expires"),
            limit=facts.study.expires.isoformat(timespec="seconds"),
            found=facts.now.isoformat(timespec="seconds"),
        ),
    )
