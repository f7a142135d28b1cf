"""Duties towards persons and borders, stated a second time for the lattice.

As `lattice`, it shares no code with the rules: where opinions are concerned it signs them
anew and compares, which Ed25519 allows.
"""

from __future__ import annotations

from functools import lru_cache

from hanse_policies.documents import (
    AgeBand,
    CounselOpinion,
    MinorsRule,
    ResultUse,
    Sensitivity,
    SignedOpinion,
    TrainModel,
)
from hanse_policies.documents.asset import StatedAgeBand, StatedJurisdiction
from tests.support.decisions import Case
from tests.support.places import COUNSEL_KEY, a_joint_use

NOBODY = StatedAgeBand(constant=AgeBand.UNKNOWN)
EUROPE = {"DE", "AT", "FR", "EU"}
"""Those of the EEA that the random world uses."""


def joint_use_is_right(case: Case) -> bool:
    use = case.policy.joint_use
    if use is not None and not opinion_holds(case, use.counsel):
        return False
    return use is not None or not consent_is_asked(case) or notices_ask_it(case)


def opinion_holds(case: Case, signed: SignedOpinion) -> bool:
    opinion = signed.opinion
    enough = {"F3", "F4"} if case.study.privacy.distributed is None else {"F3"}
    return (
        case.charter.counsel_key == COUNSEL_KEY.public_hex
        and signed == signed_by_counsel(opinion)
        and opinion.alliance == case.charter.id
        and case.policy.brand in opinion.brands
        and opinion.dated <= case.now < opinion.expires
        and opinion.least_protection in enough
    )


@lru_cache
def signed_by_counsel(opinion: CounselOpinion) -> SignedOpinion:
    return a_joint_use(opinion).counsel


def consent_is_asked(case: Case) -> bool:
    if set(case.study.recipients) == {case.policy.brand}:
        return False
    places = {*(persons_of(case) or {None}), brand_of(case)}
    return None in places or any(place in {"CN", "CN-GD"} for place in places)


def notices_ask_it(case: Case) -> bool:
    counting = set(case.policy.consent.notices or ())
    told = [notice for notice in case.policy.notices if notice.version in counting]
    others = set(case.study.recipients) - {case.policy.brand}
    return (
        bool(counting)
        and {notice.version for notice in told} == counting
        and all("another-handler" in notice.separate_consents for notice in told)
        and all(others <= set(notice.recipients) for notice in told)
    )


def the_export_is_right(case: Case) -> bool:
    home = {territory(place) for place in {*(persons_of(case) or ()), brand_of(case)}}
    away = {territory(case.charter.operator.jurisdiction)}
    placed: dict[str, str | None] = {p.recipient: p.jurisdiction for p in case.charter.places}
    placed |= {member.brand: member.jurisdiction for member in case.charter.members}
    for name in case.study.recipients:
        if name == "members":
            away |= {territory(member.jurisdiction) for member in case.charter.members}
        elif name != "operator":
            away.add(territory(placed.get(name)))
    if None not in home | away and len(home | away) == 1:
        return True
    export, least = case.policy.export, case.study.minimum_persons
    if export is None or (export.persons_at_most or 0) < least:
        return False
    read = set(case.study.columns())
    is_sensitive = any(
        c.name in read and c.sensitivity is Sensitivity.SENSITIVE for c in case.asset.columns
    )
    if is_sensitive and (export.sensitive_persons_at_most or 0) < least:
        return False
    refused = {"Europe": {"exempt", "security-assessment"}, "CN": {"adequacy"}}
    return not any(export.mechanism in refused.get(place or "", set()) for place in home)


def the_charter_is_kept(case: Case) -> bool:
    policy, charter = case.policy, case.charter
    own, least = policy.consent.minors, charter.minors
    report = policy.assessment
    return (
        policy.approvals.loosen >= charter.floors.approvals
        and (least is None or (own is not None and is_as_careful(own, least)))
        and not (own is not None and case.asset.consent.age_band == NOBODY)
        and (charter.uses is None or uses_are_within(case, charter.uses))
        and (
            not charter.taxonomies
            or (
                policy.taxonomies != ()
                and {*policy.taxonomies, case.asset.taxonomy} <= set(charter.taxonomies)
            )
        )
        and (
            not charter.assessment_required
            or (report is not None and report.dated <= policy.active_from)
        )
    )


def is_as_careful(own: MinorsRule, least: MinorsRule) -> bool:
    """Tell whether everybody whom `own` lets in is let in by `least`, age by age."""
    return all(
        lets_in(least, age, guardian)
        for age in range(20)
        for guardian in (True, False)
        if lets_in(own, age, guardian)
    )


def lets_in(rule: MinorsRule, age: int, has_guardian: bool) -> bool:
    return age >= rule.from_age or (rule.is_guardian_enough and has_guardian)


def uses_are_within(case: Case, allowed: tuple[ResultUse, ...]) -> bool:
    return case.study.uses != () and set(case.study.uses) <= set(allowed)


def figures_are_yielded(case: Case) -> bool:
    trains = isinstance(case.study.computation, TrainModel)
    yielded = {"auc", "persons"} if trains else {"count", "share", "persons"}
    return {threshold.figure for threshold in case.study.thresholds} <= yielded


def persons_of(case: Case) -> set[str] | None:
    stated = case.asset.consent.jurisdiction
    if isinstance(stated, StatedJurisdiction):
        return {stated.constant}
    asked = case.policy.consent.jurisdictions
    return None if asked is None else set(asked)


def brand_of(case: Case) -> str | None:
    places = {member.brand: member.jurisdiction for member in case.charter.members}
    return places.get(case.policy.brand)


def territory(place: str | None) -> str | None:
    if place is None:
        return None
    return "Europe" if place in EUROPE else place[:2]
