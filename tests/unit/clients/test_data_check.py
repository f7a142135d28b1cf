from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hanse_clients.data.data_check import DataCheck, check_schema, check_view
from hanse_clients.data.view import MinimalView, view_for
from hanse_clients.errors import (
    EmptyCohortError,
    InvalidLabelError,
    MissingColumnError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
    OneClassLabelError,
    RowsError,
    SeveralRowsPerPersonError,
    UnreadableValueError,
)
from hanse_policies.documents import Between, DataAsset, SourceFormat
from tests.support.brand_sources import brand, training_view
from tests.support.brand_tables import (
    NOW,
    SALT,
    ConsentRow,
    PersonRow,
    consents_of,
    histogram,
    ordinary_rows,
    policy,
    study,
    training,
)


def measuring(asset: DataAsset) -> MinimalView:
    return view_for(study(histogram()), asset, policy(), NOW, SALT)


def test_sound_data_gives_the_true_figures(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)
    view = training_view(asset)

    told = check_view(source, view)

    held_out = int(source.rows(view).holdout.sum())
    assert told == DataCheck("customers", view.study, persons=60, held_out=held_out)
    assert check_view(source, measuring(asset)).persons == 60


def test_schema_alone_is_read_without_a_view(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, [PersonRow("p1", spend=None)])

    assert check_schema(source, asset.id) == DataCheck("customers")


def test_schema_comes_before_rows(tmp_path: Path) -> None:
    asset, _ = brand(tmp_path, [PersonRow("p1", spend=None)])
    other = asset.model_copy(update={"person": "client"})
    _, source = brand(tmp_path / "other")

    with pytest.raises(MissingColumnError):
        check_view(type(source)(other, tmp_path), training_view(other))


@pytest.mark.parametrize(
    ("change", "kind", "column"),
    [
        ({"spend": None}, MissingFeatureValueError, "spend"),
        ({"spend": float("nan")}, NonFiniteFeatureError, "spend"),
        ({"visits": float("-inf")}, NonFiniteFeatureError, "visits"),
        ({"bought": None}, InvalidLabelError, "bought"),
    ],
)
def test_each_fault_is_its_own_error_and_names_its_column_only(
    tmp_path: Path, change: dict[str, float | None], kind: type[RowsError], column: str
) -> None:
    rows = ordinary_rows(20)
    rows[4] = replace(rows[4], **change)  # type: ignore[arg-type]
    asset, source = brand(tmp_path, rows)

    with pytest.raises(kind, match=f"column {column}") as told:
        check_view(source, training_view(asset))
    assert told.value.wire_code() == "data-not-usable"
    for secret in ("p4", "20 ", "nan", "inf\n"):
        assert secret not in str(told.value)


def test_faults_of_who_does_not_consent_are_no_matter(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("silent", spend=None), PersonRow("silent", bought=None)]
    asset, source = brand(tmp_path, rows, consents_of(ordinary_rows(20)))

    assert check_view(source, training_view(asset)).persons == 20


def test_faults_outside_the_population_are_no_matter(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("far", spend=1e6, visits=None)]
    asset, source = brand(tmp_path, rows)
    population = (Between(column="spend", lower=0.0, upper=100.0),)
    view = view_for(study(training(), population), asset, policy(), NOW, SALT)

    assert check_view(source, view).persons == 20


def test_value_of_another_type_is_unreadable_and_not_missing(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, ordinary_rows(20), stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    path.write_text(path.read_text().replace("p7,7.0", "p7,seven"))

    with pytest.raises(UnreadableValueError, match="column spend to fit") as told:
        check_view(source, training_view(asset))
    assert "seven" not in str(told.value)


def test_consent_that_cannot_be_read_is_named_by_its_column(tmp_path: Path) -> None:
    consents = [*consents_of(ordinary_rows(19)), ConsentRow("p19", until=NOW)]
    asset, source = brand(tmp_path, ordinary_rows(20), consents, stored_as=SourceFormat.CSV)
    path = tmp_path / "register.csv"
    path.write_text(path.read_text().replace("2026-06-01 12:00:00+00:00", "soon"))

    with pytest.raises(UnreadableValueError, match="column until of the consent register"):
        check_view(source, measuring(asset))


@pytest.mark.parametrize("allowed", [1, 5])
def test_several_rows_of_a_person_are_told_to_who_trains(tmp_path: Path, allowed: int) -> None:
    rows = [*ordinary_rows(20), PersonRow("p3", spend=1.5)]
    asset, source = brand(
        tmp_path, rows, consents_of(ordinary_rows(20)), max_rows_per_person=allowed
    )

    with pytest.raises(SeveralRowsPerPersonError, match="one row for each person"):
        check_view(source, training_view(asset))


@pytest.mark.parametrize(("allowed", "is_fault"), [(1, True), (2, False)])
def test_a_measurement_takes_as_many_rows_as_the_asset_allows(
    tmp_path: Path, allowed: int, is_fault: bool
) -> None:
    rows = [*ordinary_rows(20), PersonRow("p3", spend=1.5)]
    asset, source = brand(
        tmp_path, rows, consents_of(ordinary_rows(20)), max_rows_per_person=allowed
    )

    if is_fault:
        with pytest.raises(SeveralRowsPerPersonError):
            check_view(source, measuring(asset))
    else:
        assert check_view(source, measuring(asset)).persons == 20


def test_missing_values_are_a_cell_of_a_measurement_and_no_fault(tmp_path: Path) -> None:
    rows = [*ordinary_rows(20), PersonRow("p20", spend=None), PersonRow("p21", spend=float("nan"))]
    asset, source = brand(tmp_path, rows)

    assert check_view(source, measuring(asset)).persons == 22


def test_nobody_is_told(tmp_path: Path) -> None:
    asset, source = brand(tmp_path, consents=[])

    for view in (training_view(asset), measuring(asset)):
        with pytest.raises(EmptyCohortError, match="at least one consenting person"):
            check_view(source, view)


def test_held_out_persons_alone_are_told(tmp_path: Path) -> None:
    asset, source = brand(tmp_path)
    view = training_view(asset).model_copy(update={"holdout_share": 0.95})
    first = view_for(study(training()), asset, policy(), NOW, SALT)
    spends = [s for s, h in zip(*_spends(source.rows(view)), strict=True) if h]
    aimed = view.model_copy(
        update={"population": (Between(column="spend", lower=spends[0], upper=spends[0]),)}
    )

    assert first.study == view.study
    with pytest.raises(EmptyCohortError, match="held-out persons only"):
        check_view(source, aimed)


def _spends(rows: object) -> tuple[list[float], list[bool]]:
    return list(rows.columns["spend"]), list(rows.holdout)  # type: ignore[attr-defined]


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_class_are_told(tmp_path: Path, label: bool) -> None:
    rows = [replace(row, bought=label) for row in ordinary_rows(20)]
    asset, source = brand(tmp_path, rows)

    with pytest.raises(OneClassLabelError, match="label column bought"):
        check_view(source, training_view(asset))
