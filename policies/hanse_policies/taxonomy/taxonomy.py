"""One version of a taxonomy: its terms by word, read when it is first used and then kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from hanse_policies.errors import UnknownTaxonomyError, UnknownTermError
from hanse_policies.taxonomy.pins import TaxonomyPin
from hanse_policies.taxonomy.reading import read_shipped
from hanse_policies.taxonomy.terms import Provenance, Relation, Term, TermKind

MAXIMUM_SHOWN = 64
NEAREST = 3
"""How many of the nearest words an error names."""


@dataclass(frozen=True, slots=True, eq=False)
class Taxonomy:
    """The words of one version, and which term stands within which.

    Attributes:
        pin: The version.
        provenance: Where it comes from.
        terms: All terms: the standard's, by name, then Hanse's narrower words.
    """

    pin: TaxonomyPin
    provenance: Provenance
    terms: tuple[Term, ...]
    _by_word: Mapping[str, Term] = field(repr=False)
    _lines: Mapping[str, frozenset[str]] = field(repr=False)

    @classmethod
    def load(cls, pin: str) -> Taxonomy:
        """Return a version; it is read once a process.

        Args:
            pin: As a document writes it: `dpv-2.3`.

        Raises:
            UnknownTaxonomyError: No such version ships.
            TaxonomyDataError: The installation is damaged.
        """
        try:
            known = TaxonomyPin(pin)
        except ValueError as error:
            raise _unknown_taxonomy(pin) from error
        return _read(known)

    def find(self, word: str, kind: TermKind) -> Term | None:
        """Find the term of a word, or None where it is no word for this kind."""
        term = self._by_word.get(word)
        return term if term is not None and term.kind is kind else None

    def resolve(self, word: str, kind: TermKind | None = None) -> Term:
        """Return the term that a word stands for.

        Args:
            word: As a document writes it: `personalised-marketing`.
            kind: What it must be a word for; None takes a word of any kind.

        Raises:
            UnknownTermError: It is no such word; the error names the nearest ones.
        """
        term = self._by_word.get(word)
        if term is None or (kind is not None and term.kind is not kind):
            raise self._unknown_term(word, kind)
        return term

    def words(self, kind: TermKind | None = None) -> tuple[str, ...]:
        """List the words that documents may use, sorted; of one kind, or of all."""
        terms = self._by_word.items()
        return tuple(sorted(word for word, term in terms if kind is None or term.kind is kind))

    def is_within(self, inner: Term, outer: Term) -> bool:
        """Tell whether a term is another one, or stands below it.

        A narrower word stands within nothing but itself; `Relation` says why.

        Args:
            inner: A term of this taxonomy.
            outer: A term of this taxonomy.
        """
        if Relation.NARROWER in (inner.relation, outer.relation):
            return inner == outer
        return outer.name in self._lines.get(inner.name, ())

    def _unknown_term(self, word: str, kind: TermKind | None) -> UnknownTermError:
        nearest = _nearest(word, self.words(kind))
        what = "term" if kind is None else kind.value.replace("-", " ")
        return UnknownTermError(
            f"expected a word for a {what} in taxonomy {self.pin}, got {_shown(word)}; "
            f"{_advice(nearest)}",
            nearest=nearest,
        )


@cache
def _read(pin: TaxonomyPin) -> Taxonomy:
    data = read_shipped(pin)
    by_word = {term.word: term for term in data.terms if term.word is not None}
    return Taxonomy(pin, data.provenance, data.terms, by_word, data.lines)


def _unknown_taxonomy(pin: str) -> UnknownTaxonomyError:
    nearest = _nearest(pin, TaxonomyPin)
    known = ", ".join(TaxonomyPin)
    return UnknownTaxonomyError(
        f"expected a taxonomy that ships ({known}), got {_shown(pin)}; {_advice(nearest)}",
        nearest=nearest,
    )


def _nearest(text: str, known: Iterable[str]) -> tuple[str, ...]:
    words = [str(word) for word in known]
    return tuple(difflib.get_close_matches(text[:MAXIMUM_SHOWN], words, n=NEAREST, cutoff=0.5))


def _advice(nearest: tuple[str, ...]) -> str:
    if not nearest:
        return "see docs/reference/vocabulary.md for all of them"
    return f"did you mean {' or '.join(f'`{word}`' for word in nearest)}"


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    return f"`{plain}`" if len(plain) <= MAXIMUM_SHOWN else f"`{plain[:MAXIMUM_SHOWN]}...`"
