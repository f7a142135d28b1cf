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
        ".inf", "-.INF", ".nan", "<<", "=", "1e400", "9" * 31,
    ],
)  # fmt: skip
def test_a_number_that_readers_disagree_on_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousScalarError, match="expected a number"):
        plain_value(text)


@given(st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False))
def test_what_json_writes_as_a_number_is_read_as_that_number(value: float) -> None:
    assert plain_value(json.dumps(value)) == value
