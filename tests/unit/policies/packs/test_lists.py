from __future__ import annotations

from itertools import product

import pytest

from hanse_policies.errors import UnknownTermError
from hanse_policies.packs.lists import Answer, all_answers, any_answer, joint_listing, listing
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
    assert LISTED[category] is answer


def test_a_category_that_the_taxonomy_does_not_hold_is_not_known() -> None:
    assert LISTED.get("user.invented") is None


def test_a_list_with_a_word_that_is_no_category_is_refused() -> None:
    with pytest.raises(UnknownTermError, match=r"user\.finances"):
        listing(("user.finances",), FIDESLANG)


def test_a_category_is_on_a_joint_list_where_it_is_on_one() -> None:
    joint = joint_listing((LISTED, listing(("user.behavior",), FIDESLANG)))
    assert joint["user.behavior"] is True
    assert joint["user.financial"] is True
    assert joint["user.contact"] is False


@pytest.mark.parametrize(("left", "right"), list(product(ANSWERS, ANSWERS)))
def test_answers_join_after_kleene(left: Answer, right: Answer) -> None:
    rank = {False: 0, None: 1, True: 2}
    by_rank: dict[int, Answer] = {0: False, 1: None, 2: True}
    assert all_answers((left, right)) is by_rank[min(rank[left], rank[right])]
    assert any_answer((left, right)) is by_rank[max(rank[left], rank[right])]
