"""The canonical consent table, as rows and as a Parquet file.

Rules: a row that gives no consent is not dropped where its person is known, for
an older grant would then stand alone. It leaves a denial behind: a withdrawal,
at the instant the row tells or else at the import. The file is written whole or
not at all, readable by its owner alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

_BATCH = 50_000
_INSTANT = pa.timestamp("us", tz="UTC")

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("person", "purpose")]
    + [(name, _INSTANT) for name in ("granted", "expires", "withdrawn", "synced")]
    + [(name, _INSTANT) for name in ("invalidated", "fresh_until")]
    + [(name, pa.string()) for name in ("basis", "notice", "age_band")]
    + [("guardian", pa.bool_())]
    + [(name, pa.string()) for name in ("jurisdiction", "recipients", "origin")]
)
"""The columns, named as the fields of a consent mapping."""


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One row of the canonical table; None is what is not known."""

    person: str
    purpose: str
    origin: str
    granted: datetime | None = None
    expires: datetime | None = None
    withdrawn: datetime | None = None
    synced: datetime | None = None
    invalidated: datetime | None = None
    fresh_until: datetime | None = None
    basis: str | None = None
    notice: str | None = None
    age_band: str | None = None
    guardian: bool | None = None
    jurisdiction: str | None = None
    recipients: str | None = None


def write_register(rows: Iterable[ConsentRow], path: Path) -> None:
    """Write rows as a new Parquet file.

    Raises:
        FileExistsError: The file is there already.
        OSError: It cannot be written.
    """
    if path.exists():
        raise FileExistsError
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with parquet.ParquetWriter(file, SCHEMA) as writer:
                for table in _tables(rows):
                    writer.write_table(table)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _tables(rows: Iterable[ConsentRow]) -> Iterator[pa.Table]:
    left = iter(rows)
    while part := list(islice(left, _BATCH)):
        yield pa.Table.from_pylist([asdict(row) for row in part], schema=SCHEMA)
