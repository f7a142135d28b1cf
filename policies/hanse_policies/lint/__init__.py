"""Lints: what a compliance officer would send documents back for, before they are signed."""

from hanse_policies.lint.catalogue import LINTS, LintText
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding, Place, Severity
from hanse_policies.lint.fixing import fix_texts, text_difference
from hanse_policies.lint.linting import lint_documents, lint_texts
from hanse_policies.lint.report import FindingRecord, LintReport, page_of

__all__ = [
    "LINTS",
    "DocumentSet",
    "Finding",
    "FindingRecord",
    "LintReport",
    "LintText",
    "Linted",
    "Place",
    "Severity",
    "fix_texts",
    "lint_documents",
    "lint_texts",
    "page_of",
    "text_difference",
]
