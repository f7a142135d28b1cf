from __future__ import annotations

import pytest
from pydantic import ValidationError

from hanse_policies.documents import Operator
from hanse_policies.look_alikes import look_alike, shapes_of, skeleton
from tests.support.documents import OPERATOR_KEY, a_charter, a_member


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Coco", "\u0421\u043e\u0441\u043e"),
        ("MAX Coffee", "\u041c\u0410\u0425 Coffee"),
        ("Max Coffee", "\u041c\u0410\u0425 Coffee"),
        ("AB", "\u0391\u0392"),
        ("Uno", "\u054d\u0578\u0585"),
        ("Lantern Ltd", "1antern Ltd"),
        ("Iberia", "lberia"),
        ("Modern", "Modem"),
        ("Shop 10", "Shop lO"),
        ("Lantern(Holding)", "1antern\uff08Holding\uff09"),
    ],
)
def test_two_names_that_look_alike_share_a_shape(name: str, other: str) -> None:
    assert shapes_of(name) & shapes_of(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Lantern Ltd", "Lantern GmbH"),
        ("Shop 1", "Shop 2"),
        ("\u7075\u72d0\u5496\u5561", "\u7075\u732b\u5496\u5561"),
        ("Caf\u00e9", "Cafe"),
        ("Anchor", "Ankor"),
    ],
)
def test_two_names_that_differ_share_no_shape(name: str, other: str) -> None:
    assert not shapes_of(name) & shapes_of(other)


def test_a_skeleton_is_its_own_skeleton() -> None:
    for name in ("\u0421\u043e\u0441\u043e", "Modem 10|", "\u039f\u03bc\u03ac\u03c2", "\u00c6on"):
        assert skeleton(skeleton(name)).replace("rn", "m") == skeleton(name).replace("rn", "m")


def test_the_first_pair_is_found_and_one_name_twice_is_none() -> None:
    names = ["Anchor", "Lantern", "anchor", "1antern"]
    assert look_alike(names, str.casefold) == (1, 3)
    assert look_alike(names[:3], str.casefold) is None


def test_members_that_look_alike_are_refused_and_one_owner_written_twice_is_not() -> None:
    alder, birch, cedar = a_member("alder"), a_member("birch"), a_member("cedar")
    same = birch.model_copy(update={"legal_entity": "ALDER  STORES LTD"})
    assert a_charter(members=(alder, same, cedar)).members[1].entity_key == alder.entity_key
    for name in ("A1der Stores Ltd", "Alder St0res Ltd"):
        close = birch.model_copy(update={"legal_entity": name})
        with pytest.raises(ValidationError, match="a reader can tell apart"):
            a_charter(members=(alder, close, cedar))


def test_a_member_that_looks_like_the_operator_is_refused() -> None:
    operator = Operator(name="A1der Stores Ltd", signing_key=OPERATOR_KEY.public_hex)
    with pytest.raises(ValidationError, match=r"looks like `operator\.name`"):
        a_charter(operator=operator)
