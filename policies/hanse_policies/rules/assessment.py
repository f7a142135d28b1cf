"""Impact assessment: where the charter asks for one, it is from before the policy takes effect.

Source: PIPL Art. 55, 56: the assessment comes before the handling; GDPR Art. 35(1).
"""

from __future__ import annotations

from datetime import datetime

from hanse_policies.decision import RuleFinding, Words, judge, words
from hanse_policies.facts import Facts

ASKS = {"asked@en": "asks", "asked@zh": "要求"}
ASKS_NOT = {"asked@en": "does not ask", "asked@zh": "不要求"}


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy states an assessment that came first, where one is asked for."""
    assessment, active_from = facts.policy.assessment, facts.policy.active_from
    is_first = assessment is not None and assessment.dated <= min(active_from, facts.now)
    asks = facts.charter.assessment_required

    def say() -> Words:
        return words(
            facts.sources.policy.line_of("assessment"),
            found=_told(assessment.dated) if assessment is not None else "none",
            limit=_told(active_from),
            **(ASKS if asks else ASKS_NOT),
        )

    return (judge("assessment.charter", is_first or not asks, say),)


def _told(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
