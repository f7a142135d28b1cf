"""Fixing edits the text at known places: comments survive, and the lint is content after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hanse_policies.lint import fix_texts, lint_texts, text_difference
from hanse_policies.lint.catalogue import FIXES
from hanse_policies.strict_yaml import parse_yaml
from tests.support.linting import sample_texts

HERE = Path("a.yaml")
FIXABLE = ("L03", "L13", "L25", "L29", "L31", "L34")
POLICY = next(iter(sample_texts("L31", "fails").values()))
VISITS = next(line for line in POLICY.splitlines(keepends=True) if "visits_90d" in line)
STUDY = next(iter(sample_texts("L01", "passes").values()))


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


@pytest.mark.parametrize("lint", FIXABLE)
def test_a_fixed_sample_has_no_finding_and_keeps_its_comments(lint: str) -> None:
    texts = sample_texts(lint, "fails")
    fixed = fix_texts(texts)
    assert lint_texts(fixed).findings == ()
    for path, text in texts.items():
        assert comments(fixed[path]) == comments(text)


@pytest.mark.parametrize("lint", [*FIXABLE, "L09"])
def test_fixing_again_changes_nothing(lint: str) -> None:
    fixed = fix_texts(sample_texts(lint, "fails"))
    assert fix_texts(fixed) == fixed


def test_every_fixable_code_offers_an_edit_and_no_other_does() -> None:
    lints = [*FIXABLE, *(f"L{number:02}" for number in range(1, 36))]
    findings = [f for lint in lints for f in lint_texts(sample_texts(lint, "fails")).findings]
    assert {f.code for f in findings if f.edit is not None} <= FIXES
    assert all(f.edit is not None for f in findings if f.code in FIXES)


def test_a_number_is_changed_where_it_stands() -> None:
    text = POLICY.replace("max_age_hours: 48", "max_age_hours:   48   # two days, for the mill")
    assert fix_texts({HERE: text})[HERE] == text.replace("48   #", "24   #")


def test_an_unused_column_goes_with_its_lines_and_no_other() -> None:
    text = POLICY.replace("max_age_hours: 48", "max_age_hours: 24").replace(
        "      - {name: region, necessity: shops plan by region}\n",
        "      # Before the region.\n"
        "      - name: region  # North or south.\n"
        "        # Asked by the shops.\n"
        "        necessity: >-\n"
        "          shops plan\n"
        "          by region\n"
        "      # After the region.\n",
    )
    study = STUDY.replace(
        "    - {kind: categorical, column: region, categories: [north, south]}\n", ""
    )
    fixed = fix_texts({HERE: text, Path("study.yaml"): study})
    start = text.index("      - name: region")
    end = text.index("      # After the region.")
    assert fixed[HERE] == text[:start] + text[end:]


def test_an_item_of_a_list_in_one_line_is_left_to_a_person() -> None:
    flow = POLICY.replace("max_age_hours: 48", "max_age_hours: 24").replace(
        f"    columns:\n{VISITS}      - {{name: region, necessity: shops plan by region}}\n",
        "    columns: [{name: visits_90d, necessity: to count visits}, "
        "{name: region, necessity: to plan shops}]\n",
    )
    study = STUDY.replace(
        "    - {kind: categorical, column: region, categories: [north, south]}\n", ""
    )
    texts = {HERE: flow, Path("study.yaml"): study}
    assert [f.code for f in lint_texts(texts).findings] == ["L09.unused"]
    assert fix_texts(texts) == texts


def test_the_only_column_is_left_for_a_permit_needs_one() -> None:
    text = POLICY.replace("max_age_hours: 48", "max_age_hours: 24").replace(VISITS, "")
    study = STUDY.replace(
        "    - {kind: categorical, column: region, categories: [north, south]}\n", ""
    )
    texts = {HERE: text, Path("study.yaml"): study}
    assert "L09.unused" in {f.code for f in lint_texts(texts).findings}
    assert fix_texts(texts) == texts


def test_a_field_is_added_to_a_text_without_final_line_end() -> None:
    text = POLICY.replace("taxonomies: [dpv-2.3, fideslang-3.1.4]\n", "").rstrip("\n")
    text = text.replace("max_age_hours: 48", "max_age_hours: 24")
    fixed = fix_texts({HERE: text})[HERE]
    assert fixed == f"{text}\ntaxonomies: [dpv-2.3, fideslang-3.1.4]\n"


def test_a_document_in_braces_is_left_as_it_is() -> None:
    text = POLICY.replace("taxonomies: [dpv-2.3, fideslang-3.1.4]\n", "")
    text = json.dumps(parse_yaml(text.replace("hours: 48", "hours: 24"), "").root)
    assert [f.code for f in lint_texts({HERE: text}).findings] == ["L03.unpinned"]
    assert fix_texts({HERE: text}) == {HERE: text}


def test_lines_that_end_as_on_windows_still_do() -> None:
    text = POLICY.replace("\n", "\r\n")
    assert fix_texts({HERE: text})[HERE] == text.replace("48", "24")


def test_the_difference_shows_the_changed_line_alone() -> None:
    shown = text_difference(POLICY, fix_texts({HERE: POLICY})[HERE], HERE)
    assert shown.startswith("--- a.yaml\n+++ a.yaml (fixed)\n")
    changed = [line for line in shown.splitlines()[2:] if line[0] in "+-"]
    assert changed == ["-  max_age_hours: 48", "+  max_age_hours: 24"]
