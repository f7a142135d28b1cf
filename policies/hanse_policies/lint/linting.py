"""Lint texts of documents: what the loader refuses, then what the documents say together.

Rules: pure, total; no file is opened here. A document that is refused is reported under
the lint it belongs to, and the others are looked at without it. For documents that are
valid, no set of them raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from hanse_policies.documents import StrictModel
from hanse_policies.errors import DocumentError
from hanse_policies.lint.checks import bounds, columns, duties, notices, parties, words
from hanse_policies.lint.document_set import DocumentSet, Linted
from hanse_policies.lint.finding import Finding, Place
from hanse_policies.lint.refusals import finding_of
from hanse_policies.lint.report import LintReport
from hanse_policies.loading import load_text

NOTHING_UNREAD: Mapping[Path, DocumentError] = MappingProxyType({})
FAMILIES = (
    words.check,
    columns.check,
    notices.check,
    duties.check,
    parties.check,
    bounds.check,
)


def lint_texts(
    texts: Mapping[Path, str], unread: Mapping[Path, DocumentError] = NOTHING_UNREAD
) -> LintReport:
    """Lint documents that are given as text.

    Args:
        texts: The text of each document by the path that findings are to name.
        unread: Why a file could not be read, by its path; reported with the rest.
    """
    refused = [finding_of(error, path) for path, error in unread.items()]
    documents: list[Linted[StrictModel]] = []
    for path, text in texts.items():
        try:
            loaded = load_text(text, path)
        except DocumentError as error:
            refused.append(finding_of(error, path))
            continue
        documents.append(Linted(loaded.document, str(path), loaded.source))
    return lint_documents(DocumentSet(tuple(documents)), refused)


def lint_documents(documents: DocumentSet, refused: Iterable[Finding] = ()) -> LintReport:
    """Lint documents that are loaded.

    Args:
        documents: Looked at together.
        refused: What is to be reported of documents that were not loaded.
    """
    found = (finding for family in FAMILIES for finding in family(documents))
    once = {_key(finding): finding for finding in (*refused, *found)}
    return LintReport(tuple(once[key] for key in sorted(once)))


def _key(finding: Finding) -> tuple[Place, str, tuple[tuple[str, str], ...]]:
    return finding.place, finding.code, tuple(sorted(finding.details.items()))
