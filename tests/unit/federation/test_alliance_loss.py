"""The loss of a person at several brands: composed for own noise, moved further for shared."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hanse_federation.messages import Question
from hanse_federation.privacy.accountant import ORDERS, Accountant, zcdp_epsilon
from hanse_federation.privacy.alliance_loss import loss_across
from hanse_federation.privacy.events import (
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
)
from hanse_federation.privacy.plan import accounting_delta, plan_study
from hanse_policies.documents import Evaluation, LocalTraining, Study
from tests.support.documents import (
    a_histogram_study,
    a_shared_privacy,
    a_shared_training_study,
    a_summed_training,
    a_training_study,
)

DELTA = accounting_delta(1e-6)


@pytest.mark.parametrize("study", [a_training_study(), a_shared_training_study()])
def test_a_person_at_one_brand_loses_what_the_plan_says(study: Study) -> None:
    plan = plan_study(study)
    assert loss_across(plan, 1).epsilon == pytest.approx(plan.spent.epsilon, rel=1e-9)
    assert loss_across(plan, 1).delta == plan.spent.delta


def test_own_noise_composes_over_brands() -> None:
    plan = plan_study(a_training_study())
    loss = loss_across(plan, 3)
    assert loss.rho == pytest.approx(3 * plan.spent.rho)
    assert loss.delta == 3 * plan.spent.delta


@pytest.mark.parametrize("brands", [2, 3, 5])
def test_in_one_sum_the_loss_grows_with_the_square_of_brands(brands: int) -> None:
    plan = plan_study(a_histogram_study(privacy=a_shared_privacy()))
    loss = loss_across(plan, brands)
    assert loss.rho == pytest.approx(brands**2 * plan.spent.rho)
    assert loss.epsilon == pytest.approx(zcdp_epsilon(brands**2 * plan.spent.rho, DELTA))
    assert loss.delta == plan.spent.delta


def test_the_watch_composes_over_brands_in_one_sum_too() -> None:
    """Each brand's watch has noise of its own, and a person moves each by one."""
    shared = plan_study(a_shared_training_study())
    unwatched = replace(shared, watch=None)
    assert shared.watch is not None
    added = loss_across(shared, 3).rho - loss_across(unwatched, 3).rho
    assert added == pytest.approx(3 * Accountant().rho(shared.watch))


def test_sampling_amplifies_for_a_person_at_several_brands_too() -> None:
    plan = plan_study(a_shared_training_study())
    loss = loss_across(plan, 3)
    assert plan.spent.epsilon < loss.epsilon < zcdp_epsilon(9 * plan.spent.rho, DELTA)


def test_the_loss_covers_samples_that_meet_at_several_brands() -> None:
    """Compared with the true mixture: the number of samples that hold the person is binomial."""
    brands, rate, order = 3, 0.1, 2
    event = plan_study(a_shared_training_study()).event(Question.TRAIN)
    assert isinstance(event, PoissonSampledSummedGaussianEvent)
    deviation = event.summed.noise_multiplier
    # At order 2, E[(Q/P)^2] for normal laws moved by i and j deviations is exp(ij).
    chances = [math.comb(brands, k) * rate**k * (1 - rate) ** (brands - k) for k in range(4)]
    moment = sum(
        one * other * math.exp(i * j / deviation**2)
        for i, one in enumerate(chances)
        for j, other in enumerate(chances)
    )
    bound = Accountant().curve(
        PoissonSampledGaussianEvent(deviation / brands, 1 - (1 - rate) ** brands, 1)
    )
    at_two = float(bound.sampled[list(abs(ORDERS - order)).index(min(abs(ORDERS - order)))])
    assert math.log(moment) / (order - 1) <= at_two


def test_a_person_at_very_many_brands_has_a_loss_that_is_finite() -> None:
    training = a_summed_training(
        rounds=1,
        local=LocalTraining(
            steps_per_round=1, sampling_rate=0.5, clipping_norm=1.0, learning_rate=0.1
        ),
        evaluation=Evaluation(budget_share=0.25),
    )
    study = a_shared_training_study(computation=training, privacy=a_shared_privacy(epsilon=100.0))
    plan = plan_study(study)
    loss = loss_across(plan, 1000)
    assert plan.watch is not None
    watched = Accountant().rho(plan.watch)
    assert loss.rho == pytest.approx(1e6 * (plan.spent.rho - watched) + 1e3 * watched)
    assert math.isfinite(loss.epsilon)
