"""Audience histogram: the warehouse's encoding, the bound, figures from noised cells."""

from __future__ import annotations

import math
import subprocess
import sys

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.errors import MeasurementRowsError
from hanse_federation.measurements import AudienceHistogramMeasurement, measurement_for
from hanse_federation.measurements.audience_histogram import count_figure
from hanse_policies.documents import AudienceHistogram, BinnedAxis, CategoricalFeature

AGE = BinnedAxis(column="age", edges=(18.0, 30.5, 65.0))
REGION = CategoricalFeature(column="region", categories=("north", "o'south", "other"))


def a_measurement(*axes: BinnedAxis | CategoricalFeature) -> AudienceHistogramMeasurement:
    return measurement_for(AudienceHistogram(axes=axes))


def encoded(measurement: AudienceHistogramMeasurement, table: pa.Table) -> list[int]:
    """Run the encoding in DuckDB and bound it."""
    connection = ibis.duckdb.connect()
    rows = connection.to_pyarrow(measurement.encode(ibis.memtable(table))).to_pydict()
    connection.disconnect()
    vector = measurement.bound(zip(rows["cell"], rows["persons"], strict=True))
    return [int(count) for count in vector]


def test_labels_are_row_major_with_the_catch_all_last() -> None:
    labels = a_measurement(AGE, REGION).cell_labels()
    assert labels[:5] == (
        ("<18", "north"),
        ("<18", "o'south"),
        ("<18", "other"),
        ("<18", "other"),
        ("18 to <30.5", "north"),
    )
    assert labels[-1] == ("missing", "other")
    assert len(labels) == a_measurement(AGE, REGION).cell_count == 5 * 4


def test_edges_keep_their_digits_in_labels() -> None:
    labels = a_measurement(BinnedAxis(column="spend", edges=(1234567.0, 1234567.25))).cell_labels()
    assert labels[1] == ("1234567 to <1234567.25",)


def test_a_bin_holds_its_lower_edge_and_missing_values_have_a_cell_of_their_own() -> None:
    ages = [17.9, 18.0, 30.4, 30.5, 64.9, 65.0, 1e9, -5.0, None, math.nan, math.inf]
    table = pa.table({"age": pa.array(ages, pa.float64()), "hanse_row": [1] * len(ages)})
    assert encoded(a_measurement(AGE), table) == [2, 2, 2, 3, 2]


@pytest.mark.parametrize("kind", [pa.int32(), pa.int64(), pa.decimal128(25, 2), pa.float32()])
def test_numbers_of_any_type_are_binned(kind: pa.DataType) -> None:
    ages = pa.array([10, 18, 40, 70, None]).cast(kind)
    table = pa.table({"age": ages, "hanse_row": [1] * 5})
    assert encoded(a_measurement(AGE), table) == [1, 1, 1, 1, 1]


def test_unlisted_and_missing_categories_are_other() -> None:
    regions = ["north", "o'south", "other", "NORTH", "", None, "north'; DROP TABLE view; --"]
    table = pa.table({"region": regions, "hanse_row": [1] * 7})
    assert encoded(a_measurement(REGION), table) == [1, 1, 1, 4]


def test_flags_and_numbers_can_be_categories() -> None:
    flag = CategoricalFeature(column="flag", categories=("true", "false"))
    table = pa.table({"flag": [True, True, False, None], "hanse_row": [1] * 4})
    assert encoded(a_measurement(flag), table) == [2, 1, 1]


def test_a_person_with_many_rows_counts_once() -> None:
    table = pa.table({"region": ["north", "o'south", "north", "north"], "hanse_row": [1, 2, 3, 1]})
    assert encoded(a_measurement(REGION), table) == [2, 0, 0, 0]


def test_two_axes_cross() -> None:
    table = pa.table(
        {
            "age": pa.array([20.0, 20.0, None, 70.0]),
            "region": ["north", None, "other", "o'south"],
            "hanse_row": [1, 1, 1, 1],
        }
    )
    cells = np.array(encoded(a_measurement(AGE, REGION), table)).reshape(5, 4)
    assert cells[1, 0] == cells[1, 3] == cells[4, 2] == cells[3, 1] == 1
    assert cells.sum() == 4


def test_an_empty_view_gives_cells_of_zero() -> None:
    table = pa.table({"region": pa.array([], pa.string()), "hanse_row": pa.array([], pa.int64())})
    assert encoded(a_measurement(REGION), table) == [0, 0, 0, 0]


@given(st.lists(st.sampled_from(range(7)), max_size=30), st.integers(0, 6))
def test_one_person_moves_the_vector_by_one(people: list[int], person: int) -> None:
    measurement = a_measurement(BinnedAxis(column="x", edges=(0.0, 1.0, 2.0, 3.0, 4.0)))
    without = measurement.bound((cell, people.count(cell)) for cell in set(people))
    people = [*people, person]
    with_person = measurement.bound((cell, people.count(cell)) for cell in set(people))
    assert np.linalg.norm(with_person - without) <= measurement.l2_sensitivity


@pytest.mark.parametrize("rows", [[(-1, 3)], [(4, 3)], [(0, 1), (0, 1)], [(0, -1)], [(0, 1 << 60)]])
def test_rows_that_the_encoding_cannot_yield_are_refused(rows: list[tuple[int, int]]) -> None:
    with pytest.raises(MeasurementRowsError, match="expected each cell of 0 to 3"):
        a_measurement(REGION).bound(rows)


def test_counts_below_the_minimum_are_suppressed_by_their_noised_value() -> None:
    figures = a_measurement(REGION).decode(
        np.array([500, 49, 52, -3]), contributions=3, noise_multiplier=2.0, minimum_persons=50
    )
    north, south, listed, other = figures.cells
    assert not north.suppressed
    assert not north.insufficient_evidence
    assert north.persons is not None
    assert north.persons.value == 500
    assert south.suppressed
    assert south.insufficient_evidence
    assert south.persons is south.share is None
    assert not listed.suppressed
    assert listed.insufficient_evidence
    assert other.suppressed
    assert not other.insufficient_evidence
    assert figures.noise_deviation == pytest.approx(2 * math.sqrt(3))
    assert figures.total.value == 598
    assert figures.axes == ("region",)


def test_displayed_counts_and_shares_are_possible_ones() -> None:
    figures = a_measurement(REGION).decode(
        np.array([-8, 1000, 3, -2]), contributions=1, noise_multiplier=5.0, minimum_persons=-100
    )
    for cell in figures.cells:
        assert cell.persons is not None
        assert cell.share is not None
        assert cell.persons.value >= 0
        assert 0 <= cell.share.interval.lower <= cell.share.value <= cell.share.interval.upper <= 1


@pytest.mark.parametrize("cells", [[0, 0, 0, 0], [-3, 1, 2, -5], [4, 0, 1, 3]])
def test_shares_of_a_total_drowned_in_noise_say_so(cells: list[int]) -> None:
    figures = a_measurement(REGION).decode(
        np.array(cells), contributions=5, noise_multiplier=4.0, minimum_persons=-100
    )
    for cell in figures.cells:
        assert cell.share is not None
        assert cell.share.insufficient_evidence
        assert (cell.share.interval.lower, cell.share.interval.upper) == (0, 1)


@pytest.mark.parametrize(("deviation", "half_width"), [(0.1, 0), (0.5, 1), (1.0, 2), (10.0, 20)])
def test_the_interval_of_small_discrete_noise_is_whole_numbers(
    deviation: float, half_width: int
) -> None:
    interval = count_figure(100, deviation).interval
    assert (interval.lower, interval.upper) == (100 - half_width, 100 + half_width)


def test_a_share_lies_in_its_interval_where_that_is_narrower_than_floats_are_fine() -> None:
    measurement, draws = a_measurement(REGION), np.random.default_rng(6)
    for _ in range(200):
        figures = measurement.decode(
            draws.integers(100_000_000, 2_000_000_000, 4),
            contributions=3,
            noise_multiplier=2.0,
            minimum_persons=50,
        )
        for cell in figures.cells:
            assert cell.share is not None
            assert cell.share.interval.lower <= cell.share.value <= cell.share.interval.upper


def test_a_sum_of_another_length_or_of_nobody_is_refused() -> None:
    measurement = a_measurement(REGION)
    with pytest.raises(MeasurementRowsError, match="expected 4 cells from at least 1 brand, got 3"):
        measurement.decode(
            np.zeros(3, dtype=np.int64), contributions=1, noise_multiplier=1, minimum_persons=1
        )
    with pytest.raises(MeasurementRowsError, match="got 4 cells from 0"):
        measurement.decode(
            np.zeros(4, dtype=np.int64), contributions=0, noise_multiplier=1, minimum_persons=1
        )


def test_decoding_loads_no_warehouse_library() -> None:
    code = (
        "import sys, hanse_federation.measurements, hanse_federation.privacy;"
        "heavy = {'ibis', 'duckdb', 'pyarrow', 'pandas', 'scipy', 'dp_accounting', 'torch'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")
