"""Duties of the law of the place: minors, borders, impact assessments, grounds, prices.

Rules: where a party has not said which law it is under, the strictest of the laws looked
at holds. The thresholds for China are those of the provisions of 2024-03-22; nothing here
says that anything is lawful.

Source: PIPL Art. 13, 24, 31, 38 to 40, 55, 56; CAC provisions on promoting and regulating
cross-border data flows (2024), Art. 5, 7, 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hanse_policies.compare.comparison import compare_versions
from hanse_policies.compare.pack_effects import PacksInPlay
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentBasis,
    Export,
    ExportMechanism,
    ResultUse,
    TrainModel,
)
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding
from hanse_policies.packs.at_hand import unsigned_packs

CHINA = "CN"
UNION = "EU"
EUROPEAN_ECONOMIC_AREA = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "EU", "FI", "FR", "GR", "HR", "HU", "IE"}
    | {"IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)
STRENGTH: Mapping[ExportMechanism, int] = {
    ExportMechanism.ADEQUACY: 0,
    ExportMechanism.EXEMPT: 0,
    ExportMechanism.STANDARD_CONTRACT: 1,
    ExportMechanism.CERTIFICATION: 1,
    ExportMechanism.SECURITY_ASSESSMENT: 2,
}
"""How much a mechanism takes under Chinese law, which knows no adequacy."""
CONTRACT_FROM_PERSONS = 100_000
ASSESSMENT_FROM_PERSONS = 1_000_000
ASSESSMENT_FROM_SENSITIVE = 10_000


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Look at what the law asks of assets, policies and studies."""
    for asset in documents.assets:
        if asset.document.consent.age_band is None:
            yield Finding("L06.age", asset.place("consent"), {"asset": asset.document.id})
    for policy in documents.policies:
        yield from _check_border(documents, policy)
        yield from _check_assessment(documents, policy)
        yield from _check_basis(documents, policy)
    for study in documents.studies:
        if isinstance(study.document.computation, TrainModel):
            if ResultUse.PRICE in study.document.uses:
                yield Finding("L19.price", study.place("uses"))
            elif not study.document.uses:
                yield Finding("L19.unstated", study.place("uses"))


def _check_border(documents: DocumentSet, policy: Linted[BrandPolicy]) -> Iterator[Finding]:
    charter = documents.charter_of(policy.document.alliance)
    member = documents.member_of(policy.document)
    if charter is None or member is None or not policy.document.permits:
        return
    home = _law(member.jurisdiction)
    laws = _laws_elsewhere(charter.document, policy.document.brand)
    abroad = sorted(who for who, law in laws.items() if law is not None and law != home)
    unknown = sorted(who for who, law in laws.items() if law is None)
    export = policy.document.export
    if export is not None:
        yield from _check_export(policy, export, home)
    elif home is None or (unknown and not abroad):
        whose = policy.document.brand if home is None else ", ".join(unknown)
        yield Finding("L15.place", charter.place("members"), {"whose": whose})
    elif abroad:
        details = {"home": home, "abroad": ", ".join(abroad)}
        yield Finding("L15.mechanism", policy.place("export"), details)


def _check_export(
    policy: Linted[BrandPolicy], export: Export, home: str | None
) -> Iterator[Finding]:
    if home not in {None, CHINA}:
        return
    persons, sensitive = export.persons_at_most, export.sensitive_persons_at_most
    if persons is None or sensitive is None:
        yield Finding("L15.counter", policy.place("export"))
    elif STRENGTH[export.mechanism] < _strength_needed(persons, sensitive):
        details = {"mechanism": export.mechanism.value, "persons": f"{persons:,}"}
        details["sensitive"] = f"{sensitive:,}"
        yield Finding("L15.weak", policy.place("export", "mechanism"), details)


def _strength_needed(persons: int, sensitive: int) -> int:
    if persons >= ASSESSMENT_FROM_PERSONS or sensitive >= ASSESSMENT_FROM_SENSITIVE:
        return STRENGTH[ExportMechanism.SECURITY_ASSESSMENT]
    if persons >= CONTRACT_FROM_PERSONS or sensitive > 0:
        return STRENGTH[ExportMechanism.STANDARD_CONTRACT]
    return STRENGTH[ExportMechanism.EXEMPT]


def _laws_elsewhere(charter: AllianceCharter, brand: str) -> Mapping[str, str | None]:
    """Return the law that each other party of the alliance is under."""
    laws = {m.brand: _law(m.jurisdiction) for m in charter.members if m.brand != brand}
    return laws | {"operator": _law(charter.operator.jurisdiction)}


def _law(jurisdiction: str | None) -> str | None:
    """Return whose law holds at a place: a country's, or that of the European Union."""
    if jurisdiction is None:
        return None
    country = jurisdiction.partition("-")[0]
    return UNION if country in EUROPEAN_ECONOMIC_AREA else country


def _check_assessment(documents: DocumentSet, policy: Linted[BrandPolicy]) -> Iterator[Finding]:
    assessment = policy.document.assessment
    if assessment is None:
        if policy.document.permits:
            yield Finding("L16.missing", policy.place("assessment"))
        return
    if assessment.dated > policy.document.active_from:
        yield Finding("L16.late", policy.place("assessment", "dated"))
    before = documents.predecessor_of(policy.document)
    if policy.document.supersedes is not None and before is None:
        yield Finding("L16.unknown", policy.place("supersedes"))
    if before is None or before.id != policy.document.id:
        return
    is_same = before.assessment is not None and before.assessment.digest == assessment.digest
    charter = documents.charter_of(policy.document.alliance)
    pins = () if charter is None else charter.document.packs
    own = (*before.packs, *policy.document.packs)
    packs = PacksInPlay(pins, unsigned_packs((), (*pins, *own)))
    if compare_versions(before, policy.document, packs).direction.may_loosen and (
        is_same or assessment.dated <= before.active_from
    ):
        details = {"version": policy.document.version, "before": before.version}
        yield Finding("L16.older", policy.place("assessment", "dated"), details)


def _check_basis(documents: DocumentSet, policy: Linted[BrandPolicy]) -> Iterator[Finding]:
    if ConsentBasis.LEGITIMATE_INTEREST not in policy.document.consent.bases:
        return
    member = documents.member_of(policy.document)
    home = None if member is None else _law(member.jurisdiction)
    if home in {None, CHINA}:
        yield Finding("L17.interest", policy.place("consent", "bases"))
