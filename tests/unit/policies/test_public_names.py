from __future__ import annotations

import importlib

import pytest

import hanse_policies
from hanse_policies.documents import Purpose


def test_public_names_are_sorted_and_each_once() -> None:
    assert hanse_policies.__all__ == sorted(set(hanse_policies.__all__))


@pytest.mark.parametrize("name", hanse_policies.__all__)
def test_a_public_name_is_the_one_of_its_module(name: str) -> None:
    found = getattr(hanse_policies, name)
    home = importlib.import_module(getattr(found, "__module__", "hanse_policies"))
    assert getattr(home, name) is found


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hanse_policies.nothing  # noqa: B018


def test_the_directory_lists_the_public_names() -> None:
    assert dir(hanse_policies) == sorted(hanse_policies.__all__)
    assert Purpose.__module__.startswith("hanse_policies.documents")
