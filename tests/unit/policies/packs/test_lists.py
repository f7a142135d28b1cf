from __future__ import annotations

from itertools import product

import pytest

from hanse_policies.errors import UnknownTermError
from hanse_policies.packs.lists import (
    Answer,
    all_answers,
    any_answer,
    denied,
    joint_listing,
    listing,
)
from hanse_policies.taxonomy import Taxonomy

FIDESLANG = Taxonomy.load("fideslang-3.1.4")
ANSWERS: tuple[Answer, ...] = (True, None, False)
LISTED = listing(("user.financial", "user.behavior.purchase_history"), FIDESLANG)


@pytest.mark.parametrize(
    ("category", "answer"),
    [
        ("user.financial", True),
        ("user.financial.bank_account", True),
        ("user.behavior.purchase_history", True),
        ("user.behavior", None),
        ("user", None),
        ("user.behavior.browsing_history", False),
    ],
)
def test_what_stands_above_a_listed_category_is_not_known(category: str, answer: Answer) -> None:
    assert LISTED.holds_any((category,)) is answer


def test_a_category_that_the_taxonomy_does_not_hold_is_not_known() -> None:
    assert LISTED.holds_any(("user.invented",)) is None
    assert LISTED.holds_any((None, "user.contact")) is None


def test_one_listed_category_decides_whatever_is_not_known_of_others() -> None:
    assert LISTED.holds_any((None, "user.invented", "user.financial")) is True
    assert LISTED.holds_any(()) is False


def test_a_list_with_a_word_that_is_no_category_is_refused() -> None:
    with pytest.raises(UnknownTermError, match=r"user\.finances"):
        listing(("user.finances",), FIDESLANG)


def test_a_category_is_on_a_joint_list_where_it_is_on_one() -> None:
    joint = joint_listing((LISTED, listing(("user.behavior",), FIDESLANG)))
    assert joint.holds_any(("user.behavior",)) is True
    assert joint.holds_any(("user.financial",)) is True
    assert joint.holds_any(("user.contact",)) is False
    assert joint.holds_any(("user",)) is None


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_not_known_stays_so_when_turned_round(answer: Answer) -> None:
    assert denied(answer) is {True: False, False: True, None: None}[answer]


@pytest.mark.parametrize(("left", "right"), list(product(ANSWERS, ANSWERS)))
def test_answers_join_after_kleene(left: Answer, right: Answer) -> None:
    rank = {False: 0, None: 1, True: 2}
    by_rank: dict[int, Answer] = {0: False, 1: None, 2: True}
    assert all_answers((left, right)) is by_rank[min(rank[left], rank[right])]
    assert any_answer((left, right)) is by_rank[max(rank[left], rank[right])]
