"""Whether a category of data is on a list: yes, no, or not known.

Rules: what stands below a listed category is on the list; what stands above one may hold
it, so that nobody knows; a word that the taxonomy does not hold is not known either. A
list that names such a word is refused, since it would protect nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hanse_policies.taxonomy import Taxonomy, TermKind

Answer = bool | None
"""Yes, no, or not known."""


def listing(categories: Iterable[str], taxonomy: Taxonomy) -> Mapping[str, Answer]:
    """Say of every category of a taxonomy whether it is on a list.

    Args:
        categories: The list.
        taxonomy: The version that the words are meant in.

    Returns:
        The answers by category; one that is missing is not known.

    Raises:
        UnknownTermError: The list names a word that is no category of the taxonomy.
    """
    listed = [taxonomy.resolve(word, TermKind.DATA_CATEGORY) for word in categories]
    answers: dict[str, Answer] = {}
    for word in taxonomy.words(TermKind.DATA_CATEGORY):
        term = taxonomy.resolve(word, TermKind.DATA_CATEGORY)
        if any(taxonomy.is_within(term, one) for one in listed):
            answers[word] = True
        elif any(taxonomy.is_within(one, term) for one in listed):
            answers[word] = None
        else:
            answers[word] = False
    return answers


def joint_listing(listings: Iterable[Mapping[str, Answer]]) -> Mapping[str, Answer]:
    """Join several lists: on any of them is on the joint one."""
    found = list(listings)
    words = dict.fromkeys(word for one in found for word in one)
    return {word: any_answer(one.get(word) for one in found) for word in words}


def any_answer(answers: Iterable[Answer]) -> Answer:
    """Join answers by `or`, after Kleene."""
    is_unknown = False
    for answer in answers:
        if answer:
            return True
        is_unknown = is_unknown or answer is None
    return None if is_unknown else False


def all_answers(answers: Iterable[Answer]) -> Answer:
    """Join answers by `and`, after Kleene."""
    is_unknown = False
    for answer in answers:
        if answer is False:
            return False
        is_unknown = is_unknown or answer is None
    return None if is_unknown else True
