from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hanse_clients.data import ViewUse, WarehouseLimits, view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.queries import ROWS_TABLE
from hanse_clients.data.tables import open_tables
from hanse_clients.errors import (
    ColumnTypeError,
    MissingColumnError,
    MissingSourceError,
    UnreadableSourceError,
    WarehouseEngineError,
    WarehouseLimitError,
)
from hanse_policies.documents import ColumnType, SourceFormat
from tests.support.brand_sources import brand, content, rewrite, training_view
from tests.support.brand_tables import (
    HOUR,
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)


@pytest.mark.parametrize("stored_as", list(SourceFormat))
@pytest.mark.parametrize("is_zoned", [True, False])
def test_every_format_gives_the_same_rows(
    tmp_path: Path, stored_as: SourceFormat, is_zoned: bool
) -> None:
    asset, source = brand(tmp_path, stored_as=stored_as, is_zoned=is_zoned)
    _, parquet = brand(tmp_path / "parquet")

    source.check()
    rows = source.rows(training_view(asset))

    wanted = parquet.rows(training_view(parquet._asset))
    assert content(rows) == content(wanted)
    assert len(rows) == 60


@pytest.mark.parametrize("name", ["people.parquet", "register.parquet"])
def test_missing_file_is_named(tmp_path: Path, name: str) -> None:
    _, source = brand(tmp_path)
    (tmp_path / name).unlink()

    for ask in (source.check, source.version):
        with pytest.raises(MissingSourceError, match=f"expected a parquet file at {name}"):
            ask()


def test_pattern_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path)
    many = asset.model_copy(
        update={"source": asset.source.model_copy(update={"path": "*.parquet"})}
    )

    with pytest.raises(MissingSourceError, match="got a pattern"):
        DuckDBSource(many, tmp_path).check()


@pytest.mark.parametrize("stored_as", list(SourceFormat))
@pytest.mark.parametrize(
    "part",
    [
        {"person": "client"},
        {"columns": "age"},
        {"consent": "granted"},
    ],
)
def test_missing_column_is_named(
    tmp_path: Path, stored_as: SourceFormat, part: dict[str, str]
) -> None:
    asset, _ = brand(tmp_path, stored_as=stored_as)
    if "columns" in part:
        changed = asset.columns[0].model_copy(update={"name": part["columns"]})
        asset = asset.model_copy(update={"columns": (*asset.columns, changed)})
    elif "consent" in part:
        mapping = asset.consent.model_copy(update={"granted": part["consent"]})
        asset = asset.model_copy(update={"consent": mapping})
    else:
        asset = asset.model_copy(update=part)

    with pytest.raises(MissingColumnError, match=f"expected a column {next(iter(part.values()))}"):
        DuckDBSource(asset, tmp_path).check()


@pytest.mark.parametrize("stored_as", list(SourceFormat))
def test_what_persons_wrote_is_never_shown_to_the_engine_and_hinders_nothing(
    tmp_path: Path, stored_as: SourceFormat
) -> None:
    asset, source = brand(tmp_path, stored_as=stored_as)
    category = next(c for c in asset.columns if c.type is ColumnType.CATEGORY)
    written = category.model_copy(update={"name": "letter", "type": ColumnType.TEXT})
    told = asset.model_copy(update={"columns": (*asset.columns, written)})
    with_letters = DuckDBSource(told, tmp_path)

    with_letters.check()

    with open_tables(told, tmp_path, WarehouseLimits()) as connection:
        assert "letter" not in connection.table(ROWS_TABLE).columns
    found = with_letters.rows(training_view(told))
    assert content(found) == content(source.rows(training_view(asset)))


@pytest.mark.parametrize("column", ["spend", "customer", "bought"])
def test_column_stored_as_a_wrong_type_is_named(tmp_path: Path, column: str) -> None:
    _, source = brand(tmp_path)
    rewrite(tmp_path / "people.parquet", **{column: [[1.0]] * 60})

    with pytest.raises(ColumnTypeError, match=f"expected column {column}"):
        source.check()


def test_consent_instant_stored_as_text_is_refused(tmp_path: Path) -> None:
    _, source = brand(tmp_path)
    rewrite(tmp_path / "register.parquet", until=["tomorrow"] * 60)

    with pytest.raises(ColumnTypeError, match="column until of the consent register"):
        source.check()


@pytest.mark.parametrize("stored_as", list(SourceFormat))
def test_file_of_another_format_is_refused_without_quoting_it(
    tmp_path: Path, stored_as: SourceFormat
) -> None:
    asset, source = brand(tmp_path, stored_as=stored_as)
    (tmp_path / asset.source.path).write_bytes(b"secret-value \xff\xfe\x00,,\n" * 10)

    with pytest.raises((UnreadableSourceError, MissingColumnError)) as refused:
        source.check()
    assert "secret-value" not in str(refused.value)


def test_missing_table_in_a_database_file_is_refused(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path, stored_as=SourceFormat.DUCKDB)
    elsewhere = asset.model_copy(
        update={"source": asset.source.model_copy(update={"table": "nowhere"})}
    )

    with pytest.raises(UnreadableSourceError, match="with a table nowhere"):
        DuckDBSource(elsewhere, tmp_path).check()


def test_check_reads_the_schema_and_no_row(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)
    path = tmp_path / "people.parquet"
    whole = path.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    path.write_bytes(whole[:4] + b"\xff" * (len(whole) - 4 - footer) + whole[-footer:])

    source.check()
    with pytest.raises(WarehouseEngineError, match="write the files anew") as refused:
        source.rows(training_view(asset))
    assert refused.value.wire_code() == "data-not-usable"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("whole", ["[0-9]", "a'b", "a;b"])
def test_odd_file_names_are_names_and_nothing_else(tmp_path: Path, whole: str) -> None:
    asset, source = brand(tmp_path / whole)

    if "[" in whole:
        with pytest.raises(MissingSourceError, match="got a pattern"):
            source.check()
    else:
        assert len(source.rows(training_view(asset))) == 60


def test_folder_that_looks_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    asset, source = brand(tmp_path / "tier=gold")

    assert set(source.rows(training_view(asset)).columns["tier"]) == {
        "gold",
        "silver",
        "none",
        None,
    }


def test_csv_header_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert len(source.rows(training_view(asset))) == 60


def test_csv_instant_with_an_offset_is_converted(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, stored_as=SourceFormat.CSV)
    path = tmp_path / "register.csv"
    text = path.read_text().replace("2026-05-02 12:00:00+00:00", "2026-06-01T13:59:00+02:00")
    path.write_text(text)

    view = training_view(asset)

    assert source.persons(view).persons == 60
    assert source.persons(view.at(NOW - timedelta(minutes=2))).persons == 0


@pytest.mark.parametrize("is_zoned", [True, False])
def test_infinite_instants_mean_what_they_say(tmp_path: Path, is_zoned: bool) -> None:
    rows = [PersonRow("always"), PersonRow("gone"), PersonRow("never")]
    asset, source = brand(tmp_path, rows, stored_as=SourceFormat.DUCKDB, is_zoned=is_zoned)
    with duckdb.connect(str(tmp_path / "brand.duckdb")) as database:
        database.execute("UPDATE register SET until = 'infinity' WHERE subject = 'always'")
        database.execute("UPDATE register SET taken_back = '-infinity' WHERE subject = 'gone'")
        database.execute("UPDATE register SET given = 'infinity' WHERE subject = 'never'")
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    assert list(source.scoring_rows(view).persons) == ["always"]
    assert source.consent_state(NOW).synced == NOW - HOUR


def test_numbered_persons_meet_their_consents_stored_as_text(tmp_path: Path) -> None:
    rows = [PersonRow(i, bought=i % 2 == 0) for i in range(20)]
    asset, source = brand(tmp_path, rows, [ConsentRow(str(i)) for i in range(10)])

    assert source.persons(training_view(asset)).persons == 10


def test_engine_reads_no_other_file_and_writes_none(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path)
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")

    with open_tables(asset, tmp_path, WarehouseLimits()) as connection:
        for statement in (
            f"SELECT * FROM read_csv('{other}')",  # noqa: S608
            f"COPY brand_rows TO '{tmp_path / 'out.csv'}'",
            f"COPY (SELECT 1) TO '{tmp_path / 'people.parquet'}'",
            f"ATTACH '{tmp_path / 'new.duckdb'}'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SET threads = 8",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)


def test_database_file_is_attached_for_reading_only(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path, stored_as=SourceFormat.DUCKDB)

    with open_tables(asset, tmp_path, WarehouseLimits()) as connection:
        with pytest.raises(duckdb.Error):
            connection.execute("DELETE FROM hanse_source_brand_rows.main.people")
        assert connection.execute("SELECT count(*) FROM brand_rows").fetchall() == [(60,)]


def test_tables_hold_no_column_that_the_asset_does_not_name(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path)

    with open_tables(asset, tmp_path, WarehouseLimits()) as connection:
        people = {row[0] for row in connection.execute("DESCRIBE brand_rows").fetchall()}
        register = {row[0] for row in connection.execute("DESCRIBE brand_consent").fetchall()}

    flags = {f"hanse_unreadable_{name}" for name in ("spend", "visits", "bought")}
    assert people == {"customer", "spend", "visits", "tier", "bought"} | flags
    instants = {"given", "until", "taken_back", "as_of"}
    flags = {f"hanse_unreadable_{name}" for name in instants}
    assert register == {"subject", "use"} | instants | flags


def test_a_question_leaves_the_database_free_for_the_brands_own_jobs(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, stored_as=SourceFormat.DUCKDB)
    source.rows(training_view(asset))

    with duckdb.connect(str(tmp_path / "brand.duckdb")) as database:
        database.execute("INSERT INTO people SELECT 'new', 1, 1, 'gold', true, ''")


def test_question_beyond_the_memory_limit_is_refused(tmp_path: Path) -> None:
    rows = ordinary_rows(1)
    asset = write_brand(tmp_path, rows, [])
    count = 400_000
    ids = pa.array([f"person-{i:060}" for i in range(count)])
    people = pq.read_table(tmp_path / "people.parquet")
    constant = {n: pa.array([people[n][0].as_py()] * count) for n in people.column_names[1:]}
    pq.write_table(pa.table({"customer": ids, **constant}), tmp_path / "people.parquet")
    now = pa.array([NOW] * count)
    none = pa.array([None] * count, type=pa.timestamp("us", tz="UTC"))
    pq.write_table(
        pa.table({"subject": ids, "use": pa.array(["model training"] * count), "given": now,
                  "until": none, "taken_back": none, "as_of": now}),
        tmp_path / "register.parquet",
    )  # fmt: skip

    with pytest.raises(WarehouseLimitError, match="expected the question to fit in 64 MiB"):
        DuckDBSource(asset, tmp_path, WarehouseLimits(memory_mb=64)).rows(training_view(asset))
