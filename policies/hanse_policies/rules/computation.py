"""Kinds of computation: only what charter and permit both name is computed."""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.facts import PermitFacts, SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter names the study's kind of computation."""
    kind, allowed = facts.study.computation.kind, facts.charter.computations
    return (
        judge(
            "computation.charter",
            kind in allowed,
            lambda: words(
                facts.sources.charter.line_of("computations"),
                asked=kind,
                allowed=listed(allowed),
                at=facts.sources.study.line_of("computation", "kind"),
            ),
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit covers the study's kind of computation."""
    kind, allowed = case.facts.study.computation.kind, case.permit.computations
    return (
        judge(
            "computation.permit",
            kind in allowed,
            lambda: words(
                case.line_of("computations"),
                asked=kind,
                allowed=listed(allowed),
                brand=case.facts.policy.brand,
                at=case.facts.sources.study.line_of("computation", "kind"),
            ),
        ),
    )
