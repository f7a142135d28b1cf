"""Exports and folders made to widen consent through an import, each refused or without effect."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, time, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from hanse_clients.consent_ingest.importing import import_consent
from hanse_clients.consent_ingest.shapes import ConsentFormat, ImportTerms
from hanse_clients.data import view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.view import ViewUse
from hanse_clients.errors import ConsentFileError
from hanse_policies.command import run
from hanse_policies.documents import ConsentMapping, Purpose, SourceFormat, TableSource
from tests.support.brand_tables import (
    HOUR,
    NOW,
    SALT,
    TRAINING_WORD,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.tc_strings import tc_string

GROUPS = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
GRANTED = NOW - timedelta(days=30)
VENDOR = 755
TERMS = ImportTerms(NOW - HOUR, VENDOR, {TRAINING_WORD: frozenset({9, 10})})
TABLE = "person,purpose,granted,expires,withdrawn\n"
GOOD = f"{TABLE}0,{TRAINING_WORD},2026-05-01T00:00:00Z,,\n"
INSTANT = pa.timestamp("us", tz="UTC")


def imported(
    source: Path, shape: ConsentFormat, terms: ImportTerms = TERMS, name: str = "out.parquet"
) -> list[dict[str, Any]]:
    target = source.parent / name
    import_consent(source, target, shape, terms, NOW)
    return list(parquet.read_table(target).to_pylist())


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def record(event: str, **fields: str) -> str:
    told = "".join(f', "{name}": {value}' for name, value in fields.items())
    return (
        f'[{{"pii_principal_id": "0"{told}, "pii_processing": [{{"purposes": '
        f'[{{"purpose": "{TRAINING_WORD}", "events": [{event}]}}]}}]}}]'
    )


GIVEN = '{"event_time": "2026-05-01T00:00:00Z", "event_state": "given"}'


@pytest.mark.parametrize(
    "text",
    [
        record(GIVEN.replace('"event_state": "given"', '"event_state": "withdrawn"')[:-1]
               + ', "event_state": "given"}'),
        record(GIVEN, recipient_third_parties='[], "recipient_third_parties": null'),
        record(GIVEN).replace('"purpose":', '"purpose": null, "purpose":'),
    ],
)  # fmt: skip
def test_a_doubled_json_field_whose_last_word_gives_consent_is_refused(
    tmp_path: Path, text: str
) -> None:
    source = written(tmp_path, "in.json", text)
    with pytest.raises(ConsentFileError, match="each field of a JSON object once"):
        imported(source, ConsentFormat.ISO27560)
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def persons_in_view(folder: Path, register: str) -> int:
    mapping = ConsentMapping.model_validate(
        {
            "source": TableSource(format=SourceFormat.PARQUET, path=register),
            **{name: name for name in ("person", "purpose", "granted", "expires", "withdrawn")},
            "synced": "synced",
            "basis": {"constant": "consent"},
            "recipients": "recipients",
            "purposes": {Purpose.MODEL_TRAINING: TRAINING_WORD},
        }
    )
    asset = write_brand(folder, ordinary_rows(3), []).model_copy(update={"consent": mapping})
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)
    return DuckDBSource(asset, folder).persons(view).persons


@pytest.mark.parametrize(("scope", "persons"), [("[]", 0), ('""', 0), ("null", 1)])
def test_a_scope_of_nobody_stays_one_when_its_table_is_imported_again(
    tmp_path: Path, scope: str, persons: int
) -> None:
    text = record(GIVEN, recipient_third_parties=scope)
    text = text.replace('"0"', f'"{ordinary_rows(1)[0].customer}"')
    source = written(tmp_path, "in.json", text)
    (first,) = imported(source, ConsentFormat.ISO27560, name="iso.parquet")
    (again,) = imported(tmp_path / "iso.parquet", ConsentFormat.TABLE, name="table.parquet")
    assert again["recipients"] == first["recipients"]
    for register in ("iso.parquet", "table.parquet"):
        assert persons_in_view(tmp_path, register) == persons


def test_an_empty_scope_in_csv_tells_nothing(tmp_path: Path) -> None:
    text = GOOD.replace(",withdrawn\n", ",withdrawn,recipients\n").replace(",,\n", ",,,\n")
    (row,) = imported(written(tmp_path, "in.csv", text), ConsentFormat.TABLE)
    assert row["recipients"] is None


def test_a_partial_file_that_others_may_read_lends_the_register_nothing(tmp_path: Path) -> None:
    source = written(tmp_path, "in.csv", GOOD)
    written(tmp_path, ".out.parquet.partial", "left over").chmod(0o666)
    imported(source, ConsentFormat.TABLE)
    assert stat.S_IMODE((tmp_path / "out.parquet").stat().st_mode) == 0o600
    assert not (tmp_path / ".out.parquet.partial").exists()


def test_a_link_in_the_place_of_the_partial_file_is_not_followed(tmp_path: Path) -> None:
    source = written(tmp_path, "in.csv", GOOD)
    victim = written(tmp_path, "victim", "unchanged")
    (tmp_path / ".out.parquet.partial").symlink_to(victim)
    imported(source, ConsentFormat.TABLE)
    assert victim.read_text(encoding="utf-8") == "unchanged"
    assert not (tmp_path / "out.parquet").is_symlink()


@pytest.mark.parametrize("microseconds", [2**62, -(2**62)])
@pytest.mark.parametrize("name", ["granted", "expires", "withdrawn", "synced"])
def test_an_instant_that_no_calendar_holds_denies_its_person_alone(
    tmp_path: Path, name: str, microseconds: int
) -> None:
    told = {"granted": GRANTED, "expires": None, "withdrawn": None, "synced": NOW - HOUR}
    columns = {n: pa.array([when, when], INSTANT) for n, when in told.items()}
    columns[name] = pa.array([microseconds, None], pa.int64()).cast(INSTANT)
    columns["seen"] = pa.array([None, microseconds], pa.int64()).cast(INSTANT)
    who = {"person": ["a", "b"], "purpose": [TRAINING_WORD] * 2}
    parquet.write_table(pa.table({**who, **columns}), tmp_path / "in.parquet")
    rows = imported(tmp_path / "in.parquet", ConsentFormat.TABLE)
    assert [(row["person"], row["withdrawn"]) for row in rows] == [("b", None), ("a", NOW)]


@pytest.mark.parametrize("synced", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_of_the_export_beyond_the_calendar_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], synced: str
) -> None:
    source = written(tmp_path, "in.csv", GOOD)
    asked = [str(source), str(tmp_path / "out.parquet"), "--format", "table", "--synced", synced]
    assert run(["brand", "import-consent", *asked], GROUPS) == 3
    assert "consent-terms-invalid: expected an instant with an offset" in capsys.readouterr().err


def test_a_denial_of_an_unreadable_row_was_never_synced(tmp_path: Path) -> None:
    text = GOOD + f"1,{TRAINING_WORD},soon,,\n"
    rows = imported(written(tmp_path, "in.csv", text), ConsentFormat.TABLE)
    assert [(r["person"], r["withdrawn"], r["synced"]) for r in rows] == [
        ("0", None, NOW - HOUR),
        ("1", NOW, None),
    ]


@given(
    chosen=st.datetimes(datetime(2022, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    later=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_a_withdrawal_that_a_signal_tells_to_the_day_is_taken_no_earlier_than_it_was(
    tmp_path_factory: pytest.TempPathFactory, chosen: datetime, later: timedelta
) -> None:
    folder, synced = tmp_path_factory.mktemp("import"), chosen + later
    text = tc_string(chosen, purposes=(9,), vendors=(VENDOR,), disclosed=(VENDOR,))
    terms = ImportTerms(synced, TERMS.vendor, TERMS.purposes)
    source = written(folder, "in.csv", f"person,string\na,{text}\n")
    (row,) = imported(source, ConsentFormat.TCF, terms)
    assert row["granted"] is None
    assert chosen <= row["withdrawn"] <= synced
    midnight = datetime.combine(chosen.date(), time(), UTC)
    assert row["withdrawn"] <= midnight + timedelta(days=1)


def test_a_grant_that_a_signal_tells_to_the_day_is_taken_from_its_first_instant(
    tmp_path: Path,
) -> None:
    text = tc_string(GRANTED, purposes=(9, 10), vendors=(VENDOR,), disclosed=(VENDOR,))
    source = written(tmp_path, "in.csv", f"person,string\na,{text}\n")
    (row,) = imported(source, ConsentFormat.TCF)
    midnight = datetime.combine(GRANTED.date(), time(), UTC)
    assert (row["granted"], row["withdrawn"]) == (midnight, None)
