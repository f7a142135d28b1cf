"""Approvals: a policy that allows more than the one before it counts only once it is approved."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.facts import Facts


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy is approved as the version before it asks for."""
    state = facts.approvals
    return (
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
