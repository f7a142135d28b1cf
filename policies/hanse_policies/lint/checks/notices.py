"""Whether persons were told what the policy permits, and how to say no.

Rules: the newest notice for a purpose counts, which is the last one that names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.documents import (
    BrandPolicy,
    Notice,
    Permit,
    Purpose,
    ResultUse,
    SeparateConsent,
)
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding

FELT = frozenset({ResultUse.AUDIENCE_SELECTION, ResultUse.OFFER, ResultUse.PRICE})
"""The uses of a result that a person feels."""


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Hold each permit against the newest notice for its purpose."""
    for policy, index, permit in documents.permits():
        notice = _newest(policy.document, permit.purpose)
        yield from _check_notice(policy, index, permit, notice)
        if _is_felt(documents, policy, permit) and (notice is None or notice.objection is None):
            place = policy.place("permits", index, "purpose")
            yield Finding("L18.objection", place, {"purpose": permit.purpose})


def _check_notice(
    policy: Linted[BrandPolicy], index: int, permit: Permit, notice: Notice | None
) -> Iterator[Finding]:
    if notice is None:
        place = policy.place("permits", index, "purpose")
        yield Finding("L04.purpose", place, {"purpose": permit.purpose})
    else:
        for at, recipient in enumerate(permit.recipients):
            if recipient not in notice.recipients:
                place = policy.place("permits", index, "recipients", at)
                details = {"recipient": recipient, "notice": notice.version}
                yield Finding("L14.recipient", place, details)
    asked = () if notice is None else notice.separate_consents
    for at, column in enumerate(permit.columns):
        if column.sensitive and SeparateConsent.SENSITIVE_DATA not in asked:
            place = policy.place("permits", index, "columns", at)
            details = {"column": column.name, "purpose": permit.purpose}
            yield Finding("L05.separate", place, details)


def _newest(policy: BrandPolicy, purpose: Purpose) -> Notice | None:
    return next((n for n in reversed(policy.notices) if purpose in n.purposes), None)


def _is_felt(documents: DocumentSet, policy: Linted[BrandPolicy], permit: Permit) -> bool:
    studies = documents.studies_of(policy.document, permit)
    return permit.purpose is Purpose.PERSONALISED_MARKETING or any(
        not FELT.isdisjoint(study.document.uses) for study in studies
    )
