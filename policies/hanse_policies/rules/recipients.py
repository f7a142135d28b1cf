"""Recipients: results go to nobody whom charter and permit do not both name."""

from __future__ import annotations

from collections.abc import Callable

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.facts import Facts, PermitFacts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter names all recipients."""
    return (
        _judge_recipients(
            facts,
            "recipients.charter",
            facts.charter.recipients,
            lambda: facts.sources.charter.line_of("recipients"),
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit covers all recipients."""
    return (
        _judge_recipients(
            case.facts,
            "recipients.permit",
            case.permit.recipients,
            lambda: case.line_of("recipients"),
        ),
    )


def _judge_recipients(
    facts: Facts, rule: str, allowed: tuple[str, ...], source: Callable[[], str]
) -> RuleFinding:
    excess = [name for name in facts.study.recipients if name not in allowed]
    return judge(
        rule,
        not excess,
        lambda: words(
            source(),
            asked=listed(facts.study.recipients),
            excess=listed(excess),
            allowed=listed(allowed),
            brand=facts.policy.brand,
            at=facts.sources.study.line_of("recipients"),
        ),
    )
