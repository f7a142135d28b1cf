"""Impact assessment: where the charter asks for one, it is from before the policy takes effect.

Source: PIPL Art. 55, 56: the assessment comes before the handling; GDPR Art. 35(1).
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy states an assessment that came first, where one is asked for."""
    assessment, active_from = facts.policy.assessment, facts.policy.active_from
    is_first = assessment is not None and assessment.dated <= min(active_from, facts.now)
    asks = facts.charter.assessment_required
    found = "none" if assessment is None else assessment.dated.isoformat(timespec="seconds")
    return (
        judge(
            "assessment.charter",
            is_first or not asks,
            facts.sources.policy.line_of("assessment"),
            **{"asked@en": "asks" if asks else "does not ask"},
            **{"asked@zh": "要求" if asks else "不要求"},
            found=found,
            limit=active_from.isoformat(timespec="seconds"),
        ),
    )
