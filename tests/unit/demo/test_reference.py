from __future__ import annotations

import numpy as np
import pytest

from hanse_demo.league import DemoStudy, League
from hanse_demo.reference import (
    persons_in_view,
    pooled_reference,
    pooled_rows,
    references,
)
from hanse_federation.model import initial_parameters, input_width
from hanse_policies.canonical import digest
from hanse_policies.documents import Study, TrainModel
from hanse_policies.loading import load_study
from tests.support.league import NOW, small_league


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    return small_league(tmp_path_factory.mktemp("league"))


@pytest.fixture(scope="module")
def study(league: League) -> Study:
    return load_study(
        league.folder / "studies" / f"{DemoStudy.REPURCHASE_PROPENSITY}.yaml"
    ).document


def test_rows_are_those_of_consenting_persons_of_every_brand(league: League, study: Study) -> None:
    homes = [brand.folder for brand in league.brands]
    rows = pooled_rows(study, homes, NOW)
    assert len(rows.label) == sum(persons_in_view(study, home, NOW) for home in homes)
    assert len(rows.label) < 0.7 * sum(brand.households for brand in league.brands)
    assert rows.holdout.mean() == pytest.approx(0.2, abs=0.03)


def test_an_untrained_model_is_worse_than_the_pooled_one(league: League, study: Study) -> None:
    computation = study.computation
    assert isinstance(computation, TrainModel)
    width = input_width(computation.features)
    untrained = initial_parameters(computation, width, digest(study))
    told = references(study, untrained, [brand.folder for brand in league.brands], NOW)
    assert told.exact is not None
    assert told.pooled is not None
    assert told.pooled.auc > 0.75
    assert told.pooled.auc > told.exact.auc


def test_a_curve_is_short_starts_at_zero_ends_at_one_and_never_falls(
    league: League, study: Study
) -> None:
    rows = pooled_rows(study, [brand.folder for brand in league.brands], NOW)
    curve = pooled_reference(rows).roc
    assert len(curve) <= 120
    assert (curve[0].false_positive_rate, curve[0].true_positive_rate) == (0, 0)
    assert (curve[-1].false_positive_rate, curve[-1].true_positive_rate) == (1, 1)
    assert np.all(np.diff([point.true_positive_rate for point in curve]) >= 0)


def test_a_study_that_trains_nothing_has_no_reference(league: League) -> None:
    other = load_study(league.folder / "studies" / f"{DemoStudy.SPEND_BY_AGE}.yaml").document
    with pytest.raises(TypeError, match="trains a model"):
        pooled_rows(other, [brand.folder for brand in league.brands], NOW)
