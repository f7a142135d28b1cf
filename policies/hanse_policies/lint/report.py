"""What linting found, in a form for people and one for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hanse_policies.documents import StrictModel
from hanse_policies.language import Language
from hanse_policies.lint.catalogue import LINTS, fix_of, message_of, severity_of
from hanse_policies.lint.finding import Finding, Severity
from hanse_policies.lint.refusals import UNREADABLE


class FindingRecord(StrictModel):
    """One finding, as `--json` gives it."""

    lint: str
    code: str
    severity: Severity
    file: str
    line: int
    column: int
    title: str
    message: str
    fix: str
    article: str
    page: str
    """The lint's page within the reference: `lints/L09`."""
    is_fixable: bool
    """Whether `--fix` can put it right."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """What linting found.

    Attributes:
        findings: In the order of the files and of the places in them.
    """

    findings: tuple[Finding, ...]

    @property
    def is_readable(self) -> bool:
        """Whether each document could be read, or was refused for what a lint is about."""
        return all(finding.lint != UNREADABLE for finding in self.findings)

    def fails(self, *, strict: bool) -> bool:
        """Tell whether there is an error; with `strict`, or a warning."""
        failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(severity_of(finding.code) in failing for finding in self.findings)

    def records(self, language: Language) -> tuple[FindingRecord, ...]:
        """Return the findings for programs."""
        return tuple(
            FindingRecord(
                lint=finding.lint,
                code=finding.code,
                severity=severity_of(finding.code),
                file=finding.place.file,
                line=finding.place.position.line,
                column=finding.place.position.column,
                title=LINTS[finding.lint].words(language).title,
                message=message_of(finding, language),
                fix=fix_of(finding, language),
                article=LINTS[finding.lint].article,
                page=page_of(finding),
                is_fixable=finding.edit is not None,
            )
            for finding in self.findings
        )

    def lines(self, language: Language) -> Iterator[str]:
        """Write the findings for people."""
        for finding in self.findings:
            severity = severity_of(finding.code)
            yield f"{finding.place}: {severity} {finding.lint}: {message_of(finding, language)}"
            served = f"{LINTS[finding.lint].article}; {page_of(finding)}"
            yield f"    {fix_of(finding, language)} [{served}]"


def page_of(finding: Finding) -> str:
    """Name the page of a finding's lint within the reference."""
    return f"lints/{finding.lint}"
