"""Lint documents that were built in a test, as they would be linted from files."""

from __future__ import annotations

from pathlib import Path

from hanse_policies.documents import StrictModel
from hanse_policies.lint import DocumentSet, Finding, Linted, lint_documents
from hanse_policies.source import Source

ROOT = Path(__file__).parents[2]

SAMPLES = ROOT / "policies" / "hanse_policies" / "lint" / "samples"


def linted(*documents: StrictModel) -> DocumentSet:
    """Put documents together that were written to no file."""
    return DocumentSet(
        tuple(
            Linted(document, f"{index}.yaml", Source(f"{index}.yaml"))
            for index, document in enumerate(documents)
        )
    )


def findings(code: str, *documents: StrictModel) -> list[Finding]:
    """Return the findings of one code."""
    report = lint_documents(linted(*documents))
    return [finding for finding in report.findings if finding.code == code]


def sample_texts(lint: str, outcome: str) -> dict[Path, str]:
    """Read the samples of a lint, `fails` or `passes`."""
    files = sorted((SAMPLES / lint / outcome).glob("*.yaml"))
    return {file: file.read_text(encoding="utf-8") for file in files}
