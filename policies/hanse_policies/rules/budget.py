"""Privacy budget: one study within the charter's limits, all studies within the brand's.

What is spent comes from the brand's ledger. A ledger that says nothing, says
something that cannot be, or states it at a larger delta than the budget's
denies. Comparisons are written so that a number that is not one denies.
"""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.documents import PurposeBudget
from hanse_policies.facts import BudgetState, Facts, SharedFacts
from hanse_policies.instants import LAST_INSTANT


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the budget leaves room for the study's privacy loss."""
    purpose = facts.study.purpose
    budget = facts.policy.budget_for(purpose)
    has_budget = judge(
        "budget.purpose",
        budget is not None,
        lambda: words(
            facts.sources.policy.line_of("budgets"),
            asked=purpose,
            brand=facts.policy.brand,
            at=facts.sources.study.line_of("purpose"),
        ),
    )
    if budget is None:
        return (has_budget,)
    return (has_budget, *_check_budget(facts, budget))


@lru_cache(maxsize=4096)
def number(value: float) -> str:
    """Write a privacy parameter so that reading it back gives the same number."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def check_limits(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study's privacy loss is within the charter's limits."""
    privacy, limits = facts.study.privacy, facts.charter.limits
    charter, study = facts.sources.charter, facts.sources.study
    return (
        judge(
            "budget.epsilon-charter",
            privacy.epsilon <= limits.epsilon,
            lambda: words(
                charter.line_of("limits", "epsilon"),
                asked=number(privacy.epsilon),
                limit=number(limits.epsilon),
                at=study.line_of("privacy", "epsilon"),
            ),
        ),
        judge(
            "budget.delta-charter",
            privacy.delta <= limits.delta,
            lambda: words(
                charter.line_of("limits", "delta"),
                asked=number(privacy.delta),
                limit=number(limits.delta),
                at=study.line_of("privacy", "delta"),
            ),
        ),
    )


def _check_budget(facts: Facts, budget: PurposeBudget) -> tuple[RuleFinding, ...]:
    end = _period_end(budget, facts.now)
    known = is_coherent(facts.budget, budget.delta)
    findings = (
        judge(
            "budget.period",
            end is not None,
            lambda: words(
                _line(facts, budget, "starts"),
                found=(end or facts.now).isoformat(timespec="seconds"),
                limit=budget.starts.isoformat(timespec="seconds"),
            ),
        ),
        judge(
            "budget.delta",
            facts.study.privacy.delta <= budget.delta,
            lambda: words(
                _line(facts, budget, "delta"),
                asked=number(facts.study.privacy.delta),
                limit=number(budget.delta),
                at=facts.sources.study.line_of("privacy", "delta"),
            ),
        ),
        judge(
            "budget.known",
            known,
            lambda: words(_line(facts, budget), limit=number(budget.delta)),
        ),
    )
    if facts.budget is None or not known:
        return findings
    return (*findings, _judge_epsilon(facts, budget, facts.budget, end))


def _judge_epsilon(
    facts: Facts, budget: PurposeBudget, state: BudgetState, end: datetime | None
) -> RuleFinding:
    left = math.floor(max(0.0, budget.epsilon - state.epsilon_spent) * 1000) / 1000
    allowed = state.epsilon_if_run <= budget.epsilon
    return judge(
        "budget.epsilon" if allowed or left > 0 else "budget.exhausted",
        allowed,
        lambda: words(
            _line(facts, budget, "epsilon"),
            spent=f"{state.epsilon_spent:.3g}",
            found=f"{state.epsilon_if_run:.4g}",
            limit=number(budget.epsilon),
            left=number(left),
            until=(end or budget.starts).isoformat(timespec="seconds"),
            at=facts.sources.study.line_of("privacy", "epsilon"),
        ),
    )


def _line(facts: Facts, budget: PurposeBudget, *field: str) -> str:
    """Name the place of a budget, or of a field of it."""
    return facts.sources.policy.line_of("budgets", facts.policy.budgets.index(budget), *field)


def is_coherent(state: BudgetState | None, delta: float) -> bool:
    """Tell whether a ledger's words can be true and are stated at `delta` or below."""
    return (
        state is not None
        and 0 <= state.epsilon_spent <= state.epsilon_if_run < math.inf
        and 0 < state.delta <= delta
    )


def _period_end(budget: PurposeBudget, now: datetime) -> datetime | None:
    """Return the end of the period that holds `now`; None before the first or past all dates."""
    period = budget.period_at(now)
    return None if period is None or period[1] == LAST_INSTANT else period[1]
