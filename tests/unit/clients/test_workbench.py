"""The workbench: noise and weights of one admitted request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hanse_clients.errors import QuestionForeignError
from hanse_clients.workbench import Workbench
from hanse_federation.contributions_training import gradient_shares_for
from hanse_federation.measurements import measurement_for
from hanse_federation.messages import CellsReply, Question, TrainReply
from hanse_federation.privacy.distributed_noise import CountShares
from hanse_federation.privacy.plan import plan_study
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import Study
from tests.support.brand_tables import SALT
from tests.support.distributed import a_distributed_histogram, a_distributed_study
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
        policy=brand.home.documents.policy().document,
        asset=brand.home.documents.asset().document,
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
    answer = bench(league, study, noised).train(parameters)
    assert isinstance(answer, TrainReply)
    assert answer.weight == weight


def shares_of(study: Study, question: Question) -> CountShares:
    plan = plan_study(study)
    return CountShares(plan.noise_multiplier(question), plan.shares)


def test_a_distributed_cohort_is_scaled_and_carries_a_share_of_the_noise(
    league: SmallLeague,
) -> None:
    study = a_distributed_histogram(league.clock())
    shares = shares_of(study, Question.COHORT)
    assert shares.shares == 2
    answers = np.array(
        [bench(league, study, seed=s).cohort().noised_persons for s in range(60)], dtype=np.int64
    )
    noise = answers - 300 * shares.scale
    assert np.abs(noise).max() < 6 * shares.share_sigma
    # Less than the whole noise of the question, more than none.
    assert noise.std() == pytest.approx(shares.share_sigma, rel=5 / np.sqrt(2 * len(noise)))


def test_distributed_cells_are_those_of_local_mode_but_scaled_and_noised_less(
    league: SmallLeague,
) -> None:
    study = a_distributed_histogram(league.clock())
    shares = shares_of(study, Question.MEASURE)
    answer = bench(league, study).measure()
    assert len(answer.cells) == measurement_for(study.computation).cell_count  # type: ignore[arg-type]
    counted = shares.decode(np.array(answer.cells, dtype=np.int64))
    assert abs(int(counted.sum()) - 300) < 6 * shares.standard_deviation(1) * np.sqrt(len(counted))


@pytest.mark.slow
def test_a_distributed_evaluation_scores_the_same_persons(league: SmallLeague) -> None:
    study = a_distributed_study(league.clock())
    shares = shares_of(study, Question.EVALUATE)
    answer = bench(league, study).evaluate(first_parameters(study, "ab" * 32))
    counted = shares.decode(np.array(answer.cells, dtype=np.int64))
    held_out = 300 * study.computation.evaluation.holdout_share  # type: ignore[union-attr]
    spread = 6 * shares.standard_deviation(1) * np.sqrt(len(counted)) + 6 * np.sqrt(held_out)
    assert abs(int(counted.sum()) - held_out) < spread


@pytest.mark.slow
def test_a_distributed_training_answers_a_gradient_sum_and_no_parameters(
    league: SmallLeague,
) -> None:
    study = a_distributed_study(league.clock())
    parameters = first_parameters(study, "ab" * 32)
    answer = bench(league, study).train(parameters)
    assert isinstance(answer, CellsReply)
    shares = gradient_shares_for(study, plan_study(study), parameters[0].values.size)
    assert len(answer.cells) == shares.dimension
    assert max(map(abs, answer.cells)) <= shares.bound
    assert all(type(cell) is int for cell in answer.cells)
