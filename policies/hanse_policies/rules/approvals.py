"""Approvals: a policy that allows more than the one before it counts only once it is approved.

How many roles that takes is the policy's own word, and never fewer than the charter's floor.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy is approved as the version before it and the charter ask for."""
    state = facts.approvals
    asked, floor = facts.policy.approvals.loosen, facts.charter.floors.approvals
    return (
        judge(
            "approvals.charter",
            asked >= floor,
            lambda: words(
                facts.sources.charter.line_of("floors", "approvals"),
                asked=str(asked),
                limit=str(floor),
                at=facts.sources.policy.line_of("approvals", "loosen"),
            ),
        ),
        judge(
            "approvals.policy",
            state is not None and state.is_enough,
            lambda: words(
                facts.sources.policy.line_of("version"),
                limit="unknown" if state is None else str(state.needed),
                found=listed(() if state is None else state.roles),
                refused=listed(() if state is None else state.refused_by),
            ),
        ),
    )
