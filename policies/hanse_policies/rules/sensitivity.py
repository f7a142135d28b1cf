"""Sensitive data: a column that the asset calls sensitive is used only where a permit says so.

Covering the column is not enough: the permit says of this very column that it may be used
though it is sensitive. What a legal pack's lists call sensitive the pack asks for itself.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge
from hanse_policies.facts import PermitFacts
from hanse_policies.rules.columns import permit_words


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit says of each sensitive column that it may be used all the same."""
    read, sensitive = case.facts.study.reads.every, case.facts.asset.column_sets.sensitive
    return (
        judge(
            "columns.sensitive",
            read & sensitive <= case.permit.excused,
            lambda: permit_words(case, _unexcused(case)),
        ),
    )


def _unexcused(case: PermitFacts) -> list[str]:
    guarded, excused = case.facts.asset.column_sets.sensitive, case.permit.excused
    return [name for name in case.facts.columns if name in guarded and name not in excused]
