from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hanse_clients.data import ViewUse, view_for
from hanse_clients.data.queries import HOLDOUT
from hanse_clients.data.training_rows import training_rows
from hanse_clients.errors import (
    ColumnUseError,
    EmptyCohortError,
    SeveralRowsPerPersonError,
)
from hanse_policies.documents import DataAsset
from tests.support.brand_sources import brand, training_view
from tests.support.brand_tables import (
    NOW,
    SALT,
    PersonRow,
    consents_of,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> DataAsset:
    return write_brand(tmp_path_factory.mktemp("brand"), ordinary_rows(1), [])


def test_training_rows_are_read_only_and_know_no_person(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)

    rows = source.rows(training_view(asset))

    assert set(rows.columns) == {"spend", "visits", "tier"}
    assert rows.columns["spend"].dtype == np.float64
    assert rows.columns["spend"].max() == 20.0
    assert set(rows.label) == {0.0, 1.0}
    assert rows.holdout.dtype == np.bool_
    with pytest.raises(ValueError, match="read-only"):
        rows.label[0] = 0.5
    with pytest.raises(TypeError):
        rows.columns["spend"] = rows.label  # type: ignore[index]


def test_person_with_several_rows_takes_part_with_one(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("p3", spend=1.5)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)), max_rows_per_person=5)

    taken = source.rows(training_view(asset))

    assert len(taken) == 20
    assert ({3.0, 1.5} & set(taken.columns["spend"])) in ({3.0}, {1.5})


def test_person_with_several_rows_and_no_consent_is_no_matter(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("silent"), PersonRow("silent", spend=2.0)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)))

    assert len(source.rows(training_view(asset))) == 20


def taken(folder: Path, change: Callable[[PersonRow], PersonRow]) -> tuple[int, int]:
    """Change the 5th of 20 persons; count who trains and who is in the cohort."""
    rows = ordinary_rows(20)
    rows[4] = change(rows[4])
    asset, source = brand(folder, rows)
    view = training_view(asset)
    return len(source.rows(view)), source.persons(view).persons


def test_person_with_a_missing_number_is_left_out(tmp_path: Path) -> None:
    assert taken(tmp_path, lambda row: replace(row, spend=None)) == (19, 19)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_person_with_a_number_that_is_not_finite_is_left_out(tmp_path: Path, value: float) -> None:
    assert taken(tmp_path, lambda row: replace(row, visits=value)) == (19, 19)


def test_person_with_a_missing_category_takes_part(tmp_path: Path) -> None:
    assert taken(tmp_path, lambda row: replace(row, tier=None)) == (20, 20)


def test_person_with_a_missing_label_is_left_out(tmp_path: Path) -> None:
    assert taken(tmp_path, lambda row: replace(row, bought=None)) == (19, 19)


def test_person_with_a_label_beyond_0_and_1_is_left_out(tmp_path: Path) -> None:
    rows = [PersonRow(f"p{i}", bought=i % 3) for i in range(21)]
    asset, source = brand(tmp_path, rows)

    assert sorted(source.rows(training_view(asset)).label) == [0.0] * 7 + [1.0] * 7


def test_person_with_a_faulty_and_a_whole_row_takes_part_with_the_whole_one(tmp_path: Path) -> None:
    rows = [*ordinary_rows(4), PersonRow("p2", spend=None), PersonRow("p2", bought=None)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(4)))

    assert sorted(source.rows(training_view(asset)).columns["spend"]) == [0.0, 1.0, 2.0, 3.0]


def test_labels_of_one_class_are_rows_like_all_others(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, [PersonRow(f"p{i}", bought=True) for i in range(20)])

    assert set(source.rows(training_view(asset)).label) == {1.0}


def test_nobody_is_no_rows(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, consents=[])

    rows = source.rows(training_view(asset))

    assert (len(rows), rows.holdout.dtype) == (0, np.bool_)
    assert {name: column.shape for name, column in rows.columns.items()} == {
        "spend": (0,),
        "visits": (0,),
        "tier": (0,),
    }


def test_fetched_rows_that_the_engine_let_through_are_left_out_too(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path, ordinary_rows(1))
    numbers = np.ma.MaskedArray([1.0, np.nan, 3.0, 4.0, 5.0], mask=[0, 0, 1, 0, 0])
    fetched = {
        "spend": numbers,
        "visits": np.array([1.0, 1.0, 1.0, np.inf, 1.0]),
        "tier": np.array(["gold"] * 5, dtype=np.object_),
        "bought": np.array([1.0, 1.0, 1.0, 1.0, 2.0]),
        HOLDOUT: np.array([True] * 5),
    }

    rows = training_rows(training_view(asset), fetched, "v")

    assert (list(rows.columns["spend"]), list(rows.label), list(rows.holdout)) == ([1], [1], [1])


@settings(max_examples=40, deadline=None)
@given(
    numbers=hnp.arrays(np.float64, 6, elements=st.floats()),
    labels=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan, 0.5]), min_size=6, max_size=6),
    person=st.integers(0, 5),
)
def test_one_person_more_or_less_changes_only_that_persons_row(
    asset: DataAsset, numbers: np.ndarray, labels: list[float], person: int
) -> None:
    fetched = {
        "spend": numbers,
        "visits": np.ones(6),
        "tier": np.array(list("abcdef"), dtype=np.object_),
        "bought": np.array(labels),
        HOLDOUT: np.zeros(6, dtype=np.bool_),
    }
    view = training_view(asset)
    fewer = {name: np.delete(column, person) for name, column in fetched.items()}

    everybody, without = (training_rows(view, some, "v") for some in (fetched, fewer))

    left = set(everybody.columns["tier"]) - {"abcdef"[person]}
    assert set(without.columns["tier"]) == left


def test_missing_number_of_a_person_without_consent_is_no_matter(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("silent", spend=None)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)))

    assert len(source.rows(training_view(asset))) == 20


def test_view_of_another_asset_is_refused(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)
    newer = asset.model_copy(update={"version": 2})

    with pytest.raises(ColumnUseError, match="make the view from this asset"):
        source.rows(training_view(newer))


def test_scoring_leaves_out_and_counts_persons_with_unusable_numbers(tmp_path: Path) -> None:
    rows = [PersonRow("a"), PersonRow("b", spend=None), PersonRow("c", visits=float("nan"))]
    asset, source = brand(tmp_path, rows)
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    scored = source.scoring_rows(view)

    assert list(scored.persons) == ["a"]
    assert scored.left_out == 2
    assert len(scored.columns["tier"]) == 1


def test_nobody_to_score_is_refused(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, consents=[])
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    with pytest.raises(EmptyCohortError, match="to score"):
        source.scoring_rows(view)


def test_several_rows_of_a_person_are_refused_to_the_brands_own_scoring(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("p3", spend=1.5)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)), max_rows_per_person=5)
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    with pytest.raises(SeveralRowsPerPersonError, match="expected one row") as refused:
        source.scoring_rows(view)
    assert "p3" not in str(refused.value)
