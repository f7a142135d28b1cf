"""Minors: a policy is at least as careful as the charter, and ages are known where one asks.

Who is too young, or of unknown age where a rule asks, is left out person by person in the
warehouse query, and a child under 14 without a guardian's consent always (see
`documents.consent`). This family judges the rule itself, where charter or policy has one.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.documents import AgeBand, MinorsRule
from hanse_policies.documents.asset import StatedAgeBand
from hanse_policies.facts import Facts

OR_GUARDIAN = ("or a guardian's consent", "或有监护人同意")
WITHOUT_EXCEPTION = ("without exception", "没有例外")
NOBODY_KNOWN = StatedAgeBand(constant=AgeBand.UNKNOWN)


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether the policy's rule on minors is strict enough, and could be kept."""
    own, least = facts.policy.consent.minors, facts.charter.minors
    if own is None and least is None:
        return ()
    return (
        judge(
            "minors.charter",
            least is None or (own is not None and _is_as_strict(own, least)),
            lambda: words(
                facts.sources.charter.line_of("minors"),
                at=facts.sources.policy.line_of("consent", "minors"),
                **_told("limit", least),
                **_told("found", own),
            ),
        ),
        judge(
            "minors.known",
            facts.asset.consent.age_band != NOBODY_KNOWN,
            lambda: words(facts.sources.asset.line_of("consent", "age_band")),
        ),
    )


def _is_as_strict(own: MinorsRule, least: MinorsRule) -> bool:
    is_stricter = least.is_guardian_enough or not own.is_guardian_enough
    return own.from_age >= least.from_age and is_stricter


def _told(name: str, rule: MinorsRule | None) -> Mapping[str, str]:
    """Write a rule for a sentence, in each language."""
    if rule is None:
        return {f"{name}@en": "none", f"{name}@zh": "无"}
    en, zh = OR_GUARDIAN if rule.is_guardian_enough else WITHOUT_EXCEPTION
    return {
        f"{name}@en": f"from age {rule.from_age} {en}",
        f"{name}@zh": f"年满 {rule.from_age} 周岁,{zh}",
    }
