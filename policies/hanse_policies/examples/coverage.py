"""Which rules a set of examples has seen permitting, and which refusing.

An example counts only where it passes: a decision that is not the expected one
shows nothing about a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.documents import Verdict
from hanse_policies.examples.running import ExampleOutcome

REFUSE_ONLY: Final = frozenset({"permit.none", "budget.exhausted"})
"""Rules that are asked only where they refuse: a policy with permits is judged by those,
and a budget with room by `budget.epsilon`."""


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """The rules that were never seen to permit or to refuse, in the catalogue's order."""

    never_permitting: tuple[str, ...]
    never_refusing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every rule was seen both permitting and refusing."""
        return not self.never_permitting and not self.never_refusing


def coverage_of(outcomes: Iterable[ExampleOutcome]) -> RuleCoverage:
    """Collect what the rules said in the examples that passed."""
    seen: dict[Verdict, set[str]] = {Verdict.PERMIT: set(REFUSE_ONLY), Verdict.DENY: set()}
    for outcome in outcomes:
        if outcome.is_passed:
            for finding in outcome.decision.findings:
                seen[finding.verdict].add(finding.rule)
    return RuleCoverage(
        never_permitting=tuple(r for r in RULE_TEXTS if r not in seen[Verdict.PERMIT]),
        never_refusing=tuple(r for r in RULE_TEXTS if r not in seen[Verdict.DENY]),
    )
