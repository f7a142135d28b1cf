from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from hanse_clients.data import view_for
from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.preflight import SHOWN_SALT, preflight
from hanse_clients.data.queries import CellsQuery, PersonsQuery, RowsQuery
from hanse_clients.errors import UnlistedColumnError
from hanse_federation.messages import Question
from hanse_federation.privacy.plan import plan_study
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AudienceHistogram,
    CategoricalFeature,
    DataAsset,
    OneOf,
    Purpose,
)
from tests.support.brand_tables import (
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


@pytest.fixture
def asset(tmp_path: Path) -> DataAsset:
    """An asset whose files are gone: whoever reads a row, or even a schema, fails."""
    asset = write_brand(tmp_path, ordinary_rows(1), [])
    for file in tmp_path.iterdir():
        file.unlink()
    return asset


def test_preflight_reads_no_row_and_opens_no_database(
    asset: DataAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the database was opened")

    monkeypatch.setattr(duckdb, "connect", opened)

    for asked in (study(training()), study(histogram())):
        assert preflight(asked, asset, policy(), NOW).questions


def test_preflight_tells_what_the_study_is(asset: DataAsset) -> None:
    asked = study(training(), (OneOf(column="tier", values=("gold",)),))

    told = preflight(asked, asset, policy(), NOW)

    assert told.study == digest(asked)
    assert (told.title, told.purpose) == ("Who buys again", Purpose.MODEL_TRAINING)
    assert told.purpose_word == TRAINING_WORD
    assert told.columns == ("spend", "visits", "tier", "bought")
    assert (told.recipients, told.retention_days) == (("operator",), 90)
    assert told.epsilon == plan_study(asked).spent.epsilon <= 2.0
    assert told.delta == 1e-6


def test_preflight_shows_the_text_that_would_run_but_not_the_brands_salt(asset: DataAsset) -> None:
    asked = study(training())
    view = view_for(asked, asset, policy(), NOW, SALT)

    told = preflight(asked, asset, policy(), NOW)

    by_question = {planned.question: planned.sql for planned in told.questions}
    text = InProcessCompiler().compile(RowsQuery(view=view))
    assert by_question[Question.TRAIN] == text.replace(SALT, SHOWN_SALT)
    assert by_question[Question.EVALUATE] == by_question[Question.TRAIN]
    assert by_question[Question.COHORT] == InProcessCompiler().compile(
        PersonsQuery(view=view.model_copy(update={"row_salt": SHOWN_SALT}))
    )


def test_preflight_of_a_measurement_shows_its_cells(asset: DataAsset) -> None:
    asked = study(histogram())
    view = view_for(asked, asset, policy(), NOW, SHOWN_SALT)

    cohort, measure = preflight(asked, asset, policy(), NOW).questions

    assert (cohort.question, measure.question) == (Question.COHORT, Question.MEASURE)
    assert measure.sql == InProcessCompiler().compile(
        CellsQuery(view=view, computation=histogram())
    )
    assert (measure.answer.values, measure.answer.payload_bytes) == (12, 96)
    assert (cohort.answer.values, cohort.answer.payload_bytes) == (1, 8)


def test_preflight_of_a_training_counts_every_byte(asset: DataAsset) -> None:
    told = preflight(study(training()), asset, policy(), NOW)

    sent = {p.question: (p.times, p.answer.values, p.answer.payload_bytes) for p in told.questions}
    assert sent == {
        Question.COHORT: (1, 1, 8),
        Question.TRAIN: (3, 7, 28),
        Question.EVALUATE: (3, 20, 160),
    }
    assert told.payload_bytes == 8 + 3 * 28 + 3 * 160


def test_preflight_of_a_training_tells_how_its_floor_is_watched(asset: DataAsset) -> None:
    asked = study(training())
    planned = plan_study(asked).watch
    assert planned is not None
    assert preflight(asked, asset, policy(), NOW).watch_scale == planned.noise_scale
    assert preflight(study(histogram()), asset, policy(), NOW).watch_scale is None


def test_study_that_does_not_fit_the_asset_is_refused(asset: DataAsset) -> None:
    axis = CategoricalFeature(column="email", categories=("x",))

    with pytest.raises(UnlistedColumnError, match="email"):
        preflight(study(AudienceHistogram(axes=(axis,))), asset, policy(), NOW)
