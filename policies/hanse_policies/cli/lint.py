"""`hanse policy lint`: what a compliance officer would send documents back for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hanse_policies
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.durable_files import replace
from hanse_policies.errors import DocumentError, UsageError
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse_policies.lint import LintReport

CLEAN = {
    Language.EN: "{count} files: no finding; that is all it says, and not that anything is lawful",
    Language.ZH: "{count} 个文件：未发现问题；仅此而已，不代表合法",
}


def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="YAML documents that belong together.")
    ],
    fix: Annotated[bool, typer.Option("--fix", help="Make the mechanical fixes in place.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: show the fixes and write nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    lang: Annotated[Language, typer.Option(help="Language of the findings.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Lint documents together; exit 1 on an error, 3 where a file cannot be read.

    A finding names the page of its lint, as lints/L09: `hanse policy serve-docs` shows it.
    """
    if dry_run and not fix:
        raise UsageError("--dry-run: expected --fix with it, got none; add --fix")
    texts, unread = _read(files)
    fixes: dict[str, str] = {}
    if fix:
        texts, fixes = _fixed(texts, dry_run)
    report = hanse_policies.lint_texts(texts, unread)
    if as_json:
        findings = [json.loads(record.model_dump_json()) for record in report.records(lang)]
        print_json({"findings": findings, "fixes": fixes})
    else:
        _print(report, fixes, lang, len(files))
    _end(report, strict)


def _read(files: list[Path]) -> tuple[dict[Path, str], dict[Path, DocumentError]]:
    """Read what can be read, and keep why the rest cannot."""
    texts: dict[Path, str] = {}
    unread: dict[Path, DocumentError] = {}
    for file in files:
        try:
            texts[file] = hanse_policies.read_text(file)
        except DocumentError as error:
            unread[file] = error
    return texts, unread


def _fixed(texts: dict[Path, str], dry_run: bool) -> tuple[dict[Path, str], dict[str, str]]:
    """Fix files, or with `dry_run` none; return what then lies there, and the differences."""
    fixed = dict(hanse_policies.fix_texts(texts))
    changed = {path: text for path, text in fixed.items() if text != texts[path]}
    for path, text in () if dry_run else changed.items():
        replace(path.resolve(), text.encode(), is_mode_kept=True)
    differences = {
        str(path): hanse_policies.text_difference(texts[path], text, path)
        for path, text in changed.items()
    }
    return texts if dry_run else fixed, differences


def _print(report: LintReport, fixes: Mapping[str, str], lang: Language, count: int) -> None:
    for shown in fixes.values():
        typer.echo(shown, nl=False)
    for line in report.lines(lang):
        typer.echo(line)
    if not report.findings:
        typer.echo(CLEAN[lang].format(count=count))


def _end(report: LintReport, strict: bool) -> None:
    if not report.is_readable:
        raise typer.Exit(int(ExitCode.BAD_INPUT))
    if report.fails(strict=strict):
        raise typer.Exit(int(ExitCode.REFUSED))
