"""Recipients: results go to nobody whom charter and permit do not both name."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.facts import PermitFacts, SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter names all recipients."""
    allowed = facts.charter.recipients

    def say() -> Words:
        source = facts.sources.charter.line_of("recipients")
        return words(source, **_details(facts, allowed))

    return (judge("recipients.charter", _are_within(facts, allowed), say),)


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit covers all recipients."""
    facts, allowed = case.facts, case.permit.recipients

    def say() -> Words:
        details = _details(facts, allowed)
        return words(case.line_of("recipients"), brand=facts.policy.brand, **details)

    return (judge("recipients.permit", _are_within(facts, allowed), say),)


def _are_within(facts: SharedFacts, allowed: tuple[str, ...]) -> bool:
    return set(facts.study.recipients).issubset(allowed)


def _details(facts: SharedFacts, allowed: tuple[str, ...]) -> dict[str, str]:
    asked = facts.study.recipients
    return {
        "asked": listed(asked),
        "excess": listed(name for name in asked if name not in allowed),
        "allowed": listed(allowed),
        "at": facts.sources.study.line_of("recipients"),
    }
