"""Cross-border: what crosses a border does so on a ground, and for a stated number of persons.

A border is crossed where persons, brand, operator and recipients do not all stand within one
territory; a party that the charter does not place stands abroad. Where persons are not
known, the brand's place counts, for its data lies there. The policy then states on what
ground (`export.mechanism`), one that the law there knows, and upper bounds of the persons
concerned, none below the number that the study itself asks at least. How many are too many for
a ground is for the legal packs to say.

Source: PIPL Art. 38, 40 with CAC Order 16; GDPR Art. 45, 46.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from hanse_policies.decision import RuleFinding, Words, judge, listed, words
from hanse_policies.documents import ExportMechanism
from hanse_policies.facts import Facts
from hanse_policies.packs.legal_facts import places_of
from hanse_policies.places import CHINA, EEA, brand_place, persons_places, territory_of

MECHANISMS: Mapping[str, frozenset[ExportMechanism]] = {
    CHINA: frozenset(
        {
            ExportMechanism.EXEMPT,
            ExportMechanism.STANDARD_CONTRACT,
            ExportMechanism.CERTIFICATION,
            ExportMechanism.SECURITY_ASSESSMENT,
        }
    ),
    EEA: frozenset(
        {
            ExportMechanism.ADEQUACY,
            ExportMechanism.STANDARD_CONTRACT,
            ExportMechanism.CERTIFICATION,
        }
    ),
}
"""The grounds that the law of a territory knows; elsewhere any may be stated."""

UNKNOWN = "unknown"
Text = Mapping[str, str]
WITHIN: Text = {
    "reason@en": "persons, brand, operator and recipients stand within one territory",
    "reason@zh": "个人、品牌、运营方与接收方均在同一法域",
}
STATED: Text = {"reason@en": "the policy states it", "reason@zh": "策略已写明"}


def check(facts: Facts) -> tuple[RuleFinding, ...]:
    """Ask whether an export has a ground and bounds, or is none."""
    if _is_within_one(facts):

        def say() -> Words:
            return words(facts.sources.policy.line_of("export"), **WITHIN)

        return (
            judge("cross-border.mechanism", True, say),
            judge("cross-border.persons", True, say),
        )
    home, export = _home(facts), facts.policy.export
    return (
        judge(
            "cross-border.mechanism",
            export is not None and export.mechanism in _allowed(home),
            lambda: words(
                facts.sources.policy.line_of("export"),
                brand=facts.policy.brand,
                home=listed(sorted(home)),
                away=listed(sorted(_away(facts))),
                found="none" if export is None else export.mechanism,
                allowed=listed(sorted(_allowed(home))),
                **STATED,
            ),
        ),
        _judge_persons(facts),
    )


def _is_within_one(facts: Facts) -> bool:
    """Tell whether all stand where the brand does, and that is known."""
    place = brand_place(facts.charter, facts.policy)
    if place is None:
        return False
    here = territory_of(place)
    persons = persons_places(facts.policy, facts.asset) or ()
    for other in (*persons, *places_of(facts.study, facts.charter)):
        if other is None or territory_of(other) != here:
            return False
    return True


def _judge_persons(facts: Facts) -> RuleFinding:
    short = _short_bound(facts)

    def say() -> Words:
        export, field = facts.policy.export, short or "persons_at_most"
        bound = None if export is None else getattr(export, field)
        return words(
            facts.sources.policy.line_of("export"),
            away=listed(sorted(_away(facts))),
            field=field,
            found=UNKNOWN if bound is None else str(bound),
            limit=str(facts.study.minimum_persons),
            **STATED,
        )

    return judge("cross-border.persons", short is None, say)


def _short_bound(facts: Facts) -> str | None:
    """Name the first bound that is missing or below what the study asks; None for none."""
    export, least = facts.policy.export, facts.study.minimum_persons
    if export is None or export.persons_at_most is None or export.persons_at_most < least:
        return "persons_at_most"
    if facts.study.reads.every.isdisjoint(facts.asset.column_sets.sensitive):
        return None
    of_sensitive = export.sensitive_persons_at_most
    return "sensitive_persons_at_most" if of_sensitive is None or of_sensitive < least else None


def _home(facts: Facts) -> frozenset[str]:
    """Collect the territories of brand and persons."""
    place = brand_place(facts.charter, facts.policy)
    persons = persons_places(facts.policy, facts.asset) or ()
    return frozenset(map(_territory, (place, *persons)))


def _away(facts: Facts) -> frozenset[str]:
    """Collect the territories of the operator and the recipients."""
    return frozenset(map(_territory, places_of(facts.study, facts.charter)))


def _territory(place: str | None) -> str:
    return UNKNOWN if place is None else territory_of(place)


@lru_cache(maxsize=256)
def _allowed(home: frozenset[str]) -> frozenset[ExportMechanism]:
    """Collect the grounds that the law of every territory at home knows."""
    known = [MECHANISMS[territory] for territory in home if territory in MECHANISMS]
    return frozenset(ExportMechanism).intersection(*known)
