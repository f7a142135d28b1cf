from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_policies.errors import DocumentSyntaxError
from hanse_policies.source import Position
from hanse_policies.strict_yaml import MAXIMUM_DEPTH, parse_yaml

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda x: x + 0.0)
    | st.text(alphabet="abc \"'#:-&*!%{}[],\u00e9\u5b57", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcNO", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def refusal(text: str) -> str:
    with pytest.raises(DocumentSyntaxError) as caught:
        parse_yaml(text, "a.yaml")
    return str(caught.value)


@given(VALUES)
def test_json_is_read_as_json_reads_it(value: object) -> None:
    assert parse_yaml(json.dumps(value, ensure_ascii=False), "a.yaml").root == value


@given(st.text(max_size=80) | st.text("ab:-[]{}&*!|>'\"#%\n \t?,~\\x0", max_size=80))
def test_no_text_ends_in_anything_but_a_tree_or_a_refusal(text: str) -> None:
    with contextlib.suppress(DocumentSyntaxError):
        parse_yaml(text, "a.yaml")


def test_each_value_and_each_key_has_its_position() -> None:
    tree = parse_yaml("kind: Study\nlist:\n  - a: 1\n    b: [x, yy]\n", "a.yaml")
    assert tree.values["list", 0, "b", 1] == Position(4, 12)
    assert tree.keys["list", 0, "b"] == Position(4, 5)
    assert tree.keys["list",] == Position(2, 1)


def test_a_duplicate_key_is_refused_where_it_stands() -> None:
    assert refusal("a: 1\nb: 2\na: 3\n") == (
        "a.yaml:3:1: expected each key once, got `a` again (first on line 1)"
    )


def test_a_duplicate_key_in_another_style_is_refused() -> None:
    assert "again" in refusal("{a: 1, 'a': 2}")


def test_plain_no_is_refused_and_told_how_to_write() -> None:
    assert refusal("countries: [SE, NO]").startswith("a.yaml:1:17: expected text in quotes")


def test_quoted_no_is_text() -> None:
    assert parse_yaml('countries: ["NO"]', "a.yaml").root == {"countries": ["NO"]}


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("a: [1,\nb: 2", "2:5", "well-formed YAML"),
        ("a: b: c", "1:5", "well-formed YAML"),
        ("\ta: 1", "1:1", "write spaces"),
        ("'abc", "1:5", "well-formed YAML"),
        ("a: \x01", "1:4", "U+0001"),
        ("a: &x 1", "1:4", "no anchor"),
        ("a: *x", "1:4", "no anchor"),
        ("a: !!python/object:os.system x", "1:4", "no tag"),
        ("a: !!str 1", "1:4", "no tag"),
        ("%YAML 1.1\n---\na: NO", "2:1", "no % directive"),
        ("a: 1\n---\nb: 2", "2:1", "one document"),
        ("? [a]\n: b", "1:3", "text as key"),
        ("1: b", "1:1", "text as key"),
        ("null: b", "1:1", "text as key"),
        ("a: ok\u202eko", "1:6", "U+202E"),
        ("a: x\u200by", "1:5", "U+200B"),
        ('a: "\\ud800"', "1:4", "U+D800"),
        ("<<: {a: 1}", "1:1", "merge key `<<`"),
    ],
)
def test_a_trap_of_yaml_is_refused_with_its_place(text: str, place: str, reason: str) -> None:
    message = refusal(text)
    assert message.startswith(f"a.yaml:{place}: ")
    assert reason in message


def test_a_document_that_is_too_deep_is_refused() -> None:
    assert f"at most {MAXIMUM_DEPTH} levels" in refusal("[" * 200_000)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    started = time.monotonic()
    assert "no anchor" in refusal("\n".join(lines))
    assert time.monotonic() - started < 1


def test_the_deepest_document_allowed_is_read() -> None:
    tree = parse_yaml("[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH, "a.yaml")
    assert tree.at((0,) * (MAXIMUM_DEPTH - 1)) == []
