"""Purpose limitation: data is used for purposes that charter and permit both name."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.facts import PermitFacts, SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter names the study's purpose."""
    purpose, allowed = facts.study.purpose, facts.charter.purposes
    return (
        judge(
            "purpose.charter",
            purpose in allowed,
            lambda: words(
                facts.sources.charter.line_of("purposes"),
                asked=purpose,
                allowed=listed(allowed),
                at=facts.sources.study.line_of("purpose"),
            ),
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit is for the study's purpose."""
    study = case.facts.study
    return (
        judge(
            "purpose.permit",
            study.purpose == case.permit.purpose,
            lambda: words(
                case.line_of("purpose"),
                asked=study.purpose,
                allowed=case.permit.purpose,
                brand=case.facts.policy.brand,
                at=case.facts.sources.study.line_of("purpose"),
            ),
        ),
    )
