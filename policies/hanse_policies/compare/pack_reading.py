"""What each kind of question of a legal pack reads, as a closed table.

Rules: the table names every kind of question and every field that its answer depends on,
which a property test holds it to; a field is named as it stands in the documents. What the
other rules of a decision settle is named beside it: between two requests that pass all of
them, it never makes an answer differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from hanse_policies.documents import BrandId
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.legal_test import (
    AgeKnown,
    AssessmentBefore,
    BasisIn,
    CategoryRead,
    CharterAgreed,
    ColumnsPermitted,
    ConsentFreshWithin,
    ExportBelow,
    ExportMechanismIn,
    FlowAtLeast,
    HandlerReceives,
    NoticeCovers,
    ObjectionOffered,
    PrecisionAtMost,
    PseudonymIn,
    PurposeIn,
    RecipientsAtHome,
    ReleaseIn,
    ResultUsedFor,
    RetentionAtMost,
    SensitivePermitted,
    SensitiveRead,
    SensitivityStated,
    SeparateConsentAsked,
)
from hanse_policies.packs.legal_facts import ColumnsRead, LegalFacts


def _kinds(read: ColumnsRead, stated: str) -> frozenset[tuple[str, object] | None]:
    """Collect what is stated in one field of columns, each with the category that it is of."""
    return frozenset(
        None if kind is None else (kind.category, getattr(kind, stated)) for kind in read.kinds
    )


FIELDS: Final[Mapping[str, Callable[[LegalFacts], object]]] = {
    "study.purpose": lambda facts: facts.study.purpose,
    "study.recipients": lambda facts: facts.study.recipients,
    "study.retention_days": lambda facts: facts.study.retention_days,
    "study.uses": lambda facts: facts.study.uses,
    "study.computation": lambda facts: facts.form,
    "study.privacy.mode": lambda facts: facts.flow,
    "charter.members.brand": lambda facts: (
        facts.charter.member(BrandId(facts.policy.brand)) is not None
    ),
    "charter.members.jurisdiction": lambda facts: facts.places,
    "charter.operator.jurisdiction": lambda facts: facts.places,
    "charter.operator.signing_key": lambda facts: facts.is_charter_signed,
    "charter.limits.retention_days": lambda facts: facts.charter.limits.retention_days,
    "policy.active_from": lambda facts: facts.policy.active_from,
    "policy.assessment": lambda facts: facts.policy.assessment,
    "policy.brand": lambda facts: facts.policy.brand,
    "policy.consent.bases": lambda facts: facts.policy.consent.bases,
    "policy.consent.max_age_hours": lambda facts: facts.policy.consent.max_age_hours,
    "policy.consent.minors": lambda facts: facts.policy.consent.minors is None,
    "policy.export": lambda facts: facts.policy.export,
    "policy.consent.notices": lambda facts: facts.policy.consent.notices,
    "policy.notices": lambda facts: facts.policy.notices,
    "policy.permits.columns.name": lambda facts: facts.are_permitted,
    "policy.permits.columns.sensitive": lambda facts: (
        None if facts.unexcused is None else _kinds(facts.unexcused, "is_sensitive")
    ),
    "policy.permits.retention_days": lambda facts: facts.permit and facts.permit.retention_days,
    "asset.columns.category": lambda facts: facts.read.categories,
    "asset.columns.sensitivity": lambda facts: _kinds(facts.read, "is_sensitive"),
    "asset.columns.pseudonym": lambda facts: _kinds(facts.read, "pseudonym"),
    "asset.columns.precision": lambda facts: _kinds(facts.read, "precision"),
    "asset.consent.age_band": lambda facts: facts.asset.consent.age_band,
    "now": lambda facts: facts.now,
}
"""What stands in a field that questions read, as they read it."""

_NOTICES = ("policy.consent.notices", "policy.notices")
_LISTED = ("asset.columns.category", "asset.columns.sensitivity")
READS: Final[Mapping[type[StrictModel], frozenset[str]]] = {
    PurposeIn: frozenset({"study.purpose"}),
    CategoryRead: frozenset({"asset.columns.category"}),
    SensitivityStated: frozenset(_LISTED),
    SensitiveRead: frozenset(_LISTED),
    SensitivePermitted: frozenset({*_LISTED, "policy.permits.columns.sensitive"}),
    ColumnsPermitted: frozenset({"policy.permits.columns.name"}),
    PseudonymIn: frozenset({"asset.columns.category", "asset.columns.pseudonym"}),
    PrecisionAtMost: frozenset({"asset.columns.category", "asset.columns.precision"}),
    HandlerReceives: frozenset({"study.recipients", "policy.brand"}),
    RecipientsAtHome: frozenset({"charter.members.jurisdiction", "charter.operator.jurisdiction"}),
    ExportMechanismIn: frozenset({"policy.export"}),
    ExportBelow: frozenset({"policy.export"}),
    BasisIn: frozenset({"policy.consent.bases"}),
    NoticeCovers: frozenset({*_NOTICES, "study.purpose", "study.recipients"}),
    SeparateConsentAsked: frozenset(_NOTICES),
    ObjectionOffered: frozenset(_NOTICES),
    AgeKnown: frozenset({"asset.consent.age_band", "policy.consent.minors"}),
    ConsentFreshWithin: frozenset({"policy.consent.max_age_hours"}),
    AssessmentBefore: frozenset({"policy.assessment", "policy.active_from", "now"}),
    RetentionAtMost: frozenset(
        {
            "study.retention_days",
            "charter.limits.retention_days",
            "policy.permits.retention_days",
        }
    ),
    ReleaseIn: frozenset({"study.computation"}),
    FlowAtLeast: frozenset({"study.privacy.mode"}),
    ResultUsedFor: frozenset({"study.uses"}),
    CharterAgreed: frozenset({"charter.members.brand", "charter.operator.signing_key"}),
}
"""The fields that the answer to each kind of question depends on."""

SETTLED: Final = frozenset(
    {
        # A study that passes is kept no longer than charter and permit allow, so the answer
        # is about its own days and the test's.
        "charter.limits.retention_days",
        "policy.permits.retention_days",
        # All columns of a study that passes are in the permit.
        "policy.permits.columns.name",
        # The brand of a study that passes is a member of a charter that its operator signed.
        "charter.members.brand",
        "charter.operator.signing_key",
    }
)
"""Fields that the other rules settle: where these permit twice, no answer differs by them."""


def differing(names: Iterable[str], one: LegalFacts, other: LegalFacts) -> frozenset[str]:
    """Name the fields, of those given, in which questions find something else."""
    return frozenset(name for name in names if FIELDS[name](one) != FIELDS[name](other))
