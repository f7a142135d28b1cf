"""The questions about parties, notices, grounds and releases, as functions of the facts."""

from __future__ import annotations

from typing import assert_never

from hanse_policies.documents import AgeBand, BrandId, ConsentBasis, ResultUse
from hanse_policies.documents.asset import StatedAgeBand
from hanse_policies.documents.legal_test import (
    AgeKnown,
    AssessmentBefore,
    BasisIn,
    CharterAgreed,
    ConsentFreshWithin,
    ExportBelow,
    ExportMechanismIn,
    FlowAtLeast,
    HandlerReceives,
    NoticeCovers,
    NoticePart,
    ObjectionOffered,
    PurposeIn,
    RecipientsAtHome,
    ReleaseIn,
    ResultUsedFor,
    RetentionAtMost,
    SeparateConsentAsked,
)
from hanse_policies.packs.column_questions import Question
from hanse_policies.packs.legal_facts import LegalFacts
from hanse_policies.packs.lists import Answer, all_answers

NoticeTest = NoticeCovers | ObjectionOffered | SeparateConsentAsked
BorderTest = RecipientsAtHome | ExportMechanismIn | ExportBelow | HandlerReceives
StudyTest = PurposeIn | ReleaseIn | FlowAtLeast | RetentionAtMost | ResultUsedFor
BrandTest = AgeKnown | AssessmentBefore | BasisIn | CharterAgreed | ConsentFreshWithin


def question(
    test: NoticeTest | BorderTest | StudyTest | BrandTest, territory: tuple[str, ...]
) -> Question:
    """Turn a test into a function.

    Args:
        test: The test.
        territory: Within which data crosses no border.
    """
    if isinstance(test, NoticeTest):
        return _notice_question(test)
    if isinstance(test, BorderTest):
        return _border_question(test, frozenset(territory))
    return _study_question(test) if isinstance(test, StudyTest) else _brand_question(test)


def _study_question(test: StudyTest) -> Question:
    match test:
        case PurposeIn():
            return lambda facts: facts.study.purpose in test.purposes
        case ReleaseIn():
            return lambda facts: facts.form in test.forms
        case FlowAtLeast():
            return lambda facts: facts.flow >= test.label
        case RetentionAtMost():
            return lambda facts: _retention_at_most(facts, test.days)
        case ResultUsedFor():
            uses = frozenset(test.uses)
            return lambda facts: _used_for(facts, uses)
        case _:
            assert_never(test)


def _brand_question(test: BrandTest) -> Question:
    match test:
        case AgeKnown():
            return _is_age_known
        case AssessmentBefore():
            return _assessment_before
        case BasisIn():
            bases = frozenset[ConsentBasis](test.bases)
            return lambda facts: bases.issuperset(facts.policy.consent.bases)
        case CharterAgreed():
            return _charter_agreed
        case ConsentFreshWithin():
            return lambda facts: facts.policy.consent.max_age_hours <= test.hours
        case _:
            assert_never(test)


def _notice_question(test: NoticeTest) -> Question:
    """Turn a test into a function of what every notice whose consents count says.

    One that does not say it decides; else one that nobody described leaves it open.
    """
    match test:
        case NoticeCovers(part=NoticePart.PURPOSE):
            return lambda facts: (
                None
                if (common := facts.policy.common_notice) is None
                else facts.study.purpose in common.purposes and common.is_certain
            )
        case NoticeCovers():
            return lambda facts: (
                None
                if (common := facts.policy.common_notice) is None
                else common.recipients.issuperset(facts.study.recipients) and common.is_certain
            )
        case SeparateConsentAsked():
            asked = test.consent
            return lambda facts: (
                None
                if (common := facts.policy.common_notice) is None
                else asked in common.separate_consents and common.is_certain
            )
        case ObjectionOffered():
            return lambda facts: (
                None
                if (common := facts.policy.common_notice) is None
                else common.offers_objection and common.is_certain
            )
        case _:
            assert_never(test)


def _border_question(test: BorderTest, home: frozenset[str]) -> Question:
    match test:
        case RecipientsAtHome():
            return lambda facts: all_answers([_is_within(place, home) for place in facts.places])
        case HandlerReceives():
            return lambda facts: facts.study.recipients != (facts.policy.brand,)
        case ExportMechanismIn():
            return lambda facts: (
                None
                if facts.policy.export is None
                else facts.policy.export.mechanism in test.mechanisms
            )
        case ExportBelow():
            return lambda facts: _export_below(facts, test)
        case _:
            assert_never(test)


def _is_age_known(facts: LegalFacts) -> Answer:
    """Tell whether the register knows ages, and the policy leaves out who is too young."""
    band = facts.asset.consent.age_band
    if band is None or (isinstance(band, StatedAgeBand) and band.constant is AgeBand.UNKNOWN):
        return None
    return facts.policy.consent.minors is not None


def _is_within(place: str | None, home: frozenset[str]) -> Answer:
    if place is None:
        return None
    return place in home or place.partition("-")[0] in home


def _export_below(facts: LegalFacts, test: ExportBelow) -> Answer:
    export = facts.policy.export
    if export is None:
        return None
    every, sensitive = export.persons_at_most, export.sensitive_persons_at_most
    return all_answers(
        (
            None if every is None else every < test.persons,
            None if sensitive is None else sensitive < test.sensitive_persons,
        )
    )


def _assessment_before(facts: LegalFacts) -> Answer:
    assessment = facts.policy.assessment
    if assessment is None:
        return None
    return facts.policy.is_assessed_first and assessment.dated <= facts.now


def _charter_agreed(facts: LegalFacts) -> Answer:
    member = facts.charter.member(BrandId(facts.policy.brand))
    return True if member is not None and facts.is_charter_signed else None


def _retention_at_most(facts: LegalFacts, days: int | None) -> Answer:
    if facts.permit is None:
        return None
    asked = facts.study.retention_days
    agreed = min(facts.charter.limits.retention_days, facts.permit.retention_days)
    return asked <= agreed and (days is None or asked <= days)


def _used_for(facts: LegalFacts, uses: frozenset[ResultUse]) -> Answer:
    if not facts.study.uses:
        return None
    return not uses.isdisjoint(facts.study.uses)
