from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.data import left_out_log
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.left_out_log import LeftOutLog
from hanse_clients.data.row_faults import RowFault
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import MissingFeatureValueError, WarehouseLimitError
from tests.support.brand_sources import brand, training_view
from tests.support.brand_tables import HOUR, ordinary_rows

FAULT = RowFault(MissingFeatureValueError, "spend")


@pytest.fixture
def view(tmp_path: Path) -> MinimalView:
    return training_view(brand(tmp_path)[0])


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_fault_is_told_once_for_a_study_and_a_data_version(
    view: MinimalView, caplog: pytest.LogCaptureFixture
) -> None:
    log = LeftOutLog()
    other = view.model_copy(update={"study": "f" * 64})

    for asked, version in ((view, "1"), (view.at(view.now + HOUR), "1"), (view, "2"), (other, "2")):
        log.tell(asked, version, lambda _: (FAULT,))

    assert [line.split()[1][:4] for line in lines(caplog)] == [view.study[:4]] * 2 + ["ffff"]


def test_what_is_told_is_the_study_the_code_and_the_column(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [*ordinary_rows(20)]
    rows[4] = replace(rows[4], spend=None)
    asset, source = brand(tmp_path, rows)
    view = training_view(asset)

    for after in (0, 1, 2):
        source.persons(view.at(view.now + after * HOUR))
        source.rows(view.at(view.now + after * HOUR))

    (line,) = lines(caplog)
    assert line == (
        f"study {view.study}: persons left out or rows not used: feature-value-missing in column "
        "spend; see hanse brand check"
    )


def test_sound_rows_are_told_nothing_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asset, source = brand(tmp_path)

    source.rows(training_view(asset))

    assert lines(caplog) == []


def test_failing_to_look_for_faults_takes_nothing_from_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> tuple[RowFault, ...]:
        raise WarehouseLimitError("expected less")

    asset, source = brand(tmp_path)
    monkeypatch.setattr(DuckDBSource, "faults", fail)

    assert source.persons(training_view(asset)).persons == 60
    assert "warehouse-limit-exceeded" in lines(caplog)[0]


def test_what_was_told_is_forgotten_some_day(
    view: MinimalView, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(left_out_log, "MAXIMUM_STUDIES", 2)
    log = LeftOutLog()

    for study in "abca":
        log.tell(view.model_copy(update={"study": study * 64}), "1", lambda _: (FAULT,))

    assert len(lines(caplog)) == 4
