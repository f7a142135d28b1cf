"""The workbench: noise and weights of one admitted request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse_clients.errors import QuestionForeignError
from hanse_clients.workbench import Workbench
from hanse_federation.measurements import measurement_for
from hanse_federation.messages import Question
from hanse_federation.privacy.plan import plan_study
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import Study
from tests.support.brand_tables import SALT
from tests.support.league_documents import (
    a_league_histogram,
    a_league_study,
    first_parameters,
)
from tests.support.league_parties import SmallLeague, small_league


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLeague]:
    folder: Path = tmp_path_factory.mktemp("workbench")
    with small_league(folder, ("alder",)) as founded:
        yield founded


def bench(league: SmallLeague, study: Study, noised: int = 300, seed: int = 5) -> Workbench:
    brand = league.brands["alder"]
    return Workbench(
        study=study,
        plan=plan_study(study),
        policy=brand.home.policy().document,
        asset=brand.home.asset().document,
        sources=brand.sources,
        row_salt=SALT,
        noised_persons=noised,
        randomness=SeededRandomness(seed),
        now=league.clock(),
    )


def test_the_cohort_is_noised_with_the_plans_multiplier(league: SmallLeague) -> None:
    study = a_league_histogram(league.clock())
    multiplier = plan_study(study).noise_multiplier(Question.COHORT)
    answers = [bench(league, study, seed=s).cohort().noised_persons for s in range(30)]
    assert len(set(answers)) > 5
    assert all(abs(answer - 300) < 6 * multiplier + 1 for answer in answers)


def test_a_measurement_is_noised_anew_each_time(league: SmallLeague) -> None:
    study = a_league_histogram(league.clock())
    cells = {bench(league, study, seed=seed).measure().cells for seed in range(3)}
    assert len(cells) == 3
    assert {len(found) for found in cells} == {measurement_for(study.computation).cell_count}  # type: ignore[arg-type]


def test_a_measurement_trains_nothing_and_a_training_measures_nothing(
    league: SmallLeague,
) -> None:
    trained, measured = a_league_study(league.clock()), a_league_histogram(league.clock())
    parameters = first_parameters(trained, "ab" * 32)
    with pytest.raises(QuestionForeignError):
        bench(league, trained).measure()
    with pytest.raises(QuestionForeignError):
        bench(league, measured).evaluate(parameters)


@pytest.mark.slow
@pytest.mark.parametrize(("noised", "weight"), [(-7, 1), (0, 1), (1, 1), (317, 317)])
def test_the_weight_is_at_least_one_whatever_the_noise(
    league: SmallLeague, noised: int, weight: int
) -> None:
    study = a_league_study(league.clock())
    parameters = first_parameters(study, "ab" * 32)
    assert bench(league, study, noised).train(parameters).weight == weight
