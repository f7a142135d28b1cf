"""The form of a taxonomy's file: where it comes from, then a term a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileTerm:
    """A term as it is written down.

    Attributes:
        name: The standard's own name.
        kind: `purpose`, `legal-basis` or `data-category`.
        word: What documents write; None where they may not name it.
        parents: Names of the terms next above, sorted.
        since: The version it first appeared in, of those that were read.
    """

    name: str
    kind: str
    word: str | None
    parents: tuple[str, ...]
    since: str


@dataclass(frozen=True, slots=True)
class FileTaxonomy:
    """One version of a standard.

    Attributes:
        pin: What documents name it by.
        header: Title, version, source and licence, in the order of the file.
        terms: The terms, sorted by name.
        narrower: Hanse's words for a use within a term: the term's name by word.
    """

    pin: str
    header: Mapping[str, str | None]
    terms: tuple[FileTerm, ...]
    narrower: Mapping[str, str]


def file_text(taxonomy: FileTaxonomy) -> str:
    """Write a taxonomy as JSON that a person can read and compare line by line."""
    lines = [f'  "pin": {_json(taxonomy.pin)},']
    lines += [f"  {_json(name)}: {_json(value)}," for name, value in taxonomy.header.items()]
    narrower = [f"    {_json(word)}: {_json(name)}" for word, name in taxonomy.narrower.items()]
    lines += [f'  "narrower": {_block("{", narrower, "}")},']
    terms = [
        f"    {_json([term.name, term.kind, term.word, list(term.parents), term.since])}"
        for term in sorted(taxonomy.terms, key=lambda term: term.name)
    ]
    lines += ['  "columns": ["name", "kind", "word", "parents", "since"],']
    lines += [f'  "terms": {_block("[", terms, "]")}']
    return "\n".join(["{", *lines, "}"]) + "\n"


def _block(opening: str, lines: list[str], closing: str) -> str:
    return "\n".join([opening, ",\n".join(lines), f"  {closing}"]) if lines else opening + closing


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
