from __future__ import annotations

from hanse_policies.source import Position, Source, path_text

SOURCE = Source(
    "policy.yaml",
    {(): Position(1, 1), ("permits",): Position(4, 1), ("permits", 0): Position(5, 5)},
)


def test_a_written_field_is_named_by_file_and_line() -> None:
    assert SOURCE.line_of("permits", 0) == "policy.yaml:5"


def test_a_field_that_was_not_written_is_named_by_the_line_above_it() -> None:
    assert SOURCE.line_of("permits", 0, "columns", 3) == "policy.yaml:5"
    assert SOURCE.line_of("approval") == "policy.yaml:1"


def test_a_field_without_file_is_named_by_its_path() -> None:
    assert Source("charter").line_of("limits", "epsilon") == "charter:limits.epsilon"
    assert Source("charter").line_of() == "charter"


def test_a_path_is_written_as_people_do() -> None:
    assert path_text(("permits", 0, "columns")) == "permits[0].columns"
