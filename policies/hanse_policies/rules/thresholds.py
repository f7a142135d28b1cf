"""Thresholds: a line that a result is held against is of a figure that the computation yields.

A line for a figure that never comes could be called reached or missed at will afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import ComputationKind
from hanse_policies.facts import Facts

PERSONS = "persons"
"""The noised size of the cohort, which stands on every release."""
FIGURES: Mapping[ComputationKind, tuple[str, ...]] = {
    ComputationKind.TRAIN_MODEL: ("auc", PERSONS),
    ComputationKind.AUDIENCE_HISTOGRAM: ("count", "share", PERSONS),
}
"""What a release of each computation states, each with its interval or deviation."""


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the computation yields every figure that a threshold names."""
    kind = facts.study.computation.kind
    named = dict.fromkeys(threshold.figure for threshold in facts.study.thresholds)
    unknown = [figure for figure in named if figure not in FIGURES[kind]]
    return (
        judge(
            "thresholds.figure",
            not unknown,
            facts.sources.study.line_of("thresholds"),
            asked=listed(named),
            excess=listed(unknown),
            kind=kind,
            allowed=listed(FIGURES[kind]),
        ),
    )
