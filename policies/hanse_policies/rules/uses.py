"""Uses of results: a study says what its recipients do with the result, where that is limited.

Where charter or permit name the uses that are allowed, a study that names none is refused, for
what is not said is not known; whoever names `price` sets what single persons pay. Where neither
names any, nothing is asked.

Source: PIPL Art. 24; GDPR Art. 22.
"""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import ResultUse
from hanse_policies.facts import PermitFacts, SharedFacts

STATED_NOT = {"asked@en": "what is not stated", "asked@zh": "未写明的用途"}


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the charter allows all that the result is used for."""
    allowed = facts.charter.uses
    if allowed is None:
        return ()

    def say() -> Words:
        return words(facts.sources.charter.line_of("uses"), **_details(facts, allowed))

    return (judge("uses.charter", _are_within(facts, allowed), say),)


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit allows all that the result is used for."""
    facts, allowed = case.facts, case.permit.uses
    if allowed is None:
        return ()

    def say() -> Words:
        details = _details(facts, allowed)
        return words(case.line_of("uses"), brand=facts.policy.brand, **details)

    return (judge("uses.permit", _are_within(facts, allowed), say),)


def _are_within(facts: SharedFacts, allowed: tuple[ResultUse, ...]) -> bool:
    asked = facts.study.uses
    return bool(asked) and set(asked).issubset(allowed)


def _details(facts: SharedFacts, allowed: tuple[ResultUse, ...]) -> Mapping[str, str]:
    return {
        **(STATED_NOT if not facts.study.uses else {"asked": listed(facts.study.uses)}),
        "allowed": listed(allowed),
        "at": facts.sources.study.line_of("uses"),
    }
