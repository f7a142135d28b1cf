"""A document that the loader refuses is reported under its lint; the others are linted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hanse_policies.errors import DocumentFileError
from hanse_policies.lint import lint_texts
from tests.support.linting import sample_texts

STUDY = next(iter(sample_texts("L01", "passes").values()))
TRAINING = next(iter(sample_texts("L26", "passes").values()))
POLICY = next(iter(sample_texts("L31", "passes").values()))
ASSET = next(iter(sample_texts("L02", "passes").values()))
CHARTER = next(iter(sample_texts("L34", "passes").values()))
HERE = Path("a.yaml")


@pytest.mark.parametrize(
    ("lint", "text", "old", "new"),
    [
        ("L01", STUDY, "title:", "titel: x\ntitle:"),
        ("L03", POLICY, "dpv-2.3", "dpv-1.0"),
        ("L12", ASSET, "precision: region", "precision: village"),
        ("L13", STUDY, "retention_days: 365\n", ""),
        ("L13", ASSET, "retention_days: 730, precision", "precision"),
        ("L16", POLICY, "  dated: 2025-12-01T00:00:00Z\n", ""),
        ("L20", STUDY, "  neighbours: add-or-remove-one-person\n", ""),
        ("L20", POLICY, "    starts: 2026-01-01T00:00:00Z\n", ""),
        ("L21", STUDY, "delta: 1e-7", "delta: 0.01"),
        ("L23", POLICY, "    period_days: 91\n", "    period_days: 91\n    per_analyst: true\n"),
        ("L26", ASSET, "max_rows_per_person: 1\n", ""),
        ("L29", STUDY, "minimum_brands: 3\n", ""),
        ("L31", POLICY, "  max_age_hours: 24\n", "  max_age_hours: 10000\n"),
        ("L32", POLICY, "author:", "exceptions: []\nauthor:"),
        ("L33", TRAINING, "budget_share: 0.25", "budget_share: 0"),
        ("L34", CHARTER, "max_brands_per_person: 3\n", ""),
        ("L35", TRAINING, 'sampler_evidence: "cc', 'sampler_evidence: "xx'),
        ("L00", STUDY, "kind: Study", "kind: Novel"),
        ("L00", STUDY, "title: Visits", "title: [Visits"),
    ],
)
def test_a_refusal_belongs_to_the_lint_of_its_field(
    lint: str, text: str, old: str, new: str
) -> None:
    assert text.count(old) == 1
    (finding,) = lint_texts({HERE: text.replace(old, new)}).findings
    assert finding.code == f"{lint}.refused"


def test_the_loaders_message_and_place_are_kept() -> None:
    text = STUDY.replace("minimum_persons: 100", "minimum_persons: many")
    (finding,) = lint_texts({HERE: text}).findings
    assert str(finding.place) == "a.yaml:20:18"
    assert finding.details["message"] == (
        "field `minimum_persons`: expected a whole number, got `many`"
    )


def test_other_documents_are_linted_on() -> None:
    stale = POLICY.replace("max_age_hours: 24", "max_age_hours: 48")
    report = lint_texts({HERE: "- no document", Path("b.yaml"): stale})
    assert [finding.lint for finding in report.findings] == ["L00", "L31"]
    assert not report.is_readable


def test_a_file_that_cannot_be_read_is_reported_with_the_rest() -> None:
    error = DocumentFileError("expected a file, got none", location="none.yaml")
    report = lint_texts({HERE: STUDY}, {Path("none.yaml"): error})
    assert [str(finding.place) for finding in report.findings] == ["none.yaml:1:1"]
    assert not report.is_readable
