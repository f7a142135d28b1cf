"""Thresholds: a line that a result is held against is of a figure that the computation yields.

A line for a figure that never comes could be called reached or missed at will afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import ComputationKind
from hanse_policies.facts import SharedFacts

PERSONS = "persons"
"""The noised size of the cohort, which stands on every release."""
FIGURES: Mapping[ComputationKind, tuple[str, ...]] = {
    ComputationKind.TRAIN_MODEL: ("auc", PERSONS),
    ComputationKind.AUDIENCE_HISTOGRAM: ("count", "share", PERSONS),
}
"""What a release of each computation states, each with its interval or deviation."""


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the computation yields every figure that a threshold names."""
    if not facts.study.thresholds:
        return ()
    kind = facts.study.computation.kind
    yielded = FIGURES[kind]
    named = dict.fromkeys(threshold.figure for threshold in facts.study.thresholds)
    unknown = [figure for figure in named if figure not in yielded]

    def say() -> Words:
        return words(
            facts.sources.study.line_of("thresholds"),
            asked=listed(named),
            excess=listed(unknown),
            kind=kind,
            allowed=listed(yielded),
        )

    return (judge("thresholds.figure", not unknown, say),)
