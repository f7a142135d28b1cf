"""What a taxonomy is made of: terms with a place in a tree, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TermKind(StrEnum):
    """What a term is a name for; terms of different kinds never cover each other."""

    PURPOSE = "purpose"
    LEGAL_BASIS = "legal-basis"
    DATA_CATEGORY = "data-category"


class Relation(StrEnum):
    """How a word stands to the standard's term.

    `exact`: the word is the term.
    `narrower`: the word is a use within the term, Hanse's own, and says less than the term
    does. It gives nothing but itself, and nothing but itself gives it.
    """

    EXACT = "exact"
    NARROWER = "narrower"


@dataclass(frozen=True, slots=True)
class Term:
    """A word that documents may use, and the standard's term behind it.

    Attributes:
        word: What a document writes; None where none may: the top of a tree of purposes
            or legal bases, since a consent to every purpose is a consent to none.
        name: The standard's name of the term: an IRI's local name, or a dotted key.
        iri: The term's IRI; None where the standard gives none.
        kind: What it is a name for.
        relation: Whether the word is the term, or a use within it.
        parents: Names of the terms next above, sorted; of a narrower word, its term.
        since: The version that the term first appeared in, of those whose data ships
            (fideslang: that it says itself); the oldest one means that or earlier.
    """

    word: str | None
    name: str
    iri: str | None
    kind: TermKind
    relation: Relation
    parents: tuple[str, ...]
    since: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the data of a taxonomy comes from.

    Attributes:
        title: What it is.
        publisher: Whose it is.
        version: The standard's version.
        source: Address of the file it was taken from.
        sha256: Digest of that file.
        licence: What it is licensed under.
        selection: Which of its terms were taken.
    """

    title: str
    publisher: str
    version: str
    source: str
    sha256: str
    licence: str
    selection: str
