from __future__ import annotations

import pytest

from hanse_flower.errors import CohortTooSmallError, UnsupportedRecordError
from hanse_flower.refusals import (
    ErrorNumber,
    code_of,
    flower_error,
    number_of_refusal,
    well_formed_code,
)
from hanse_policies.errors import HanseError


def test_code_of_our_own_error_is_its_class_code() -> None:
    assert code_of(UnsupportedRecordError("detail")) == "unsupported-record"


def test_code_of_any_other_error_says_nothing() -> None:
    assert code_of(ValueError("row 17 holds Jane")) == "internal-error"


def test_value_smuggled_into_an_instance_does_not_become_a_code() -> None:
    error = UnsupportedRecordError("detail")
    vars(error)["code"] = "jane-doe"
    assert code_of(error) == "unsupported-record"


def test_code_attribute_of_a_foreign_exception_is_not_a_code() -> None:
    class DriverError(Exception):
        code = "jane-doe"

    assert code_of(DriverError()) == "internal-error"


def test_code_of_a_class_that_is_no_code_does_not_cross() -> None:
    class LooseError(HanseError):
        code = "Jane Doe, 1981"

    assert code_of(LooseError("detail")) == "malformed-code"


@pytest.mark.parametrize("text", ["", "A", "a b", "a--b", "a\n", "-a", "a" * 65, "é", "1a"])
def test_text_that_is_no_code_is_replaced(text: str) -> None:
    assert well_formed_code(text) == "malformed-code"


def test_flower_error_holds_the_number_and_the_code_alone() -> None:
    error = flower_error(ErrorNumber.REFUSED_BY_BRAND, "budget-exceeded")
    assert (error.code, error.reason) == (100, "budget-exceeded")


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("deadline-exceeded", ErrorNumber.NO_ANSWER),
        ("brand-disconnected", ErrorNumber.NO_ANSWER),
        ("reply-misbound", ErrorNumber.REFUSED_BY_OPERATOR),
        ("consent-stale", ErrorNumber.REFUSED_BY_BRAND),
    ],
)
def test_silence_and_refusal_have_different_numbers(code: str, number: ErrorNumber) -> None:
    assert number_of_refusal(code) is number


def test_floor_error_carries_its_figures() -> None:
    error = CohortTooSmallError("detail", required=3, answered=2, round_number=4)
    assert (error.required, error.answered, error.round_number) == (3, 2, 4)
