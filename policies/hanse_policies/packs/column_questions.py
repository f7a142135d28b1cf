"""The questions about the columns that a study reads, each as a function of the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hanse_policies.documents import LocationPrecision, Pseudonym
from hanse_policies.packs.legal_facts import ColumnProfile, LegalFacts
from hanse_policies.packs.lists import Answer, all_answers, any_answer

Question = Callable[[LegalFacts], Answer]
Listing = Mapping[str, Answer]

_COARSENESS = {precision: rank for rank, precision in enumerate(LocationPrecision)}


def category_read(listing: Listing) -> Question:
    """Ask whether a column on a list is read."""

    def ask(facts: LegalFacts) -> Answer:
        return any_answer(_is_listed(column, listing) for column in facts.columns)

    return ask


def sensitive_read(listing: Listing) -> Question:
    """Ask whether a column is read that is stated, or listed, to be sensitive."""

    def ask(facts: LegalFacts) -> Answer:
        return any_answer(_is_sensitive(column, listing) for column in facts.columns)

    return ask


def sensitivity_stated(listing: Listing) -> Question:
    """Ask whether each column read that is listed is stated to be sensitive."""

    def judge(column: ColumnProfile | None) -> Answer:
        if column is not None and column.is_sensitive:
            return True
        listed = _is_listed(column, listing)
        return None if listed is None else not listed

    def ask(facts: LegalFacts) -> Answer:
        return all_answers(map(judge, facts.columns))

    return ask


def sensitive_permitted(listing: Listing) -> Question:
    """Ask whether the permit names each sensitive column read as one."""

    def judge(column: ColumnProfile | None) -> Answer:
        if column is not None and column.is_excused:
            return True
        sensitive = _is_sensitive(column, listing)
        return None if sensitive is None else not sensitive

    def ask(facts: LegalFacts) -> Answer:
        if facts.permit is None:
            return None
        return all_answers(map(judge, facts.columns))

    return ask


def columns_permitted(facts: LegalFacts) -> Answer:
    """Ask whether the permit gives a reason for each column read."""
    return facts.are_permitted


def pseudonym_in(listing: Listing, pseudonyms: tuple[Pseudonym, ...]) -> Question:
    """Ask whether each column read that is on a list is replaced in one of these ways."""

    def judge(column: ColumnProfile | None) -> Answer:
        if column is not None and column.pseudonym in pseudonyms:
            return True
        listed = _is_listed(column, listing)
        return None if listed is None else not listed

    def ask(facts: LegalFacts) -> Answer:
        return all_answers(map(judge, facts.columns))

    return ask


def precision_at_most(listing: Listing, precision: LocationPrecision) -> Question:
    """Ask whether each column read that is on a list is no narrower than this."""
    least = _COARSENESS[precision]

    def judge(column: ColumnProfile | None) -> Answer:
        listed = _is_listed(column, listing)
        if column is None or listed is False:
            return None if column is None else True
        if column.precision is not None and _COARSENESS[column.precision] >= least:
            return True
        return False if listed else None

    def ask(facts: LegalFacts) -> Answer:
        return all_answers(map(judge, facts.columns))

    return ask


def _is_listed(column: ColumnProfile | None, listing: Listing) -> Answer:
    return None if column is None else listing.get(column.category)


def _is_sensitive(column: ColumnProfile | None, listing: Listing) -> Answer:
    if column is not None and column.is_sensitive:
        return True
    return _is_listed(column, listing)
