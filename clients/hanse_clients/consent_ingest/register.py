"""The canonical consent table, as rows and as a Parquet file.

Rules: a row that gives no consent is not dropped where its person is known, for
an older grant would then stand alone. It leaves a denial behind: a withdrawal,
at the instant the row tells or else at the import; only the latter was never synced.
The file is written whole or not at all, readable by its owner alone, and into no file
that lay there before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

_BATCH = 50_000

COLUMNS: Final[tuple[tuple[str, type], ...]] = (
    *((name, str) for name in ("person", "purpose")),
    *((name, datetime) for name in ("granted", "expires", "withdrawn", "synced")),
    *((name, datetime) for name in ("invalidated", "fresh_until")),
    *((name, str) for name in ("basis", "notice", "age_band")),
    ("guardian", bool),
    *((name, str) for name in ("jurisdiction", "recipients", "origin")),
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
    partial.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(partial, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write_tables(file, rows)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _write_tables(file: BinaryIO, rows: Iterable[ConsentRow]) -> None:
    # pyarrow takes 50 MB, which a brand's lasting process does without.
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {str: pa.string(), bool: pa.bool_(), datetime: pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS])
    left = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while part := list(islice(left, _BATCH)):
            writer.write_table(pa.Table.from_pylist([asdict(row) for row in part], schema=schema))
