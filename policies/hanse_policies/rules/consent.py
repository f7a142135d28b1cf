"""Consent: a readable, recent register that records the study's purpose.

This family judges the register as a whole; the warehouse query leaves out each
person without valid consent. A register that cannot be read, is stale, or
claims to be from the future denies.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the consent register may be relied on now, for the study's purpose."""
    synced = facts.consent.synced
    source = facts.sources.asset
    if synced is None or synced.utcoffset() is None:
        return (
            judge("consent.register", False, lambda: words(source.line_of("consent", "source"))),
        )
    purpose = facts.study.purpose
    recorded = purpose in facts.consent.purposes and purpose in facts.asset.consent.purposes
    return (
        judge("consent.register", True, lambda: words(source.line_of("consent", "source"))),
        judge(
            "consent.purpose",
            recorded,
            lambda: words(
                source.line_of("consent", "purposes"),
                asked=purpose,
                at=facts.sources.study.line_of("purpose"),
            ),
        ),
        _check_fields(facts),
        *_check_age(facts, synced),
    )


def _check_fields(facts: Facts) -> RuleFinding:
    """Ask whether the register tells all that the policy asks of a consent."""
    asked = facts.policy.consent.asked_fields
    known, told = facts.consent.fields, facts.asset.consent.told
    return judge(
        "consent.fields",
        asked <= known and asked <= told,
        lambda: words(
            facts.sources.policy.line_of("consent"), excess=listed(sorted(asked - (known & told)))
        ),
    )


def _check_age(facts: Facts, synced: datetime) -> tuple[RuleFinding, ...]:
    hours = facts.policy.consent.max_age_hours

    def of_limit(limit: str) -> Words:
        source = facts.sources.policy.line_of("consent", "max_age_hours")
        return words(source, found=synced.isoformat(timespec="seconds"), limit=limit)

    return (
        judge(
            "consent.clock",
            synced <= facts.now,
            lambda: of_limit(facts.now.isoformat(timespec="seconds")),
        ),
        judge(
            "consent.age",
            facts.now - synced <= timedelta(hours=hours),
            lambda: of_limit(str(hours)),
        ),
    )
