"""Read the data of a taxonomy that ships, and check that it is a tree that can be trusted.

Rules: a parent is a term of the same kind; nothing is its own ancestor; a word
stands for one thing and a term has one word. Data that breaks a rule comes from
a damaged installation, and nothing of it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import NoReturn

from hanse_policies.errors import TaxonomyDataError
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_policies.taxonomy.terms import Provenance, Relation, Term, TermKind

PROVENANCE = ("title", "publisher", "version", "source", "sha256", "licence", "selection")


@dataclass(frozen=True, slots=True)
class TaxonomyData:
    """What one file holds.

    Attributes:
        provenance: Where it comes from.
        terms: The standard's terms in the order of the file, then the narrower words.
        lines: For the name of each of the standard's terms, itself and all its ancestors.
    """

    provenance: Provenance
    terms: tuple[Term, ...]
    lines: Mapping[str, frozenset[str]]


def read_shipped(pin: TaxonomyPin) -> TaxonomyData:
    """Read the data of one version from the package.

    Raises:
        TaxonomyDataError: The file is missing or damaged.
    """
    path = files("hanse_policies.taxonomy") / "data" / f"{pin}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyDataError(_damaged(pin, "its file cannot be read")) from error
    return parse_data(text, pin)


def parse_data(text: str, pin: TaxonomyPin) -> TaxonomyData:
    """Turn the text of a file into terms.

    Args:
        text: JSON, as `policies/vocabulary/write_taxonomies.py` writes it.
        pin: The version that it must be.

    Raises:
        TaxonomyDataError: It is not that, or it is no tree.
    """
    try:
        data = json.loads(text)
        found = data["pin"]
        standard = tuple(_standard_terms(data["terms"], data["namespace"]))
        terms = (*standard, *_narrower_terms(data["narrower"], standard))
        provenance = Provenance(*(data[name] for name in PROVENANCE))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TaxonomyDataError(_damaged(pin, "its file has another form")) from error
    if found != pin:
        _refuse(pin, "its file holds another version")
    _check_words(terms, pin)
    return TaxonomyData(provenance, terms, _lines(terms, pin))


def _standard_terms(rows: Sequence[Sequence[str]], namespace: str | None) -> Iterator[Term]:
    for name, kind, word, parents, since in rows:
        iri = f"{namespace}{name}" if namespace else None
        yield Term(word, name, iri, TermKind(kind), Relation.EXACT, tuple(parents), since)


def _narrower_terms(words: Mapping[str, str], standard: Sequence[Term]) -> Iterator[Term]:
    within = {term.name: term for term in standard}
    for word, name in words.items():
        term = within[name]
        yield Term(word, name, term.iri, term.kind, Relation.NARROWER, (name,), term.since)


def _check_words(terms: Sequence[Term], pin: TaxonomyPin) -> None:
    words = [term.word for term in terms if term.word is not None]
    names = [term.name for term in terms if term.relation is Relation.EXACT]
    if len(set(words)) != len(words) or len(set(names)) != len(names):
        _refuse(pin, "a word or term stands in it twice")


def _lines(terms: Sequence[Term], pin: TaxonomyPin) -> Mapping[str, frozenset[str]]:
    """Collect the ancestors of every term, parents before children."""
    waiting = {term.name: term for term in terms if term.relation is Relation.EXACT}
    kinds = {name: term.kind for name, term in waiting.items()}
    lines: dict[str, frozenset[str]] = {}
    while waiting:
        ready = [term for term in waiting.values() if all(up in lines for up in term.parents)]
        if not ready:
            _refuse(pin, "a term is its own ancestor, or its parent is missing")
        for term in ready:
            if any(kinds[up] is not term.kind for up in term.parents):
                _refuse(pin, "a term and its parent are of different kinds")
            lines[term.name] = frozenset({term.name}).union(*(lines[up] for up in term.parents))
            del waiting[term.name]
    return lines


def _refuse(pin: TaxonomyPin, fault: str) -> NoReturn:
    raise TaxonomyDataError(_damaged(pin, fault))


def _damaged(pin: TaxonomyPin, fault: str) -> str:
    return f"expected the data of taxonomy {pin} as it ships, got none: {fault}; reinstall hanse"
