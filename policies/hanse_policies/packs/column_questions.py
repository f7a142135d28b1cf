"""The questions about the columns that a study reads, each as a function of the facts.

What is asked of each column is asked of the categories of those that would fail: none of
them may be on the list, and of a category that nobody can place, nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable

from hanse_policies.documents import LocationPrecision, Pseudonym
from hanse_policies.documents.asset import ColumnKind
from hanse_policies.packs.legal_facts import LegalFacts
from hanse_policies.packs.lists import Answer, Listing, denied

Question = Callable[[LegalFacts], Answer]


def category_read(listing: Listing) -> Question:
    """Ask whether a column on a list is read."""
    return lambda facts: listing.holds_any(facts.read.categories)


def sensitive_read(listing: Listing) -> Question:
    """Ask whether a column is read that is stated, or listed, to be sensitive."""

    def ask(facts: LegalFacts) -> Answer:
        return facts.read.has_sensitive or listing.holds_any(facts.read.categories)

    return ask


def sensitivity_stated(listing: Listing) -> Question:
    """Ask whether each column read that is listed is stated to be sensitive."""
    return lambda facts: denied(listing.holds_any(facts.read.ordinary_categories))


def sensitive_permitted(listing: Listing) -> Question:
    """Ask whether the permit names each sensitive column read as one."""

    def ask(facts: LegalFacts) -> Answer:
        unexcused = facts.unexcused
        if unexcused is None:
            return None
        return denied(unexcused.has_sensitive or listing.holds_any(unexcused.categories))

    return ask


def columns_permitted(facts: LegalFacts) -> Answer:
    """Ask whether the permit gives a reason for each column read."""
    return facts.are_permitted


def pseudonym_in(listing: Listing, pseudonyms: tuple[Pseudonym, ...]) -> Question:
    """Ask whether each column read that is on a list is replaced in one of these ways."""
    replaced = frozenset(pseudonyms)
    return _listed_only_as(listing, lambda kind: kind.pseudonym in replaced)


def precision_at_most(listing: Listing, precision: LocationPrecision) -> Question:
    """Ask whether each column read that is on a list is no narrower than this."""
    narrowest_first = tuple(LocationPrecision)
    coarse = frozenset(narrowest_first[narrowest_first.index(precision) :])
    return _listed_only_as(listing, lambda kind: kind.precision in coarse)


def _listed_only_as(listing: Listing, is_fitting: Callable[[ColumnKind], bool]) -> Question:
    def ask(facts: LegalFacts) -> Answer:
        if listing.holds_any(facts.read.categories) is False:
            return True
        unfitting = [
            None if kind is None else kind.category
            for kind in facts.read.kinds
            if kind is None or not is_fitting(kind)
        ]
        return denied(listing.holds_any(unfitting))

    return ask
