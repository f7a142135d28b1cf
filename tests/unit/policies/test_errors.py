from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hanse_policies import errors
from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode


def tree(root: type[HanseError]) -> Iterator[type[HanseError]]:
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from tree(child)


CLASSES = list(tree(HanseError))


def test_each_class_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_has_a_plain_code_and_a_known_exit_code(cls: type[HanseError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cls.code)
    assert ExitCode(cls.exit_code) in ExitCode
    assert cls.__name__.endswith("Error")


@pytest.mark.parametrize("cls", CLASSES)
def test_the_docstring_draws_the_class_with_its_code(cls: type[HanseError]) -> None:
    assert re.search(rf"{cls.__name__} +{cls.code}\n", errors.__doc__ or "")
