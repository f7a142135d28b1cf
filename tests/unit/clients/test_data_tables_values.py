"""Stored values that do not fit, NaN that statistics hide, damage: none is aimed at a person."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hanse_clients.data import ViewUse, view_for
from hanse_clients.data.row_faults import RowFault
from hanse_clients.errors import NonFiniteFeatureError, UnreadableValueError, WarehouseEngineError
from hanse_policies.documents import Between, SourceFormat
from tests.support.brand_sources import brand, training_view
from tests.support.brand_tables import (
    HOUR,
    NOW,
    SALT,
    histogram,
    ordinary_rows,
    policy,
    study,
    training,
)


@pytest.mark.parametrize(
    ("whole", "damaged", "column"),
    [
        ("p7,7.0", "p7,seven-euro", "spend"),
        ("p7,7.0", 'p7,"7,0"', "spend"),
        ("silver,False,not", "silver,perhaps,not", "bought"),
    ],
)
def test_csv_value_that_does_not_fit_leaves_its_person_out(
    tmp_path: Path, whole: str, damaged: str, column: str
) -> None:
    asset, source = brand(tmp_path, ordinary_rows(20), stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    assert whole in path.read_text()
    path.write_text(path.read_text().replace(whole, damaged, 1))
    view = training_view(asset)

    source.check()
    assert (len(source.rows(view)), source.persons(view).persons) == (19, 19)
    assert RowFault(UnreadableValueError, column) in source.faults(view)


def test_csv_value_that_does_not_fit_is_missing_to_a_measurement(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, ordinary_rows(20), stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    path.write_text(path.read_text().replace("p7,7.0", "p7,seven-euro"))
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)

    measured = source.cells(view, histogram())

    missing = [cell.persons for cell in measured.cells if cell.cell % 4 == 3]
    assert (sum(cell.persons for cell in measured.cells), missing) == (20, [1])
    assert source.faults(view) == (RowFault(UnreadableValueError, "spend"),)


UNREADABLE = ["tomorrow", "01/06/2026", "2026-13-01", "999999-01-01", "1780315200", "-", "null"]


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("column", ["given", "until", "taken_back", "as_of"])
def test_csv_consent_that_cannot_be_read_is_no_consent(
    tmp_path: Path, column: str, text: str
) -> None:
    rows = ordinary_rows(4)
    asset, source = brand(tmp_path, rows, stored_as=SourceFormat.CSV)
    path = tmp_path / "register.csv"
    with path.open(newline="") as file:
        header, *held = csv.reader(file)
    held.append(held[2].copy())  # p2 has another row, which is whole.
    held[2][header.index(column)] = text
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *held])
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    assert set(source.scoring_rows(view).persons) == {"p0", "p1", "p3"}
    fault = RowFault(UnreadableValueError, column, is_register=True)
    assert source.faults(view) == (fault,)
    assert source.consent_state(NOW).synced == NOW - HOUR


def test_stored_instant_beyond_what_can_be_compared_is_no_consent(tmp_path: Path) -> None:
    rows = ordinary_rows(3)
    asset, source = brand(tmp_path, rows, stored_as=SourceFormat.DUCKDB)
    with duckdb.connect(str(tmp_path / "brand.duckdb")) as database:
        database.execute("ALTER TABLE register ALTER taken_back TYPE DATE")
        database.execute("UPDATE register SET taken_back='5000000-01-01' WHERE subject='p1'")

    assert source.persons(training_view(asset)).persons == 2


@pytest.mark.parametrize("year", ["99999", "0044"])
def test_instants_that_python_cannot_hold_stay_in_the_warehouse(tmp_path: Path, year: str) -> None:
    rows = ordinary_rows(12)
    asset, source = brand(tmp_path, rows, stored_as=SourceFormat.DUCKDB)
    with duckdb.connect(str(tmp_path / "brand.duckdb")) as database:
        when = f"{year}-01-01" + (" (BC)" if year == "0044" else "")
        for column in ("until", "taken_back", "as_of", "given"):
            database.execute(
                f"UPDATE register SET {column} = TIMESTAMP '{when}' WHERE subject = 'p1'"  # noqa: S608
            )

    assert len(source.rows(training_view(asset))) == 11
    assert source.consent_state(NOW).synced == NOW - HOUR


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_not_finite_among_finite_ones_is_seen_whatever_the_file_says(
    tmp_path: Path, value: float
) -> None:
    """Parquet's minima and maxima leave NaN out, and DuckDB's optimizer believes them."""
    rows = ordinary_rows(60)
    rows[25] = replace(rows[25], spend=value)
    asset, source = brand(tmp_path, rows)
    people = pq.read_table(tmp_path / "people.parquet")
    pq.write_table(people, tmp_path / "people.parquet", row_group_size=20)
    view = training_view(asset)
    within = view.model_copy(update={"population": (Between(column="spend", lower=-1, upper=60),)})
    measuring = view_for(study(histogram()), asset, policy(), NOW, SALT)

    assert len(source.rows(view)) == source.persons(view).persons == 59
    assert source.persons(within).persons == 59
    assert source.faults(view) == (RowFault(NonFiniteFeatureError, "spend"),)
    missing = [c.persons for c in source.cells(measuring, histogram()).cells if c.cell % 4 == 3]
    assert missing == ([1] if np.isnan(value) else [])


def test_damage_is_met_by_every_population_or_by_none(tmp_path: Path) -> None:
    """A text that is not UTF-8 refuses the whole file, not the row group that filters aim at."""
    asset, source = brand(tmp_path, [replace(r, spend=float(i)) for i, r in
                                     enumerate(ordinary_rows(60))])  # fmt: skip
    people = pq.read_table(tmp_path / "people.parquet")
    tiers = [b"gold"] * 59 + [b"\xff\xfe"]
    broken = pa.StringArray.from_buffers(60, *pa.array(tiers).buffers()[1:])
    people = people.set_column(people.column_names.index("tier"), "tier", broken)
    pq.write_table(people, tmp_path / "people.parquet", row_group_size=10)
    view = training_view(asset)

    for lower in (0.0, 30.0, 50.0, 1000.0):
        aimed = (Between(column="spend", lower=lower, upper=lower + 9),)
        with pytest.raises(WarehouseEngineError):
            source.rows(view.model_copy(update={"population": aimed}))
