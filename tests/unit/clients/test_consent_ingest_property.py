"""An unreadable row denies its person whatever else the export says, to rules and warehouse."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from hanse_clients.consent_ingest.importing import import_consent
from hanse_clients.consent_ingest.shapes import ConsentFormat, ImportTerms
from hanse_clients.data.consent_expression import consenting_persons
from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_clients.errors import ConsentFileError
from hanse_policies.documents import (
    ConsentRecord,
    ConsentStanding,
    DataAsset,
    Purpose,
    standing_of,
)
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    DAY,
    HOUR,
    NOW,
    SALT,
    TRAINING_WORD,
    ConsentRow,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.canonical_tables import Engine
from tests.support.consent import a_need

IMPORTED = NOW - HOUR
"""When the export was imported: grants of a later instant are among the rows."""
OFFSETS = (-3 * DAY, -DAY, -2 * HOUR, -HOUR, timedelta(minutes=-30), timedelta(0), DAY)
HEADINGS = ("person", "purpose", "granted", "expires", "withdrawn", "synced")


@dataclass(frozen=True)
class Exported:
    """A row of a brand's own export, as text."""

    person: str
    purpose: str
    granted: str
    expires: str
    withdrawn: str
    synced: str

    @property
    def is_readable(self) -> bool:
        return "soon" not in astuple(self)


def written(offset: timedelta) -> str:
    return (NOW + offset).astimezone(UTC).isoformat()


INSTANT = st.sampled_from([written(offset) for offset in OFFSETS])
BLANK = st.just("")
EXPORTS = st.lists(
    st.builds(
        Exported,
        person=st.sampled_from(["a", "b", "c"]),
        purpose=st.sampled_from([TRAINING_WORD, TRAINING_WORD, ANALYTICS_WORD]),
        granted=INSTANT | INSTANT | BLANK,
        expires=BLANK | BLANK | INSTANT,
        withdrawn=BLANK | BLANK | INSTANT | st.just("soon"),
        synced=st.just(written(-2 * HOUR)),
    ),
    max_size=8,
)


def imported(rows: Sequence[Exported]) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "in.csv", Path(name) / "out.parquet"
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *map(astuple, rows)])
        terms = ImportTerms(None, None, {})
        import_consent(source, target, ConsentFormat.TABLE, terms, IMPORTED)
        return list(parquet.read_table(target).to_pylist())


def at(row: dict[str, object], field: str) -> datetime | None:
    value = row[field]
    assert value is None or isinstance(value, datetime)
    return value


def standings(rows: Sequence[dict[str, object]], now: datetime) -> dict[str, ConsentStanding]:
    """Judge every person by the rules."""
    held: dict[str, list[ConsentRecord]] = {person: [] for person in ("a", "b", "c")}
    for row in rows:
        if row["purpose"] == TRAINING_WORD:
            held[str(row["person"])].append(
                ConsentRecord(
                    purpose=Purpose.MODEL_TRAINING,
                    granted=at(row, "granted"),
                    expires=at(row, "expires"),
                    withdrawn=at(row, "withdrawn"),
                    synced=at(row, "synced"),
                )
            )
    return {person: standing_of(records, now, a_need()) for person, records in held.items()}


def canonical(row: dict[str, object]) -> ConsentRow:
    return ConsentRow(
        subject=str(row["person"]),
        use=str(row["purpose"]),
        given=at(row, "granted"),
        until=at(row, "expires"),
        taken_back=at(row, "withdrawn"),
        as_of=at(row, "synced"),
    )


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> MinimalView:
    asset: DataAsset = write_brand(tmp_path_factory.mktemp("brand"), ordinary_rows(1), [])
    return view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)


@settings(max_examples=100, deadline=None)
@given(rows=EXPORTS)
def test_who_has_an_unreadable_row_is_left_out_and_rules_and_warehouse_agree(
    view: MinimalView, rows: list[Exported]
) -> None:
    denied = {row.person for row in rows if not row.is_readable}
    register = imported(rows)
    by_rules = {
        person
        for person, standing in standings(register, NOW).items()
        if standing is ConsentStanding.VALID
    }
    engine = Engine([], [canonical(row) for row in register])
    by_warehouse = {row[0] for row in engine.run(consenting_persons(view))}
    assert by_rules == by_warehouse
    assert by_rules & denied == set()


@settings(max_examples=100, deadline=None)
@given(rows=EXPORTS)
def test_an_unreadable_row_changes_nothing_for_anybody_else(rows: list[Exported]) -> None:
    denied = {row.person for row in rows if not row.is_readable}
    others = [row for row in rows if row.person not in denied]
    whole = standings(imported(rows), NOW)
    alone = standings(imported(others), NOW)
    assert {p: s for p, s in whole.items() if p not in denied} == {
        p: s for p, s in alone.items() if p not in denied
    }


@pytest.mark.parametrize("order", [0, 1])
def test_a_later_grant_does_not_outrank_a_denial_that_cannot_be_read(order: int) -> None:
    unreadable = Exported("a", TRAINING_WORD, "", "", "soon", written(-2 * HOUR))
    later = Exported("a", TRAINING_WORD, written(DAY), "", "", written(-2 * HOUR))
    rows = imported([unreadable, later] if order else [later, unreadable])
    for days in range(0, 400, 50):
        assert standings(rows, NOW + days * DAY)["a"] is not ConsentStanding.VALID
    assert [row for row in rows if row["granted"] is not None] == []


def test_a_row_of_another_purpose_that_cannot_be_read_denies_all_purposes() -> None:
    rows = imported(
        [
            Exported("a", TRAINING_WORD, written(-DAY), "", "", written(-2 * HOUR)),
            Exported("a", ANALYTICS_WORD, "", "", "soon", written(-2 * HOUR)),
            Exported("b", TRAINING_WORD, written(-DAY), "", "", written(-2 * HOUR)),
        ]
    )
    found = standings(rows, NOW)
    assert found["a"] is not ConsentStanding.VALID
    assert found["b"] is ConsentStanding.VALID


def test_the_readable_end_of_a_consent_is_kept_for_a_denied_person() -> None:
    ended = Exported("a", TRAINING_WORD, written(-3 * DAY), "", written(-DAY), written(-2 * HOUR))
    unreadable = Exported("a", TRAINING_WORD, "", "", "soon", written(-2 * HOUR))
    kept = [at(row, "withdrawn") for row in imported([ended, unreadable])]
    assert kept == [NOW - DAY, IMPORTED]


def test_an_export_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    heading = ",".join(HEADINGS)
    good = f"a,{TRAINING_WORD},{written(-DAY)},,,{written(-DAY)}"
    source.write_text(f"{heading}\n{good}\n", encoding="utf-8")
    opened: list[Path] = []
    real = Path.open

    def opens(path: Path, *arguments: str, **named: str) -> object:
        if path == source:
            opened.append(path)
            if len(opened) == 2:
                damaged = good.replace(written(-DAY), "soon", 1)
                path.write_bytes(f"{heading}\n{damaged}\n".encode())
        return real(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", opens)
    terms = ImportTerms(None, None, {})
    with pytest.raises(ConsentFileError):
        import_consent(source, tmp_path / "out.parquet", ConsentFormat.TABLE, terms, IMPORTED)
    assert not (tmp_path / "out.parquet").exists()
