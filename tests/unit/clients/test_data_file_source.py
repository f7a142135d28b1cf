from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse_clients.data import MeasuredCell, MinimalView, PersonCount, file_source, view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.row_faults import RowFault
from hanse_clients.errors import SeveralRowsPerPersonError, SourceChangedError
from hanse_policies.documents import Purpose
from tests.support.brand_sources import brand, training_view
from tests.support.brand_tables import (
    DAY,
    HOUR,
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    consents_of,
    histogram,
    ordinary_rows,
    policy,
    study,
    write_brand,
)


def test_file_replaced_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, source = brand(tmp_path)
    versions = iter(letter * 64 for letter in "abcd")
    monkeypatch.setattr(source, "version", lambda: next(versions))

    with pytest.raises(SourceChangedError, match="got a change"):
        source.persons(training_view(asset))
    assert list(versions) == []


def test_file_replaced_once_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, source = brand(tmp_path)
    versions = chain(["a" * 64], repeat("b" * 64))
    monkeypatch.setattr(source, "version", lambda: next(versions))

    assert source.persons(training_view(asset)) == PersonCount(60, "b" * 64)


def test_file_that_is_half_written_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, source = brand(tmp_path)
    path = tmp_path / "people.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    opened = file_source.open_tables

    @contextmanager
    def open_then_finish(*arguments: Any) -> Iterator[Any]:
        try:
            with opened(*arguments) as connection:
                yield connection
        finally:
            path.write_bytes(whole)

    monkeypatch.setattr(file_source, "open_tables", open_then_finish)

    assert source.persons(training_view(asset)).persons == 60


def test_persons_counts_those_who_consent_now(tmp_path: Path) -> None:
    rows = ordinary_rows(20)
    consents = [ConsentRow(r.customer, until=NOW + (i + 1) * HOUR) for i, r in enumerate(rows)]
    asset, source = brand(tmp_path, rows, consents)
    view = training_view(asset)

    counted = [source.persons(view.at(NOW + h * HOUR)).persons for h in (0, 1, 5, 20)]

    assert counted == [20, 19, 15, 0]
    assert source.persons(view).version == source.version()


def test_cells_count_each_person_once(tmp_path: Path) -> None:
    rows = [PersonRow(f"p{i}", tier=("gold", "silver", "x", None)[i % 4], spend=float(i % 3) * 10)
            for i in range(24)]  # fmt: skip
    rows += [PersonRow("p0", tier="gold", spend=0.0)] * 5
    asset, source = brand(tmp_path, rows, consents_of(rows), max_rows_per_person=10)
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)

    measured = source.cells(view, histogram())

    assert sum(cell.persons for cell in measured.cells) == 24
    assert all(isinstance(cell, MeasuredCell) and cell.persons > 0 for cell in measured.cells)
    assert source.faults(view) == ()
    strict, source = brand(tmp_path / "strict", rows, consents_of(rows))
    view = view_for(study(histogram()), strict, policy(), NOW, SALT)
    assert source.faults(view) == (RowFault(SeveralRowsPerPersonError, "customer"),)


def test_consent_state_ignores_rows_synced_in_the_future(tmp_path: Path) -> None:
    rows = ordinary_rows(2)
    consents = [ConsentRow("p0", as_of=NOW - 3 * HOUR), ConsentRow("p1", as_of=NOW + DAY)]
    _, source = brand(tmp_path, rows, consents)

    state = source.consent_state(NOW)

    assert state.synced == NOW - 3 * HOUR
    assert state.purposes == {Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS}


def test_consent_state_of_an_empty_register_says_never_synced(tmp_path: Path) -> None:
    _, source = brand(tmp_path, consents=[])

    assert source.consent_state(NOW).synced is None


def test_rows_of_an_unchanged_brand_are_kept(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)
    view = training_view(asset)

    assert source.rows(view) is source.rows(view.at(NOW + HOUR))


def test_withdrawal_between_two_rounds_removes_the_person(tmp_path: Path) -> None:
    rows = ordinary_rows(40)
    asset, source = brand(tmp_path, rows)
    view = training_view(asset)
    before = source.rows(view)

    consents = consents_of(rows)
    consents[7] = ConsentRow("p7", taken_back=NOW)
    write_brand(tmp_path, rows, consents)
    after = source.rows(view.at(NOW + HOUR))

    assert (len(before), len(after)) == (40, 39)
    assert sorted(before.columns["spend"]).count(7.0) - 1 == sorted(after.columns["spend"]).count(
        7.0
    )


def test_expiry_between_two_rounds_removes_the_person_with_no_file_changed(tmp_path: Path) -> None:
    rows = ordinary_rows(40)
    consents = consents_of(rows)
    consents[7] = ConsentRow("p7", until=NOW + HOUR)
    asset, source = brand(tmp_path, rows, consents)
    view = training_view(asset)

    read = [len(source.rows(view.at(NOW + after))) for after in (0 * HOUR, HOUR / 2, HOUR)]

    assert read == [40, 40, 39]


def test_earlier_instant_never_gets_the_rows_of_a_later_one(tmp_path: Path) -> None:
    rows = ordinary_rows(40)
    consents = consents_of(rows)
    consents[7] = ConsentRow("p7", given=NOW)
    asset, source = brand(tmp_path, rows, consents)
    view = training_view(asset)

    assert [len(source.rows(view.at(when))) for when in (NOW, NOW - HOUR / 2)] == [40, 39]


OFFSETS = [-25 * HOUR, -24 * HOUR, -HOUR, 0 * HOUR, HOUR, 2 * HOUR, 23 * HOUR]
INSTANTS = st.none() | st.sampled_from([NOW + offset for offset in OFFSETS])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.builds(ConsentRow, subject=st.sampled_from(["p1", "p2", "p5"]),
                  given=st.sampled_from([NOW + o for o in OFFSETS]), until=INSTANTS,
                  taken_back=INSTANTS, as_of=st.sampled_from([NOW + o for o in OFFSETS])),
        max_size=4,
    ),
    later=st.lists(st.sampled_from([NOW + o for o in OFFSETS]), min_size=2, max_size=3),
)  # fmt: skip
def test_kept_rows_are_those_a_fresh_reading_gives(
    changes: list[ConsentRow], later: list[datetime], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("brand")
    rows = ordinary_rows(12)
    fixed = [ConsentRow(r.customer, given=NOW - 90 * DAY, as_of=NOW - HOUR) for r in rows[6:]]
    asset, source = brand(folder, rows, fixed + changes)
    view = training_view(asset)

    for when in later:
        fresh = DuckDBSource(asset, folder)
        counted = fresh.persons(view.at(when))
        assert outcome(source, view.at(when)) == outcome(fresh, view.at(when))
        assert source.persons(view.at(when)) == counted


def test_the_count_of_kept_rows_needs_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, source = brand(tmp_path)
    view = training_view(asset)
    source.rows(view)
    monkeypatch.setattr(source, "_ask", None)

    assert source.persons(view.at(NOW + HOUR)) == PersonCount(60, source.version())


def outcome(source: DuckDBSource, view: MinimalView) -> object:
    rows = source.rows(view)
    return sorted(zip(rows.columns["spend"], rows.label, strict=True))
