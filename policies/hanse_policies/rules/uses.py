"""Uses of results: a study says what its recipients do with the result, where that is limited.

Where charter or permit name the uses that are allowed, a study that names none is refused, for
what is not said is not known; whoever names `price` sets what single persons pay.

Source: PIPL Art. 24; GDPR Art. 22.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import ResultUse
from hanse_policies.facts import Facts, PermitFacts

UNSTATED = ("what is not stated", "未写明的用途")
ANYTHING = ("anything", "任何用途")


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter allows all that the result is used for."""
    source = facts.sources.charter.line_of("uses")
    return (_judge_uses(facts, "uses.charter", facts.charter.uses, source),)


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit allows all that the result is used for."""
    return (_judge_uses(case.facts, "uses.permit", case.permit.uses, case.line_of("uses")),)


def _judge_uses(
    facts: Facts, rule: str, allowed: tuple[ResultUse, ...] | None, source: str
) -> RuleFinding:
    asked = facts.study.uses
    return judge(
        rule,
        allowed is None or (bool(asked) and set(asked) <= set(allowed)),
        source,
        **_told("asked", asked, UNSTATED),
        **_told("allowed", allowed or (), ANYTHING),
        brand=facts.policy.brand,
        at=facts.sources.study.line_of("uses"),
    )


def _told(name: str, uses: tuple[ResultUse, ...], otherwise: tuple[str, str]) -> Mapping[str, str]:
    """Write uses for a sentence in each language, or what stands for none."""
    en, zh = (listed(uses), listed(uses)) if uses else otherwise
    return {f"{name}@en": en, f"{name}@zh": zh}
