"""A brand's consent export of a known shape, brought into the canonical table.

Rules: what comes out for people is counts by code, nothing of any row. Whoever has
a row that cannot be read is denied for every purpose of the file, until the export is
corrected and imported anew: the row may be a denial of whatever instant, so no grant of
that person is brought in, however late, and a withdrawal at the import denies what
another table may hold from before. What the readable rows say of an end is kept. The
denial was never synced: it makes no register fresher, and it tells whoever looks for
ended consents that of this person they cannot be told.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow
from hanse_clients.consent_ingest.register import ConsentRow, write_register
from hanse_clients.consent_ingest.shapes import (
    ConsentFormat,
    ImportTerms,
    Raw,
    taken_from,
    text_of,
)
from hanse_clients.errors import ConsentFileError, ConsentTermsError

_SIGNALS = frozenset({ConsentFormat.TCF, ConsentFormat.GPP})
_BEYOND = "beyond"
"""Stands for an instant before year 1 or after year 9999, as a warehouse's infinity is."""
_NEEDED = {
    ConsentFormat.TABLE: ("person", "purpose", "granted", "expires", "withdrawn"),
    ConsentFormat.ISO27560: ("pii_principal_id", "purpose", "event_time", "event_state"),
    ConsentFormat.TCF: ("person", "string"),
    ConsentFormat.GPP: ("person", "string"),
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in counts alone.

    Attributes:
        read: Rows of the export.
        written: Rows of the canonical table, denials included.
        refused: How many times each code was met.
    """

    read: int
    written: int
    refused: dict[str, int]


def import_consent(
    source: Path, target: Path, shape: ConsentFormat, terms: ImportTerms, now: datetime
) -> ImportReport:
    """Write an export as a new canonical consent table.

    Args:
        source: The export: `.csv`, `.parquet`, or for `iso27560` also `.json`.
        target: The Parquet file to write; it must not exist.
        shape: What the export is.
        terms: What the export itself does not tell.
        now: When a row that cannot be read denies its person from.

    Raises:
        ConsentTermsError: A signal needs a vendor and purposes, and one is missing.
        ConsentFileError: The export cannot be read, lacks a column or says a field twice, or
            the target is there.
    """
    is_incomplete = not terms.vendor or not terms.purposes or not all(terms.purposes.values())
    if shape in _SIGNALS and is_incomplete:
        raise ConsentTermsError(
            f"expected a vendor and the TCF purposes of at least one purpose for {shape}, got "
            "none; give --vendor NUMBER and --purpose WORD=NUMBERS"
        )
    counts: Counter[str] = Counter()
    tally: Counter[Refusal] = Counter()
    try:
        denied = _denied_persons(_read(source, shape), shape, terms)
        rows = _canonical(_read(source, shape), shape, terms, now, denied, counts, tally)
        write_register(rows, target)
    except FileExistsError:
        raise ConsentFileError(
            f"expected no file at {target.name} yet, got one; remove it or name another"
        ) from None
    except (OSError, ValueError, csv.Error, pa.ArrowException, RecursionError) as error:
        raise ConsentFileError(
            f"expected {source.name} to be a readable export of shape {shape} with the columns "
            f"{', '.join(_NEEDED[shape])}, got something else ({type(error).__name__}); "
            "check the file and --format"
        ) from None
    refused = {refusal.value: count for refusal, count in sorted(tally.items())}
    return ImportReport(counts["read"], counts["written"], refused)


def _denied_persons(
    raws: Iterator[Raw], shape: ConsentFormat, terms: ImportTerms
) -> Mapping[str, None]:
    """Find whoever has an unreadable row; before any row is written, for it may come last."""
    denied: dict[str, None] = {}
    for raw in raws:
        try:
            taken_from(raw, shape, terms)
        except (RefusedRow, OverflowError):
            _note(raw, denied, {})
    return denied


def _canonical(
    raws: Iterator[Raw],
    shape: ConsentFormat,
    terms: ImportTerms,
    now: datetime,
    denied: Mapping[str, None],
    counts: Counter[str],
    tally: Counter[Refusal],
) -> Iterator[ConsentRow]:
    """Yield the canonical rows, and last the denials of whoever has an unreadable row.

    Raises:
        ValueError: A person has an unreadable row who had none before: the export changed.
    """
    met: dict[str, None] = {}
    purposes = dict.fromkeys(terms.purposes)
    for raw in raws:
        counts["read"] += 1
        try:
            taken = taken_from(raw, shape, terms)
        except (RefusedRow, OverflowError) as error:
            # An instant at the end of time has no form in UTC: it overflows.
            told = error.refusal if isinstance(error, RefusedRow) else Refusal.INSTANT_UNREADABLE
            tally[told] += 1
            _note(raw, met, purposes)
            if met.keys() - denied.keys():
                raise ValueError from None
            continue
        tally.update(taken.refusals)
        purposes |= dict.fromkeys(row.purpose for row in taken.rows)
        rows = [row for row in map(partial(_kept, denied=denied), taken.rows) if row is not None]
        counts["written"] += len(rows)
        yield from rows
    for person in denied:
        for purpose in purposes:
            counts["written"] += 1
            yield ConsentRow(person, purpose, shape, withdrawn=now, synced=None)


def _kept(row: ConsentRow, denied: Mapping[str, None]) -> ConsentRow | None:
    """Take the grant out of a denied person's row; None where nothing is left of it."""
    if row.person not in denied:
        return row
    tells_an_end = row.withdrawn is not None or row.invalidated is not None
    return replace(row, granted=None, expires=None) if tells_an_end else None


def _note(raw: Raw, denied: dict[str, None], purposes: dict[str, None]) -> None:
    """Remember the person and the purpose of a row that cannot be read, where it tells them."""
    for fields, found in ((("person", "pii_principal_id"), denied), (("purpose",), purposes)):
        for field in fields:
            try:
                text = text_of(raw, field)
            except RefusedRow:
                continue
            if text is not None:
                found[text] = None


def _read(source: Path, shape: ConsentFormat) -> Iterator[Raw]:
    if source.suffix == ".json" and shape is ConsentFormat.ISO27560:
        yield from _read_json(source)
    elif source.suffix == ".parquet":
        with parquet.ParquetFile(source) as file:
            _check(file.schema_arrow.names, shape)
            for batch in file.iter_batches():
                yield from _listed(batch)
    else:
        with source.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check(list(reader.fieldnames or ()), shape)
            for row in reader:
                if None in row or None in row.values():
                    raise csv.Error
                # CSV has one word for what is empty and what is not told.
                yield {name: value or None for name, value in row.items()}


def _listed(batch: pa.RecordBatch) -> list[Raw]:
    """List a batch's rows; an instant that Python has no form for cannot be read."""
    try:
        return list(batch.to_pylist())
    except OverflowError:
        columns = [[_value(cell) for cell in column] for column in batch.columns]
        rows = zip(*columns, strict=True)
        return [dict(zip(batch.schema.names, row, strict=True)) for row in rows]


def _value(cell: pa.Scalar) -> object:
    try:
        return cell.as_py()
    except OverflowError:
        return _BEYOND


def _check(names: list[str], shape: ConsentFormat) -> None:
    if len(set(names)) != len(names) or not set(_NEEDED[shape]) <= set(names):
        raise ValueError


def _read_json(source: Path) -> Iterator[Raw]:
    """Flatten records: each event of each purpose is a row; inner fields win over outer ones."""
    text = source.read_text(encoding="utf-8")
    records = _told(json.loads(text, object_pairs_hook=_fields_once))
    for record in _list(records if isinstance(records, list) else [records]):
        outer = {k: v for k, v in record.items() if k not in {"pii_processing", "events"}}
        for processing in _list(record.get("pii_processing")):
            inner = {k: v for k, v in processing.items() if k not in {"purposes", "events"}}
            for purpose in _list(processing.get("purposes")):
                stated = {k: v for k, v in purpose.items() if k != "events"}
                holders = (one for one in (purpose, processing, record) if "events" in one)
                for event in _list(next(holders, {}).get("events")):
                    yield outer | inner | stated | event


def _fields_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Take an object's fields; the last of two must not hide what the first one says.

    Raises:
        ConsentFileError: A field is there twice.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ConsentFileError(
            "expected each field of a JSON object once, got one again, so it is not known which "
            "of the two holds; correct the export"
        )
    return found


def _told(value: object) -> object:
    """Leave out fields that say null: they tell nothing, and hide nothing that is told."""
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items() if inner is not None}
    return [_told(inner) for inner in value] if isinstance(value, list) else value


def _list(value: object) -> list[dict[str, object]]:
    """Return a list of objects; an absent or empty one makes its record one empty row."""
    found = value if isinstance(value, list) and value else [{}]
    if not all(isinstance(part, dict) for part in found):
        raise ValueError
    return found
