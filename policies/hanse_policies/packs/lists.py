"""Whether a category of data is on a list: yes, no, or not known.

Rules: what stands below a listed category is on the list; what stands above one may hold
it, so that nobody knows; a word that the taxonomy does not hold is not known either. A
list that names such a word is refused, since it would protect nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hanse_policies.taxonomy import Taxonomy, TermKind

Answer = bool | None
"""Yes, no, or not known."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which categories are on a list, and which are not; of all others nobody knows.

    Attributes:
        listed: Those on the list.
        unlisted: Those that are not, nor may hold one that is.
    """

    listed: frozenset[str]
    unlisted: frozenset[str]

    def holds_any(self, categories: Collection[str | None]) -> Answer:
        """Say whether any of some categories is on the list; None is one that is not known."""
        if not self.listed.isdisjoint(categories):
            return True
        return False if self.unlisted.issuperset(categories) else None


def listing(categories: Iterable[str], taxonomy: Taxonomy) -> Listing:
    """Say of every category of a taxonomy whether it is on a list.

    Args:
        categories: The list.
        taxonomy: The version that the words are meant in.

    Raises:
        UnknownTermError: The list names a word that is no category of the taxonomy.
    """
    named = [taxonomy.resolve(word, TermKind.DATA_CATEGORY) for word in categories]
    listed, unlisted = set(), set()
    for word in taxonomy.words(TermKind.DATA_CATEGORY):
        term = taxonomy.resolve(word, TermKind.DATA_CATEGORY)
        if any(taxonomy.is_within(term, one) for one in named):
            listed.add(word)
        elif not any(taxonomy.is_within(one, term) for one in named):
            unlisted.add(word)
    return Listing(frozenset(listed), frozenset(unlisted))


def joint_listing(listings: Iterable[Listing]) -> Listing:
    """Join several lists: on any of them is on the joint one."""
    found = list(listings)
    return Listing(
        listed=frozenset().union(*(one.listed for one in found)),
        unlisted=frozenset.intersection(*(one.unlisted for one in found)),
    )


def any_answer(answers: Iterable[Answer]) -> Answer:
    """Join answers by `or`, after Kleene."""
    is_unknown = False
    for answer in answers:
        if answer:
            return True
        is_unknown = is_unknown or answer is None
    return None if is_unknown else False


def all_answers(answers: Collection[Answer]) -> Answer:
    """Join answers by `and`, after Kleene."""
    if False in answers:
        return False
    return None if None in answers else True


def denied(answer: Answer) -> Answer:
    """Turn an answer round; what is not known stays so."""
    return None if answer is None else not answer
