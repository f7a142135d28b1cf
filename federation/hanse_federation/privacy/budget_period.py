"""Which charges count against a budget at an instant.

Rules: the present period's, of the purpose; in a budget's first period also
those of one period's length before it began, so that signing a policy with a
later start does not give a spent budget anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hanse_federation.errors import BudgetNotApplicableError
from hanse_policies.documents import Purpose, PurposeBudget
from hanse_policies.instants import earlier


def counted_period(
    purpose: Purpose, budget: PurposeBudget, now: datetime
) -> tuple[datetime, datetime]:
    """Return the span [start, end) whose charges count against a budget at `now`.

    Raises:
        BudgetNotApplicableError: `budget` is for another purpose or not in force yet.
    """
    if budget.purpose != purpose:
        raise BudgetNotApplicableError(
            f"expected a budget for purpose {purpose}, got one for {budget.purpose}; "
            "add it to the brand's policy"
        )
    period = budget.period_at(now)
    if period is None:
        raise BudgetNotApplicableError(
            f"budget for purpose {purpose} starts {budget.starts.isoformat()}, "
            "so nothing may be spent yet; wait or sign a policy with an earlier start"
        )
    if period[0] == budget.starts:
        return earlier(period[0], timedelta(days=budget.period_days)), period[1]
    return period
