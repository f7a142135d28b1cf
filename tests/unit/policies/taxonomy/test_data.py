"""The data that ships is a tree, never changes, and is what its sources say."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hanse_policies.taxonomy import Relation, Taxonomy, TaxonomyPin, Term, TermKind

ROOT = Path(__file__).parents[4]
DATA = ROOT / "policies" / "hanse_policies" / "taxonomy" / "data"
WRITER = ROOT / "policies" / "vocabulary" / "write_taxonomies.py"
SOURCES = os.environ.get("HANSE_VOCABULARY_SOURCES")
"""A folder with `dpv`, the working tree of w3c/dpv, and the wheel of fideslang."""

ROOTS = {
    TermKind.PURPOSE: {"Purpose"},
    TermKind.LEGAL_BASIS: {"LegalBasis"},
    TermKind.DATA_CATEGORY: {"user", "system"},
}
TREES = {
    "dpv-2.0": "7c1fa3fef42dc4ef9b2c779b018266a4d8499587041f0bda69a03ffed8d927f4",
    "dpv-2.1": "f57cf1d881fc29da3bf8ede45d1c0b12e4360121e290d9eb989a9b736993bec7",
    "dpv-2.2": "34161d21a02dcee1b2b6c35b63cea63852cbd45ad60bd1d0c7426e8080de1f95",
    "dpv-2.3": "463bf83e285e3b8f35bf70bc2844c5485d78e91c9e953abf4010301a46197f8f",
    "fideslang-3.1.4": "5120674a47a3a610b79facaf1e441d82abc959e2dff8016e814576b6454fe9ca",
}
"""Digest of each version's tree: consents were given in it, so it must not change."""


def standard(taxonomy: Taxonomy) -> dict[str, Term]:
    return {term.name: term for term in taxonomy.terms if term.relation is Relation.EXACT}


def paths_up(
    terms: dict[str, Term], name: str, seen: tuple[str, ...] = ()
) -> list[tuple[str, ...]]:
    """List every way from a term to a top; fail on one that comes back to itself."""
    assert name not in seen
    ways = [paths_up(terms, parent, (*seen, name)) for parent in terms[name].parents]
    return [way for several in ways for way in several] or [(*seen, name)]


def tree_digest(taxonomy: Taxonomy) -> str:
    lines = [
        json.dumps([term.name, term.kind, term.word, term.parents])
        for term in sorted(standard(taxonomy).values(), key=lambda term: term.name)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_every_file_has_a_pin_and_every_pin_a_file() -> None:
    assert {path.stem for path in DATA.glob("*.json")} == set(TaxonomyPin)


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_every_way_up_ends_at_the_top_of_its_kind(pin: TaxonomyPin) -> None:
    terms = standard(Taxonomy.load(pin))
    for name, term in terms.items():
        assert {way[-1] for way in paths_up(terms, name)} <= ROOTS[term.kind]


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_a_parent_is_of_the_same_kind(pin: TaxonomyPin) -> None:
    terms = standard(Taxonomy.load(pin))
    pairs = [(term, terms[parent]) for term in terms.values() for parent in term.parents]
    assert [child.name for child, parent in pairs if child.kind is not parent.kind] == []


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_a_term_has_one_word_and_a_word_one_meaning(pin: TaxonomyPin) -> None:
    taxonomy = Taxonomy.load(pin)
    words = [term.word for term in taxonomy.terms if term.word]
    assert sorted(words) == sorted(set(words)) == list(taxonomy.words())
    without = {term.name for term in taxonomy.terms if not term.word}
    assert without == ({"Purpose", "LegalBasis"} if pin.startswith("dpv") else set())


def test_a_term_keeps_its_word_from_version_to_version() -> None:
    words: dict[str, str | None] = {}
    for pin in TaxonomyPin:
        for name, term in standard(Taxonomy.load(pin)).items():
            assert words.setdefault(name, term.word) == term.word


@pytest.mark.parametrize(
    ("pin", "purposes", "legal_bases", "categories"),
    [
        ("dpv-2.0", 71, 24, 0),
        ("dpv-2.1", 69, 50, 0),
        ("dpv-2.2", 69, 50, 0),
        ("dpv-2.3", 72, 50, 0),
        ("fideslang-3.1.4", 0, 0, 85),
    ],
)
def test_a_version_holds_what_it_did(
    pin: str, purposes: int, legal_bases: int, categories: int
) -> None:
    taxonomy = Taxonomy.load(pin)
    kinds = [t.kind for t in taxonomy.terms if t.word and t.relation is Relation.EXACT]
    counts = tuple(
        map(kinds.count, (TermKind.PURPOSE, TermKind.LEGAL_BASIS, TermKind.DATA_CATEGORY))
    )
    assert counts == (purposes, legal_bases, categories)


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_a_tree_that_shipped_never_changes(pin: TaxonomyPin) -> None:
    assert tree_digest(Taxonomy.load(pin)) == TREES[pin]


@pytest.mark.parametrize("pin", TaxonomyPin)
def test_a_version_says_where_it_comes_from(pin: TaxonomyPin) -> None:
    provenance = Taxonomy.load(pin).provenance
    assert pin.endswith(f"-{provenance.version}")
    assert provenance.source.startswith("https://")
    assert len(provenance.sha256) == 64
    assert provenance.licence.endswith(", see NOTICE.md")


def test_the_notice_names_both_standards_and_their_licences() -> None:
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    for words in ("Data Privacy Vocabulary (DPV)", "software-license-2023", "fideslang 3.1.4"):
        assert words in notice
    assert "The full text of this NOTICE" in notice


@pytest.mark.skipif(SOURCES is None, reason="HANSE_VOCABULARY_SOURCES names no folder of sources")
def test_the_data_is_what_the_sources_say() -> None:
    folder = Path(SOURCES or "")
    (wheel,) = folder.glob("fideslang-*.whl")
    done = subprocess.run(
        [sys.executable, WRITER, "--dpv", folder / "dpv", "--fideslang", wheel, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
