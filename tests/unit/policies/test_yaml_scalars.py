from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_policies.yaml_scalars import AmbiguousScalarError, plain_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("1e-8", 1e-8),
        ("1E5", 1e5),
        ("2.50", 2.5),
        ("model-training", "model-training"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("nobody", "nobody"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_a_plain_scalar_means_what_json_says(text: str, value: object) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["NO", "no", "No", "yes", "Y", "n", "on", "OFF", "True", "TRUE", "Null", "FALSE"]
)
def test_a_word_that_some_reader_takes_for_a_truth_value_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousScalarError, match=f'write "{text}" for the text'):
        plain_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "010", "0x1F", "0o17", "0b1", "1_000", "+5", ".5", "5.", "1:30", "190:20:30.15",
        ".inf", "-.INF", ".nan", "1e400", "9" * 31,
    ],
)  # fmt: skip
def test_a_number_that_readers_disagree_on_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousScalarError, match="expected a number"):
        plain_value(text)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("9007199254740993", "write 9007199254740992.0"),
        ("0.1000000000000000055", "write 0.1"),
        ("1e-400", "write 0.0"),
        ("-0", "write 0"),
        ("-0.0", "write 0"),
    ],
)
def test_a_number_that_canonical_json_would_write_as_another_is_refused(
    text: str, instead: str
) -> None:
    with pytest.raises(AmbiguousScalarError, match=instead):
        plain_value(text)


def test_a_whole_number_of_double_precision_beyond_all_integers_of_json_is_read() -> None:
    assert plain_value("100000000000000000000") == 1e20


@pytest.mark.parametrize("text", ["<<", "="])
def test_a_key_that_yaml_1_1_gives_a_meaning_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousScalarError, match=f"`{text}`"):
        plain_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31", "2026-1-31", "2026-01-31T08:00:00", "2026-01-31 08:00:00Z",
        "2026-01-31t08:00:00Z", "2026-01-31T08:00:00+8", "2026-01-31T08:00:00-00:00",
        "2026-01-31T08:00:00.1234567Z",
    ],
)  # fmt: skip
def test_a_time_that_readers_disagree_on_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousScalarError, match="as 2026-01-31T08:00:00Z, or text in quotes"):
        plain_value(text)


NUMBERS = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS.filter(lambda number: number or not str(number).startswith("-")))
def test_what_json_writes_as_a_number_is_read_as_that_number(value: float) -> None:
    assert plain_value(json.dumps(value)) == value
