"""Whether the words of the documents have one meaning, and claim no more than is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hanse_policies.documents import BrandPolicy, FlowLabel
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import AddField, Finding, Place
from hanse_policies.taxonomy import Taxonomy, TaxonomyPin, TermKind

FAMILIES = {TermKind.PURPOSE: "dpv-", TermKind.DATA_CATEGORY: "fideslang-"}
CLAIM = re.compile(
    r"(?<!not )(?<!never )(?<!\w)(?:anonymous|anonymously|anonymi[sz]ed|anonymity)(?!\w)"
    r"|(?<!非)(?<!不)匿名",
    re.IGNORECASE,
)


def check(documents: DocumentSet) -> Iterator[Finding]:
    """Look at the vocabulary that is pinned, and at claims of anonymity."""
    for policy in documents.policies:
        yield from _check_pins(documents, policy)
    for place, text in _texts(documents):
        claim = CLAIM.search(text)
        if claim is not None:
            yield Finding("L28.claim", place, {"word": claim.group()})
    for policy, index, permit in documents.permits():
        if permit.least_protection is FlowLabel.CLAIMED_ANONYMOUS:
            place = policy.place("permits", index, "least_protection")
            yield Finding("L28.label", place, {"word": permit.least_protection.value})


def _check_pins(documents: DocumentSet, policy: Linted[BrandPolicy]) -> Iterator[Finding]:
    pins = policy.document.taxonomies
    missing = [
        kind for kind, family in FAMILIES.items() if not any(p.startswith(family) for p in pins)
    ]
    if missing:
        newest = [[p for p in TaxonomyPin if p.startswith(f)][-1] for f in FAMILIES.values()]
        yield Finding(
            "L03.unpinned",
            policy.place("taxonomies"),
            {"kinds": " / ".join(FAMILIES[kind].rstrip("-") for kind in missing)},
            None if pins else AddField(f"taxonomies: [{', '.join(newest)}]"),
        )
    for place, word, kind in _vocabulary(documents, policy):
        pinned = [pin for pin in pins if pin.startswith(FAMILIES[kind])]
        if pinned and not any(Taxonomy.load(pin).find(word, kind) for pin in pinned):
            yield Finding("L03.word", place, {"word": word, "pin": ", ".join(pinned)})


def _vocabulary(
    documents: DocumentSet, policy: Linted[BrandPolicy]
) -> Iterator[tuple[Place, str, TermKind]]:
    for index, permit in enumerate(policy.document.permits):
        yield policy.place("permits", index, "purpose"), permit.purpose, TermKind.PURPOSE
    for asset in documents.assets_of(policy.document):
        for index, column in enumerate(asset.document.columns):
            place = asset.place("columns", index, "category")
            yield place, column.category, TermKind.DATA_CATEGORY


def _texts(documents: DocumentSet) -> Iterator[tuple[Place, str]]:
    for study in documents.studies:
        yield study.place("title"), study.document.title
        for index, threshold in enumerate(study.document.thresholds):
            yield study.place("thresholds", index, "figure"), threshold.figure
    for asset in documents.assets:
        for index, column in enumerate(asset.document.columns):
            yield asset.place("columns", index, "description"), column.description
    for policy, index, permit in documents.permits():
        for at, permitted in enumerate(permit.columns):
            place = policy.place("permits", index, "columns", at, "necessity")
            yield place, permitted.necessity
