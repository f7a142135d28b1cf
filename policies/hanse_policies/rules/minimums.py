"""Minimum persons and brands: a study states at least what each party asks for.

The study must state the strictest number itself, for its text is what all
parties sign and what the release prints.
"""

from __future__ import annotations

from hanse_policies.decision import RuleFinding, judge, words
from hanse_policies.facts import PermitFacts, SharedFacts


def check(facts: SharedFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study keeps the charter's floors."""
    study, floors = facts.study, facts.charter.floors
    charter = facts.sources.charter
    return (
        judge(
            "minimum-persons.charter",
            study.minimum_persons >= floors.minimum_persons,
            lambda: words(
                charter.line_of("floors", "minimum_persons"),
                asked=str(study.minimum_persons),
                limit=str(floors.minimum_persons),
                at=facts.sources.study.line_of("minimum_persons"),
            ),
        ),
        judge(
            "minimum-brands.charter",
            study.minimum_brands >= floors.minimum_brands,
            lambda: words(
                charter.line_of("floors", "minimum_brands"),
                asked=str(study.minimum_brands),
                limit=str(floors.minimum_brands),
                at=facts.sources.study.line_of("minimum_brands"),
            ),
        ),
    )


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the study keeps the permit's minimum of persons."""
    study = case.facts.study
    return (
        judge(
            "minimum-persons.permit",
            study.minimum_persons >= case.permit.minimum_persons,
            lambda: words(
                case.line_of("minimum_persons"),
                asked=str(study.minimum_persons),
                limit=str(case.permit.minimum_persons),
                at=case.facts.sources.study.line_of("minimum_persons"),
            ),
        ),
    )
