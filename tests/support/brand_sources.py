"""A small brand whose data source is open: tables of `brand_tables` and what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hanse_clients.data import MinimalView, TrainingRows, view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_policies.documents import DataAsset, SourceFormat
from tests.support.brand_tables import (
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    consents_of,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)


def brand(
    folder: Path,
    rows: Sequence[PersonRow] | None = None,
    consents: Sequence[ConsentRow] | None = None,
    *,
    stored_as: SourceFormat = SourceFormat.PARQUET,
    is_zoned: bool = True,
    max_rows_per_person: int = 1,
) -> tuple[DataAsset, DuckDBSource]:
    rows = ordinary_rows(60) if rows is None else rows
    asset = write_brand(
        folder,
        rows,
        consents_of(rows) if consents is None else consents,
        stored_as=stored_as,
        is_zoned=is_zoned,
        max_rows_per_person=max_rows_per_person,
    )
    return asset, DuckDBSource(asset, folder)


def training_view(asset: DataAsset) -> MinimalView:
    return view_for(study(training()), asset, policy(), NOW, SALT)


def content(rows: TrainingRows) -> list[Any]:
    tiers = [str(tier) for tier in rows.columns["tier"]]
    numbers = (rows.columns["spend"], rows.columns["visits"], rows.label, rows.holdout)
    return sorted(zip(tiers, *numbers, strict=True))


def rewrite(path: Path, **columns: Sequence[object]) -> None:
    table = pq.read_table(path)
    for name, values in columns.items():
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(values))
    pq.write_table(table, path)
