"""Impact assessment: where the charter asks for one, it is from before the policy takes effect.

Source: PIPL Art. 55, 56: the assessment comes before the handling; GDPR Art. 35(1).
"""

from __future__ import annotations

from datetime import datetime

from hanse_policies.decision import RuleFinding, Words, judge, words
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy states an assessment that came first, where one is asked for."""
    if not facts.charter.assessment_required:
        return ()
    assessment, active_from = facts.policy.assessment, facts.policy.active_from
    is_first = assessment is not None and assessment.dated <= min(active_from, facts.now)

    def say() -> Words:
        return words(
            facts.sources.policy.line_of("assessment"),
            found="none" if assessment is None else _told(assessment.dated),
            limit=_told(active_from),
        )

    return (judge("assessment.charter", is_first, say),)


def _told(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
