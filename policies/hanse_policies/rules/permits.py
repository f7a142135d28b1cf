"""Permits: a study fits within one permit of the brand as a whole, or within none.

Permits never add up. Where a study fits within none, it is explained against
the nearest: one for the same purpose and asset before any other, then the one
that refuses for the fewest reasons, then the first in the policy. Purpose comes
first, so that no explanation ever advises to state another purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_policies.decision import Findings, ask_all, judge, refusals, words
from hanse_policies.facts import Facts, PermitFacts
from hanse_policies.rules import (
    columns,
    computation,
    flow,
    minimums,
    purpose,
    recipients,
    retention,
    sensitivity,
    uses,
)

FAMILIES = (
    purpose.check_permit,
    computation.check_permit,
    columns.check_permit,
    sensitivity.check_permit,
    uses.check_permit,
    recipients.check_permit,
    flow.check_permit,
    minimums.check_permit,
    retention.check_permit,
)


@dataclass(frozen=True, slots=True)
class PermitAnswer:
    """The permit that a study is judged by, and what its rules said.

    Attributes:
        index: Place of the permit in the policy; None where there are no permits.
        findings: What the rules said.
        refusals: Those that refused; none where the study fits within the permit.
    """

    index: int | None
    findings: Findings
    refusals: Findings


def choose(facts: Facts) -> PermitAnswer:
    """Find the first permit that a study fits within, or else the nearest."""
    answers = []
    for index in range(len(facts.policy.permits)):
        answer = _answer(facts, index)
        if not answer.refusals:
            return answer
        answers.append(answer)
    if answers:
        return min(answers, key=_distance) if len(answers) > 1 else answers[0]
    nothing = judge(
        "permit.none",
        False,
        lambda: words(
            facts.sources.policy.line_of("permits"),
            brand=facts.policy.brand,
            asked=facts.study.purpose,
        ),
    )
    return PermitAnswer(None, (nothing,), (nothing,))


def _answer(facts: Facts, index: int) -> PermitAnswer:
    findings = ask_all(FAMILIES, PermitFacts(facts, index))
    return PermitAnswer(index, findings, refusals(findings))


def _distance(answer: PermitAnswer) -> tuple[bool, bool, int]:
    denied = [finding.rule for finding in answer.refusals]
    return "purpose.permit" in denied, "asset.permit" in denied, len(denied)
