from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hanse_clients.data import ViewUse, view_for
from hanse_clients.errors import (
    ColumnUseError,
    EmptyCohortError,
    InvalidLabelError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
    OneClassLabelError,
    SeveralRowsPerPersonError,
    UnusableDataError,
)
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
)


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


def test_person_with_several_rows_is_refused(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("p3", spend=1.5)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)), max_rows_per_person=5)

    with pytest.raises(SeveralRowsPerPersonError, match="expected one row a person") as refused:
        source.rows(training_view(asset))
    assert "p3" not in str(refused.value)
    assert refused.value.wire_code() == "data-not-usable"


def test_person_with_several_rows_and_no_consent_is_no_matter(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("silent"), PersonRow("silent", spend=2.0)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)))

    assert len(source.rows(training_view(asset))) == 20


def refused(folder: Path, change: Callable[[PersonRow], PersonRow]) -> UnusableDataError:
    rows = ordinary_rows(20)
    rows[4] = change(rows[4])
    asset, source = brand(folder, rows)
    with pytest.raises(UnusableDataError) as error:
        source.rows(training_view(asset))
    assert error.value.wire_code() == "data-not-usable"
    for secret in ("p4", "20 ", "nan", "inf\n"):
        assert secret not in str(error.value)
    return error.value


def test_missing_number_is_refused_by_column(tmp_path: Path) -> None:
    error = refused(tmp_path, lambda row: PersonRow(row.customer, spend=None))

    assert isinstance(error, MissingFeatureValueError)
    assert "column spend" in str(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_not_finite_is_refused_by_column(tmp_path: Path, value: float) -> None:
    error = refused(tmp_path, lambda row: PersonRow(row.customer, visits=value))

    assert isinstance(error, NonFiniteFeatureError)
    assert "column visits" in str(error)


def test_missing_label_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, lambda row: PersonRow(row.customer, bought=None))

    assert isinstance(error, InvalidLabelError)
    assert "column bought" in str(error)


def test_label_beyond_0_and_1_is_refused(tmp_path: Path) -> None:
    rows = [PersonRow(f"p{i}", bought=i % 3) for i in range(20)]
    asset, source = brand(tmp_path, rows)

    with pytest.raises(InvalidLabelError, match="expected 0 or 1"):
        source.rows(training_view(asset))


def test_label_of_one_class_is_refused(tmp_path: Path) -> None:
    rows = [PersonRow(f"p{i}", bought=True) for i in range(20)]
    asset, source = brand(tmp_path, rows)

    with pytest.raises(OneClassLabelError, match="label column bought"):
        source.rows(training_view(asset))


def test_empty_cohort_is_refused(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, consents=[])

    with pytest.raises(EmptyCohortError, match="at least one consenting person"):
        source.rows(training_view(asset))


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
