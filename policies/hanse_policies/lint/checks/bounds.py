"""Floors, limits and charges: what the guarantee is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hanse_policies.documents import (
    LEAST_LEGAL_ENTITIES,
    AllianceCharter,
    BrandPolicy,
    Study,
    TrainModel,
)
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding, Place, SetValue

Bounded = Linted[BrandPolicy] | Linted[Study]


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Look at every number that bounds what one person can show through."""
    for rules in documents.charters:
        yield from _check_charter(rules)
    for policy, index, permit in documents.permits():
        at = ("permits", index)
        charter = documents.charter_of(policy.document.alliance)
        yield from _check_retention(charter, policy, at, permit.retention_days)
        yield from _check_persons(charter, policy, at, permit.minimum_persons)
        columns = documents.columns_of(policy.document, permit)
        named = map(columns.get, permit.column_names)
        kept = min((c.retention_days for c in named if c is not None), default=math.inf)
        if permit.retention_days > kept:
            days = {"days": str(permit.retention_days), "limit": str(kept)}
            yield Finding("L13.source", policy.place(*at, "retention_days"), days)
    for study in documents.studies:
        charter = documents.charter_of(study.document.alliance)
        yield from _check_retention(charter, study, (), study.document.retention_days)
        yield from _check_persons(charter, study, (), study.document.minimum_persons)
        yield from _check_brands(charter, study)
        yield from _check_sampling(study)
    yield from _check_delta(documents)
    yield from _check_renewal(documents)


def _check_charter(charter: Linted[AllianceCharter]) -> Iterator[Finding]:
    rules = charter.document
    brands = rules.floors.minimum_brands
    if brands < LEAST_LEGAL_ENTITIES:
        yield _too_few_brands(charter.place("floors", "minimum_brands"), brands, ("floors",))
    entities = len({member.entity_key for member in rules.members})
    if len(rules.members) >= LEAST_LEGAL_ENTITIES > entities:
        yield Finding("L29.entities", charter.place("members"), {"entities": str(entities)})
    if rules.max_brands_per_person < len(rules.members):
        yield Finding(
            "L34.members",
            charter.place("max_brands_per_person"),
            {"charged": str(rules.max_brands_per_person), "members": str(len(rules.members))},
            SetValue(("max_brands_per_person",), len(rules.members)),
        )


def _too_few_brands(place: Place, brands: int, above: tuple[str, ...]) -> Finding:
    edit = SetValue((*above, "minimum_brands"), LEAST_LEGAL_ENTITIES)
    return Finding("L29.brands", place, {"brands": str(brands)}, edit)


def _check_retention(
    charter: Linted[AllianceCharter] | None,
    document: Bounded,
    at: tuple[str | int, ...],
    days: int,
) -> Iterator[Finding]:
    if charter is not None and days > charter.document.limits.retention_days:
        limit = charter.document.limits.retention_days
        path = (*at, "retention_days")
        details = {"days": str(days), "limit": str(limit)}
        yield Finding("L13.charter", document.place(*path), details, SetValue(path, limit))


def _check_persons(
    charter: Linted[AllianceCharter] | None,
    document: Bounded,
    at: tuple[str | int, ...],
    persons: int,
) -> Iterator[Finding]:
    if charter is not None and persons < charter.document.floors.minimum_persons:
        floor = charter.document.floors.minimum_persons
        path = (*at, "minimum_persons")
        details = {"asked": str(persons), "floor": str(floor)}
        yield Finding("L25.persons", document.place(*path), details, SetValue(path, floor))


def _check_brands(
    charter: Linted[AllianceCharter] | None, study: Linted[Study]
) -> Iterator[Finding]:
    brands = study.document.minimum_brands
    place = study.place("minimum_brands")
    if brands < LEAST_LEGAL_ENTITIES:
        yield _too_few_brands(place, brands, ())
    elif charter is not None and brands < charter.document.floors.minimum_brands:
        floor = charter.document.floors.minimum_brands
        details = {"asked": str(brands), "floor": str(floor)}
        yield Finding("L25.brands", place, details, SetValue(("minimum_brands",), floor))


def _check_sampling(study: Linted[Study]) -> Iterator[Finding]:
    computation = study.document.computation
    if not isinstance(computation, TrainModel):
        return
    local = computation.local
    if local.sampling_rate < 1 and local.sampler_evidence is None:
        place = study.place("computation", "local", "sampling_rate")
        yield Finding("L35.unattested", place, {"rate": f"{local.sampling_rate:g}"})


def _check_delta(documents: DocumentSet) -> Iterator[Finding]:
    """Hold delta against one over the largest number of persons that it is known to be for."""
    persons: dict[str, int] = {}
    for asset in documents.assets:
        name, most = asset.document.id, asset.document.persons_at_most
        if most is None:
            yield Finding("L21.unknown", asset.place(), {"asset": name})
        persons[name] = max(persons.get(name, 1), most or 1)
    for study in documents.studies:
        least = study.document.minimum_persons
        many = max(least, persons.get(study.document.asset, least))
        place = study.place("privacy", "delta")
        yield from _judge_delta(place, study.document.privacy.delta, many)
    for policy in documents.policies:
        for index, budget in enumerate(policy.document.budgets):
            permits = [p for p in policy.document.permits if p.purpose == budget.purpose]
            many = max((persons.get(p.asset, p.minimum_persons) for p in permits), default=1)
            place = policy.place("budgets", index, "delta")
            yield from _judge_delta(place, budget.delta, many)


def _judge_delta(place: Place, delta: float, persons: int) -> Iterator[Finding]:
    if delta * persons >= 1:
        yield Finding("L21.persons", place, {"delta": f"{delta:g}", "persons": f"{persons:,}"})


def _check_renewal(documents: DocumentSet) -> Iterator[Finding]:
    """Ask whether a budget is given anew for data that is still the same."""
    for policy in documents.policies:
        for index, budget in enumerate(policy.document.budgets):
            place = policy.place("budgets", index, "period_days")
            for asset in documents.assets_of(policy.document):
                read = (p.asset for p in policy.document.permits if p.purpose == budget.purpose)
                if asset.document.id not in read:
                    continue
                days = asset.document.renewed_every_days
                details = {"purpose": budget.purpose.value, "asset": asset.document.id}
                details["period"] = str(budget.period_days)
                if days is None:
                    yield Finding("L22.unknown", place, details)
                elif days > budget.period_days:
                    times = math.ceil(days / budget.period_days)
                    more = {"days": str(days), "times": str(times)}
                    yield Finding("L22.renewal", place, details | more)
