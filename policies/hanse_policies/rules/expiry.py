"""Time: a study that has expired does not start, a policy not active yet permits nothing."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.facts import Facts, SharedFacts


def check_clock(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the time now can be compared with anything; without it no rule can say."""
    known = facts.now.utcoffset() is not None
    return (judge("expiry.clock", known, lambda: words(facts.sources.study.line_of("expires"))),)


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy is active."""
    return (
        judge(
            "expiry.policy",
            facts.policy.active_from <= facts.now,
            lambda: words(
                facts.sources.policy.line_of("active_from"),
                limit=facts.policy.active_from.isoformat(),
                found=facts.now.isoformat(timespec="seconds"),
            ),
        ),
    )


def check_study(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study may still start."""
    return (
        judge(
            "expiry.study",
            not facts.study.is_expired(facts.now),
            lambda: words(
                facts.sources.study.line_of("expires"),
                limit=facts.study.expires.isoformat(timespec="seconds"),
                found=facts.now.isoformat(timespec="seconds"),
            ),
        ),
    )
