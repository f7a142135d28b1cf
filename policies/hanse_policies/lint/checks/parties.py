"""Who declares, approves and shares: columns, approvals, budgets, the consent register."""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.canonical import digest
from hanse_policies.documents import BrandPolicy, DataAsset, Study
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding, RemoveItem, SetValue
from hanse_policies.rules.columns import uses

MOST_HOURS = 24


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Look at what parties declare to each other."""
    yield from _check_declared(documents)
    for study in documents.studies:
        for policy in documents.policies_of(study.document):
            yield from _check_undeclared(study, policy.document)
    yield from _check_budgets(documents)
    yield from _check_approvals(documents)
    for asset in documents.assets:
        yield from _check_alone(asset)
    for policy in documents.policies:
        yield from _check_alone(policy)
        hours = policy.document.consent.max_age_hours
        if hours > MOST_HOURS:
            path = ("consent", "max_age_hours")
            details = {"hours": str(hours), "most": str(MOST_HOURS)}
            yield Finding("L31.hours", policy.place(*path), details, SetValue(path, MOST_HOURS))


def _check_declared(documents: DocumentSet) -> Iterator[Finding]:
    for policy, index, permit in documents.permits():
        has_asset = documents.asset_of(policy.document, permit) is not None
        listed = documents.columns_of(policy.document, permit)
        studies = documents.studies_of(policy.document, permit)
        used = {name for study in studies for name in study.document.columns()}
        for at, column in enumerate(permit.columns):
            path = ("permits", index, "columns", at)
            details = {"column": column.name, "purpose": permit.purpose.value}
            if has_asset and column.name not in listed:
                details["asset"] = permit.asset
                yield Finding("L09.unlisted", policy.place(*path), details)
            elif studies and column.name not in used:
                yield Finding("L09.unused", policy.place(*path), details, RemoveItem(path))


def _check_undeclared(study: Linted[Study], policy: BrandPolicy) -> Iterator[Finding]:
    meant = (study.document.purpose, study.document.asset)
    permits = [p for p in policy.permits if (p.purpose, p.asset) == meant]
    declared = {name for permit in permits for name in permit.column_names}
    for name, _, path in uses(study.document) if permits else ():
        if name not in declared:
            details = {"column": name, "brand": policy.brand, "purpose": study.document.purpose}
            yield Finding("L09.undeclared", study.place(*path), details)


def _check_budgets(documents: DocumentSet) -> Iterator[Finding]:
    """Find a purpose for which one brand gives an alliance two budgets."""
    first: dict[tuple[str, str, str], str] = {}
    for policy in documents.policies:
        document = policy.document
        for index, budget in enumerate(document.budgets):
            key = (document.alliance, document.brand, budget.purpose)
            other = first.setdefault(key, document.id)
            if other != document.id:
                details = {"brand": document.brand, "purpose": budget.purpose, "other": other}
                yield Finding("L23.twice", policy.place("budgets", index), details)


def _check_approvals(documents: DocumentSet) -> Iterator[Finding]:
    authors: dict[str, str | None] = {}
    if documents.approvals:
        authors = {digest(policy.document): policy.document.author for policy in documents.policies}
        authors |= {digest(asset.document): asset.document.author for asset in documents.assets}
    for approval in documents.approvals:
        who = approval.document.approver
        if authors.get(approval.document.document) == who:
            yield Finding("L30.approver", approval.place("approver"), {"who": who})


def _check_alone(linted: Linted[BrandPolicy] | Linted[DataAsset]) -> Iterator[Finding]:
    """Ask whether a first version can be approved without its author's own word."""
    document = linted.document
    if document.supersedes is not None:
        return
    others = {a.role for a in document.approvers if a.id != document.author}
    if len(others) < document.approvals.loosen:
        details = {"who": str(document.author), "needed": str(document.approvals.loosen)}
        yield Finding("L30.alone", linted.place("approvers"), details)
