from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hanse_clients.data.view import MinimalView, ViewUse, view_for
from hanse_clients.errors import ColumnUseError, PurposeNotRecordedError, UnlistedColumnError
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AudienceHistogram,
    Between,
    BinnedAxis,
    CategoricalFeature,
    ColumnType,
    DataAsset,
    NumericFeature,
    OneOf,
    Purpose,
    Study,
    TrainModel,
)
from hanse_policies.visible_text import line_fault
from tests.support.brand_tables import (
    ANALYTICS_WORD,
    DAY,
    MAX_AGE_HOURS,
    NOW,
    SALT,
    TRAINING_WORD,
    histogram,
    ordinary_rows,
    policy,
    study,
    training,
    write_brand,
)
from tests.support.documents import a_column


@pytest.fixture
def asset(tmp_path: Path) -> DataAsset:
    return write_brand(tmp_path, ordinary_rows(1), [])


def test_training_view_is_what_the_documents_say(asset: DataAsset) -> None:
    asked = study(training())

    view = view_for(asked, asset, policy(), NOW, SALT)

    assert view.study == digest(asked)
    assert view.use is ViewUse.TRAINING
    assert [c.name for c in view.columns] == ["spend", "visits", "tier", "bought"]
    assert view.label == "bought"
    assert (view.columns[0].lower, view.columns[0].upper) == (0.0, 20.0)
    assert not view.columns[2].is_bounded
    assert view.purpose_word == TRAINING_WORD
    assert view.need.max_age_hours == MAX_AGE_HOURS
    assert view.holdout_share == 0.2
    assert view.rows_per_person == 1


def test_measurement_view_has_no_label_and_no_holdout(asset: DataAsset) -> None:
    asked = study(histogram(), purpose=Purpose.AUDIENCE_ANALYTICS)

    view = view_for(asked, asset, policy(), NOW, SALT)

    assert (view.use, view.label, view.holdout_share) == (ViewUse.MEASUREMENT, None, None)
    assert view.purpose_word == ANALYTICS_WORD


def test_scoring_view_leaves_the_label_out(asset: DataAsset) -> None:
    view = view_for(study(training()), asset, policy(), NOW, SALT, use=ViewUse.SCORING)

    assert [c.name for c in view.columns] == ["spend", "visits", "tier"]
    assert (view.label, view.holdout_share) == (None, None)


def test_scoring_for_another_purpose_needs_that_purpose_in_the_register(asset: DataAsset) -> None:
    with pytest.raises(PurposeNotRecordedError, match="personalised-marketing"):
        view_for(
            study(training()),
            asset,
            policy(),
            NOW,
            SALT,
            use=ViewUse.SCORING,
            purpose=Purpose.PERSONALISED_MARKETING,
        )


def test_unlisted_column_is_refused(asset: DataAsset) -> None:
    asked = study(AudienceHistogram(axes=(CategoricalFeature(column="email", categories=("x",)),)))

    with pytest.raises(UnlistedColumnError, match="expected a column that asset customers lists"):
        view_for(asked, asset, policy(), NOW, SALT)


def test_unlisted_column_in_a_filter_is_refused(asset: DataAsset) -> None:
    asked = study(histogram(), (OneOf(column="email", values=("x",)),))

    with pytest.raises(UnlistedColumnError, match="email"):
        view_for(asked, asset, policy(), NOW, SALT)


def test_the_person_column_cannot_be_asked_for(asset: DataAsset) -> None:
    asked = study(histogram(), (OneOf(column="customer", values=("p1",)),))

    with pytest.raises(UnlistedColumnError, match="customer"):
        view_for(asked, asset, policy(), NOW, SALT)


def _labelled_by_tier() -> TrainModel:
    spend = NumericFeature(column="spend", lower=0.0, upper=1.0)
    return training().model_copy(update={"label": "tier", "features": (spend,)})


@pytest.mark.parametrize(
    "asked",
    [
        study(AudienceHistogram(axes=(BinnedAxis(column="tier", edges=(1.0,)),))),
        study(AudienceHistogram(axes=(CategoricalFeature(column="spend", categories=("1",)),))),
        study(histogram(), (Between(column="tier", lower=0.0, upper=1.0),)),
        study(histogram(), (OneOf(column="spend", values=("1",)),)),
        study(_labelled_by_tier()),
    ],
)
def test_use_of_a_column_against_its_type_is_refused(asset: DataAsset, asked: Study) -> None:
    with pytest.raises(ColumnUseError, match="expected a column of type"):
        view_for(asked, asset, policy(), NOW, SALT)


def test_reserved_column_name_is_refused(asset: DataAsset) -> None:
    column = a_column("Hanse_Row", type=ColumnType.CATEGORY)
    trapped = DataAsset(**{**dict(asset), "columns": (column,)})
    asked = study(
        AudienceHistogram(axes=(CategoricalFeature(column="Hanse_Row", categories=("x",)),))
    )

    with pytest.raises(ColumnUseError, match="does not start with hanse_"):
        view_for(asked, trapped, policy(), NOW, SALT)


@given(text=st.text(min_size=1, max_size=100).filter(lambda text: line_fault(text) is None))
def test_view_survives_the_way_to_the_worker(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asset = write_brand(tmp_path_factory.mktemp("brand"), ordinary_rows(1), [])
    asked = study(training(), (OneOf(column="tier", values=(text,)),))
    view = view_for(asked, asset, policy(), NOW, SALT)

    assert MinimalView.model_validate_json(view.model_dump_json()) == view


def test_views_that_differ_in_time_only_are_told_apart_from_others(asset: DataAsset) -> None:
    view = view_for(study(training()), asset, policy(), NOW, SALT)
    other = view_for(study(training(0.3)), asset, policy(), NOW, SALT)

    assert view.is_same_but_for_time(view.at(NOW + DAY))
    assert not view.is_same_but_for_time(other)


def test_instant_without_zone_is_refused(asset: DataAsset) -> None:
    with pytest.raises(ValidationError):
        view_for(study(training()), asset, policy(), NOW.replace(tzinfo=None), SALT)


def test_describing_a_view_imports_neither_database_nor_compiler_nor_torch() -> None:
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; import hanse_clients.data; "
        "heavy = {'duckdb', 'ibis', 'sqlglot', 'pyarrow', 'pandas', 'torch', 'scipy'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert told.stdout.strip() == "[]"
