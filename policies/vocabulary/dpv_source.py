"""Purposes and legal bases of the W3C Data Privacy Vocabulary, from the tables it publishes.

Rules: a term belongs to the kind that the standard types it as; of its broader
terms those of its own kind are its parents, and where none is, the concept that
it is typed as; a purpose is left out with all below it where it is no concern of
a marketing alliance; every term that is kept keeps all its ancestors.

Source: https://w3id.org/dpv, tables `<version>/dpv/dpv.csv` of github.com/w3c/dpv.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from taxonomy_file import FileTaxonomy, FileTerm

VERSIONS = ("2.0", "2.1", "2.2", "2.3")
TAG = "dpv-2.3"
"""The tag of the repository that holds the folders of all versions read."""

NAMESPACE = "https://w3id.org/dpv#"
ROOTS: Mapping[str, str] = {"Purpose": "purpose", "LegalBasis": "legal-basis"}

LEFT_OUT = frozenset(
    {"HumanResourceManagement", "OrganisationGovernance", "PublicBenefit", "VendorManagement"}
)
"""Branches of purposes about employees, the enterprise itself, the state and suppliers."""

OWN_WORDS: Mapping[str, str] = {
    # To advertise to a person by what is known of them is what scores are used for; the
    # standard's term says this, and Hanse's word has been in documents since before.
    "PersonalisedAdvertising": "personalised-marketing",
}
"""Words that stand for a term in place of its own name."""

NARROWER: Mapping[str, str] = {
    # Figures about a brand's audience, for its own decisions; nobody is singled out. The
    # standard's nearest term is research in a company. `Marketing` would be wrong: below it
    # stands advertising to single persons, which such a consent never meant.
    "audience-analytics": "CommercialResearch",
    # Each brand gives insights into its own persons and gets the joint figure in return. The
    # standard calls this to sell, and by that means any exchange for a direct or indirect
    # return. A milder term would hide that others learn the figure.
    "cross-brand-measurement": "SellInsightsFromData",
    # The standard has no purpose for the training of a model; its AI extension has
    # techniques and stages alone. To develop a new method or service is what it is.
    "model-training": "ResearchAndDevelopment",
}
"""Words for a use within a term, which say less than the term does."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    kinds: tuple[str, ...]
    broader: tuple[str, ...]


def read(folder: Path) -> tuple[FileTaxonomy, ...]:
    """Read every version, the oldest first.

    Args:
        folder: Working tree of w3c/dpv.

    Returns:
        A taxonomy a version.
    """
    first_seen: dict[str, str] = {}
    taxonomies = []
    for version in VERSIONS:
        table = (folder / version / "dpv" / "dpv.csv").read_bytes()
        parents = _parents_by_kind(table)
        for name in (name for tree in parents.values() for name in tree):
            first_seen.setdefault(name, version)
        taxonomies.append(_taxonomy(version, table, parents, first_seen))
    return tuple(taxonomies)


def word_of(name: str) -> str:
    """Write a term's name as documents do: `ImproveInternalCRMProcesses` in kebab case."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "-", name)
    return OWN_WORDS.get(name, parts.lower())


def _taxonomy(
    version: str,
    table: bytes,
    parents: Mapping[str, Mapping[str, tuple[str, ...]]],
    first_seen: Mapping[str, str],
) -> FileTaxonomy:
    terms = tuple(
        # A consent to the concept itself would be one to everything: it has no word.
        FileTerm(name, kind, None if name in ROOTS else word_of(name), above, first_seen[name])
        for kind, tree in parents.items()
        for name, above in tree.items()
    )
    header = {
        "title": "Data Privacy Vocabulary (DPV), purposes and legal bases",
        "publisher": "W3C Data Privacy Vocabularies and Controls Community Group",
        "version": version,
        "source": f"https://github.com/w3c/dpv/blob/{TAG}/{version}/dpv/dpv.csv",
        "sha256": hashlib.sha256(table).hexdigest(),
        "licence": "W3C Software and Document License (2023), see NOTICE.md",
        "written_by": "policies/vocabulary/write_taxonomies.py",
        "selection": f"without {', '.join(sorted(LEFT_OUT))} and what is below them",
        "namespace": NAMESPACE,
    }
    return FileTaxonomy(f"dpv-{version}", header, terms, NARROWER)


def _parents_by_kind(table: bytes) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    rows = {row.name: row for row in _rows(table)}
    return {
        kind: _without_branches({root: (), **_parents_below(root, rows)}, LEFT_OUT)
        for root, kind in ROOTS.items()
    }


def _parents_below(root: str, rows: Mapping[str, _Row]) -> dict[str, tuple[str, ...]]:
    typed = {name for name, row in rows.items() if root in row.kinds}
    return {
        name: tuple(sorted(set(rows[name].broader) & (typed | {root}))) or (root,)
        for name in sorted(typed)
    }


def _without_branches(
    parents: Mapping[str, tuple[str, ...]], branches: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Leave out terms that have a branch among themselves and their ancestors."""
    return {name: above for name, above in parents.items() if not _line(name, parents) & branches}


def _line(name: str, parents: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {name}.union(*(_line(above, parents) for above in parents[name]))


def _rows(table: bytes) -> Iterator[_Row]:
    for row in csv.DictReader(io.StringIO(table.decode("utf-8"))):
        if row["type"] == "class":
            yield _Row(row["term"], _names(row["dpvtype"]), _names(row["hasbroader"]))


def _names(cell: str) -> tuple[str, ...]:
    """Read a cell of IRIs as local names, those of other namespaces left out."""
    iris = cell.split(";")
    return tuple(iri.removeprefix(NAMESPACE) for iri in iris if iri.startswith(NAMESPACE))
