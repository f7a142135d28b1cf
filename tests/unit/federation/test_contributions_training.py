"""What both sides derive from a study for distributed training, and the step that follows."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hanse_federation.contributions_training import (
    LEAST_LIMIT,
    expected_batch_size,
    gradient_shares_for,
    parameter_count,
    stepped_parameters,
)
from hanse_federation.errors import ModelInputError, PrivacyPlanError
from hanse_federation.messages import Question
from hanse_federation.model import initial_parameters
from hanse_federation.privacy.plan import plan_study
from hanse_federation.secure_aggregation.quantisation import VectorFormat, smallest_ring
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import Study, TrainModel
from tests.support.distributed import a_distributed_study
from tests.support.league_documents import a_league_histogram
from tests.support.training import computation, flat

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DIGEST = "ab" * 32


def study_of(training: TrainModel, *, brands: int = 5, persons: int = 200) -> Study:
    return a_distributed_study(
        NOW, computation=training, minimum_brands=brands, minimum_persons=persons
    )


@pytest.mark.parametrize("hidden", [(), (8,), (5, 4)])
def test_the_shares_are_those_of_the_study_and_its_plan(hidden: tuple[int, ...]) -> None:
    study = study_of(computation(hidden=hidden, steps=1, clip=0.5))
    plan = plan_study(study)
    shares = gradient_shares_for(study, plan, 3)
    assert shares.clipping_norm == 0.5
    assert shares.noise_multiplier == plan.noise_multiplier(Question.TRAIN)
    assert shares.shares == plan.shares == 4
    assert shares.dimension == flat(initial_parameters(study.computation, 3, DIGEST)).size  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [1e-6, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("brand", [100, 1_000_000])
def test_no_sample_of_a_brand_of_up_to_a_million_persons_is_cut(rate: float, brand: int) -> None:
    training = computation(steps=1, rate=rate)
    shares = gradient_shares_for(study_of(training), plan_study(study_of(training)), 3)
    # Not even if every gradient of an expected sample has full length along one axis.
    assert shares.coordinate_limit >= max(LEAST_LIMIT, rate * 0.8 * brand)


def test_the_limit_grows_with_the_studys_floor_of_persons() -> None:
    training = computation(steps=1, rate=1.0)
    limits = []
    for persons in (200, 1_000_000):
        study = study_of(training, persons=persons)
        limits.append(gradient_shares_for(study, plan_study(study), 3).coordinate_limit)
    assert limits[1] == pytest.approx(0.8 * 16 * 1_000_000)
    assert limits[0] < limits[1]


@pytest.mark.parametrize(
    ("rate", "hidden", "brands", "ring"),
    [
        (0.02, (), 50, Ring.Z32),
        (0.02, (64,), 10, Ring.Z32),
        (1.0, (), 50, Ring.Z64),
        (1.0, (256, 256), 1000, Ring.Z64),
    ],
)
def test_the_bound_fits_a_ring_for_few_and_for_many_brands(
    rate: float, hidden: tuple[int, ...], brands: int, ring: Ring
) -> None:
    study = study_of(computation(hidden=hidden, steps=1, rate=rate), brands=brands)
    shares = gradient_shares_for(study, plan_study(study), 3)
    assert smallest_ring(shares.bound, brands, shares.dimension) is ring
    VectorFormat(shares.dimension, ring, shares.bound, brands)


def test_a_study_that_trains_nothing_has_no_gradient_shares() -> None:
    study = a_league_histogram(NOW)
    with pytest.raises(PrivacyPlanError, match="trains a model"):
        gradient_shares_for(study, plan_study(study), 3)


@pytest.mark.parametrize("hidden", [(), (4,)])
def test_a_step_goes_against_the_mean_gradient_over_the_public_number(
    hidden: tuple[int, ...],
) -> None:
    training = computation(hidden=hidden, rate=0.5, learning_rate=0.25)
    start = initial_parameters(training, 3, DIGEST)
    gradient = np.arange(1.0, 1.0 + parameter_count(training, 3))
    moved = stepped_parameters(training, start, gradient, 1000)
    assert [(t.name, t.values.shape, t.values.dtype) for t in moved] == [
        (t.name, t.values.shape, np.float32) for t in start
    ]
    np.testing.assert_allclose(
        flat(moved), flat(start) - 0.25 * gradient / (0.5 * 0.8 * 1000), rtol=1e-5
    )


def test_a_sum_of_another_length_is_refused() -> None:
    training = computation()
    with pytest.raises(ModelInputError):
        stepped_parameters(training, initial_parameters(training, 3, DIGEST), np.zeros(3), 100)


def test_the_divisor_never_falls_below_one_person() -> None:
    training = computation(rate=0.5)
    assert [expected_batch_size(training, n) for n in (1000, 1, 0, -50)] == [400.0, 1.0, 1.0, 1.0]
    start = initial_parameters(training, 3, DIGEST)
    moved = stepped_parameters(training, start, np.ones(4), -50)
    np.testing.assert_allclose(flat(moved), -training.local.learning_rate)


def test_both_sides_compute_the_same_grid_from_the_same_study() -> None:
    study = study_of(computation(steps=1))
    again = Study.model_validate_json(study.model_dump_json())
    assert gradient_shares_for(study, plan_study(study), 3) == gradient_shares_for(
        again, plan_study(again), 3
    )
