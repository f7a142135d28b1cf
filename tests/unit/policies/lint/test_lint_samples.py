"""Every lint finds its failing sample, and nothing else in it; and nothing in its passing one."""

from __future__ import annotations

import pytest

from hanse_policies.lint import LINTS, lint_texts
from tests.support.linting import SAMPLES, sample_texts

IDS = [lint for lint in LINTS if lint != "L00"]


def test_there_are_thirty_five_lints_and_each_has_samples() -> None:
    assert [f"L{number:02}" for number in range(1, 36)] == IDS
    assert sorted(folder.name for folder in SAMPLES.iterdir()) == IDS


@pytest.mark.parametrize("lint", IDS)
def test_the_failing_sample_fails_this_lint_alone(lint: str) -> None:
    texts = sample_texts(lint, "fails")
    report = lint_texts(texts)
    assert {finding.lint for finding in report.findings} == {lint}


@pytest.mark.parametrize("lint", IDS)
def test_the_passing_sample_has_no_finding(lint: str) -> None:
    texts = sample_texts(lint, "passes")
    assert texts
    assert lint_texts(texts).findings == ()


@pytest.mark.parametrize(
    ("lint", "files"),
    [
        ("L01", {"duplicate.yaml", "unknown.yaml"}),
        ("L09", {"policy.yaml", "study.yaml"}),
        ("L10", {"missing.yaml", "placeholder.yaml"}),
        ("L20", {"policy.yaml", "study.yaml"}),
        ("L23", {"account.yaml", "policy-b.yaml"}),
        ("L26", {"feature.yaml", "training.yaml"}),
        ("L33", {"metric.yaml", "share.yaml"}),
    ],
)
def test_each_way_to_fail_is_found_in_its_own_file(lint: str, files: set[str]) -> None:
    report = lint_texts(sample_texts(lint, "fails"))
    assert {finding.place.file.rpartition("/")[2] for finding in report.findings} == files


def test_a_finding_names_line_and_column() -> None:
    (finding,) = lint_texts(sample_texts("L13", "fails")).findings
    assert str(finding.place).endswith("L13/fails/study.yaml:23:1")
