"""`hanse brand import-consent`: a consent export of a known shape, as the mapping reads it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hanse_clients.consent_ingest.shapes import ConsentFormat, ImportTerms
from hanse_clients.errors import ConsentTermsError
from hanse_policies.cli.output import AsJson, print_json
from hanse_policies.errors import UsageError

if TYPE_CHECKING:
    from hanse_clients.consent_ingest.importing import ImportReport


def import_consent_command(
    source: Annotated[Path, typer.Argument(help="The export: CSV, Parquet, or ISO 27560 JSON.")],
    target: Annotated[Path, typer.Argument(help="The Parquet file to write; must not exist.")],
    *,
    shape: Annotated[ConsentFormat, typer.Option("--format", help="What the export is.")],
    synced: Annotated[
        str | None,
        typer.Option(help="When the export was taken, with an offset; for rows without `synced`."),
    ] = None,
    vendor: Annotated[
        int | None, typer.Option(min=1, help="Your number in the IAB vendor list (tcf, gpp).")
    ] = None,
    purpose: Annotated[
        list[str] | None,
        typer.Option(help="A word and the TCF purposes it needs, as training=9,10 (tcf, gpp)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a consent export as the table that an asset document can map; nothing leaves.

    What gives no consent is counted by code; whoever has a row that cannot be read
    is denied until the export is corrected.
    """
    # pyarrow takes 50 MB, which the lasting process of a brand does without.
    from hanse_clients.consent_ingest.importing import import_consent  # noqa: PLC0415

    stated = [_purpose(text) for text in purpose or ()]
    purposes = dict(stated)
    if len(purposes) != len(stated):
        raise UsageError("--purpose: expected each word once, got one again; join its numbers")
    terms = ImportTerms(_instant(synced), vendor, purposes)
    report = import_consent(source, target, shape, terms, datetime.now(UTC))
    if as_json:
        print_json(asdict(report))
    else:
        _show(report)


def _show(report: ImportReport) -> None:
    typer.echo(f"{report.read} rows read, {report.written} written")
    for code, count in report.refused.items():
        typer.echo(f"  {code}: {count}")


def _purpose(text: str) -> tuple[str, frozenset[int]]:
    word, _, numbers = text.partition("=")
    try:
        found = frozenset(int(number) for number in numbers.split(","))
    except ValueError:
        found = frozenset()
    if not word or not found or not found <= set(range(1, 25)):
        raise ConsentTermsError(
            f"expected a word and TCF purposes from 1 to 24, got {text}; write it as training=9,10"
        )
    return word, found


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # An instant at the begin or end of time has no form in UTC.
    raise ConsentTermsError(
        f"expected an instant with an offset, got {text}; write it as 2026-06-01T12:00:00Z"
    )
