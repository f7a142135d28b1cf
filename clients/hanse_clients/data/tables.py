"""The brand's files as two tables of an embedded DuckDB, and nothing else of the machine.

Rules: the engine is opened for one question and closed after it, so a file is
never held open against the brand's own jobs and no cache outlives a question.
It reads the files that the asset document names and no other, writes nothing,
spills nothing, loads no extension, and its configuration is locked before the
first row is read. The two tables hold only columns that the asset names, in
canonical types: person and category text, number and flag float64, instants
naive UTC (an instant with a zone is converted; one without is taken as UTC;
CSV text with an offset is converted, without one is taken as UTC; a date is
its first instant). Each CSV value is text until it is cast. A stored value that
does not fit its type is null, never a guess and never an error, and the boolean
column `unreadable_name` beside it is true; only the table as a whole, its file,
its schema or its encoding, can be refused. No message of the engine is passed
on: it may quote a value.

Every question reads the columns it names from end to end, whatever its filters
are, so that whether a damaged file is met cannot be aimed by a study's filters.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import duckdb

from hanse_clients.data.fingerprint import source_path
from hanse_clients.data.queries import CONSENT_TABLE, ROWS_TABLE, unreadable_name
from hanse_clients.data.source import WarehouseLimits
from hanse_clients.errors import ColumnTypeError, MissingColumnError, UnreadableSourceError
from hanse_policies.documents import ColumnType, DataAsset, SourceFormat, TableSource

_CATALOG = "hanse_source"

_SAFE_OPTIMIZERS = frozenset(
    {"unused_columns", "column_lifetime", "common_subexpressions", "common_aggregate"}
)
"""Passes that only leave out what is not asked for; all others are off.

DuckDB's optimizer lets single rows decide whether and how a question is
answered. `type_pushdown` turns the TRY_CAST of a CSV column into a cast that
fails. `statistics_propagation` and a filter handed to the reader believe a
Parquet file's minima and maxima, which leave NaN out, and take `isnan` for
false. Filters handed to the reader skip groups of rows, so that a damaged page or
a text that is not UTF-8 refuses some populations and not others, and an empty side
of a join does the same. A pass that a later release adds is off until it is read.
"""

_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_NUMBERS = _INTEGERS | {"FLOAT", "DOUBLE", "DECIMAL"}
_TEXTS = _INTEGERS | {"VARCHAR", "ENUM", "UUID"}


class _Kind(Enum):
    """What a column must hold, and the stored types that can hold it."""

    PERSON = _TEXTS
    CATEGORY = _TEXTS | {"BOOLEAN"}
    NUMBER = _NUMBERS
    FLAG = _NUMBERS | frozenset({"BOOLEAN"})
    INSTANT = frozenset(
        {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"}
        | {"TIMESTAMP WITH TIME ZONE"}
    )


_KIND_OF = {
    ColumnType.NUMBER: _Kind.NUMBER,
    ColumnType.CATEGORY: _Kind.CATEGORY,
    ColumnType.FLAG: _Kind.FLAG,
}
"""What persons wrote (`ColumnType.TEXT`) has no kind: no computation reads it, so that the
engine is never shown it, nor asks that it is stored."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that the asset document declares.

    Attributes:
        name: Its name in the engine.
        what: What it is, in messages.
        source: Where it is stored.
        columns: What each column must hold.
    """

    name: str
    what: str
    source: TableSource
    columns: Mapping[str, _Kind]


@contextmanager
def open_tables(
    asset: DataAsset, folder: Path, limits: WarehouseLimits
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the engine with the asset's rows and its consent register as tables.

    Only schemas are read until the caller asks for more.

    Args:
        asset: What is stored where, and as what.
        folder: The folder of the asset document.
        limits: What the engine may use.

    Raises:
        MissingSourceError: A file is not there.
        UnreadableSourceError: A file is not of its declared format.
        MissingColumnError: A table lacks a column that the asset names.
        ColumnTypeError: A stored column cannot hold its declared type.
    """
    tables = (_rows_table(asset), _consent_table(asset))
    paths = [source_path(table.source, folder) for table in tables]
    with duckdb.connect(":memory:", config=_configuration(limits)) as connection:
        _disable_optimizers(connection)
        for table, path in zip(tables, paths, strict=True):
            _register(connection, table, path)
        _lock(connection, paths)
        yield connection


def _configuration(limits: WarehouseLimits) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": limits.threads,
        "memory_limit": f"{limits.memory_mb}MiB",
        "temp_directory": "",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }


def _disable_optimizers(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave on none but the safe ones."""
    passes = {name for (name,) in connection.execute("FROM duckdb_optimizers()").fetchall()}
    off = ",".join(sorted(passes - _SAFE_OPTIMIZERS))
    connection.execute(f"SET disabled_optimizers = {_literal(off)}")


def _lock(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    """Close the engine off from all other files and from any further setting."""
    connection.execute("SET TimeZone = 'UTC'")
    quoted = ", ".join(_literal(str(path)) for path in paths)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _literal(text: str) -> str:
    """Quote text for a statement that takes no parameters; DuckDB has no other escape."""
    return "'" + text.replace("'", "''") + "'"


def _rows_table(asset: DataAsset) -> _Table:
    kinds = {c.name: _KIND_OF[c.type] for c in asset.columns if c.type in _KIND_OF}
    return _Table(
        ROWS_TABLE, f"asset {asset.id}", asset.source, {asset.person: _Kind.PERSON, **kinds}
    )


def _consent_table(asset: DataAsset) -> _Table:
    names = asset.consent
    kinds = dict.fromkeys(names.texts, _Kind.CATEGORY)
    kinds |= dict.fromkeys(names.flags, _Kind.FLAG)
    kinds |= dict.fromkeys(names.instants, _Kind.INSTANT)
    kinds[names.person] = _Kind.PERSON
    return _Table(CONSENT_TABLE, f"the consent register of asset {asset.id}", names.source, kinds)


def _register(connection: duckdb.DuckDBPyConnection, table: _Table, path: Path) -> None:
    """Make a stored table a canonical one, from its schema alone."""
    source = table.source
    try:
        stored = _stored(connection, table, path)
        _check_columns(table, stored)
        _canonical(table, stored).create_view(table.name)
    except (duckdb.Error, OSError, UnicodeDecodeError, csv.Error) as error:
        named = "" if source.table is None else f" with a table {source.table}"
        raise UnreadableSourceError(
            f"expected {table.what} at {source.path} to be {source.format}{named}, got something "
            f"that the engine cannot open ({type(error).__name__}); check the file, its "
            "permissions, and whether another program holds it for writing"
        ) from None


def _stored(
    connection: duckdb.DuckDBPyConnection, table: _Table, path: Path
) -> duckdb.DuckDBPyRelation:
    source = table.source
    if source.format is SourceFormat.PARQUET:
        return connection.read_parquet(str(path), hive_partitioning=False)
    if source.format is SourceFormat.CSV:
        return _read_csv(connection, path)
    catalog = f"{_CATALOG}_{table.name}"
    connection.execute(f"ATTACH {_literal(str(path))} AS {catalog} (READ_ONLY, TYPE duckdb)")
    return connection.table(f'{catalog}.main."{source.table}"')


def _read_csv(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    """Read CSV after RFC 4180 with a header and nothing guessed; all values are text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file, strict=True), [])
    if len(set(header)) != len(header) or not all(header):
        raise csv.Error
    return connection.read_csv(
        str(path),
        columns=dict.fromkeys(header, "VARCHAR"),
        auto_detect=False,
        header=True,
        delimiter=",",
        quotechar='"',
        escapechar='"',
        strict_mode=True,
    )


def _check_columns(table: _Table, stored: duckdb.DuckDBPyRelation) -> None:
    types = dict(zip(stored.columns, map(str, stored.types), strict=True))
    for name, kind in table.columns.items():
        if name not in types:
            raise MissingColumnError(
                f"expected a column {name} in {table.what} ({table.source.path}), got none; "
                "add the column or correct the asset document"
            )
        base = types[name].partition("(")[0]
        if table.source.format is not SourceFormat.CSV and base not in kind.value:
            raise ColumnTypeError(
                f"expected column {name} of {table.what} to hold a {kind.name.lower()}, got "
                f"stored type {base.lower()}; store it as another type or correct the asset "
                "document"
            )


def _canonical(table: _Table, stored: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    is_text = table.source.format is SourceFormat.CSV
    columns: list[duckdb.Expression] = []
    for name, kind in table.columns.items():
        column = _identifier(name)
        value = _try_cast(column, kind, is_text=is_text)
        columns.append(duckdb.SQLExpression(value).alias(name))
        if kind in _CANONICAL_TYPES:
            is_unreadable = duckdb.SQLExpression(f"{column} IS NOT NULL AND {value} IS NULL")
            columns.append(is_unreadable.alias(unreadable_name(name)))
    return stored.select(*columns)


_CANONICAL_TYPES = {_Kind.INSTANT: "TIMESTAMP", _Kind.NUMBER: "DOUBLE", _Kind.FLAG: "DOUBLE"}
"""The kinds that are no text in the end; anything that may be stored is readable as text."""


def _try_cast(column: str, kind: _Kind, *, is_text: bool) -> str:
    """Write the cast of a column to its canonical type, null where a value does not fit."""
    if is_text and kind is _Kind.INSTANT:
        column = f"TRY_CAST({column} AS TIMESTAMPTZ)"
    if is_text and kind is _Kind.FLAG:
        column = f"TRY_CAST({column} AS BOOLEAN)"
    return f"TRY_CAST({column} AS {_CANONICAL_TYPES.get(kind, 'VARCHAR')})"


def _identifier(name: str) -> str:
    """Quote a column's name; the documents allow plain words alone, which need none."""
    return '"' + name.replace('"', '""') + '"'
