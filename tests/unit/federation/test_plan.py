"""Plans: the whole study stays within its epsilon, closely, and the same everywhere."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.errors import PrivacyPlanError
from hanse_federation.messages import Question
from hanse_federation.privacy import plan as plan_module
from hanse_federation.privacy.accountant import Accountant, PrivacyLimit, rho_within
from hanse_federation.privacy.events import (
    LEAST_SHARE_SIGMA,
    ComposedEvent,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.plan import PrivacyPlan, accounting_delta, plan_study
from hanse_policies.documents import Evaluation, LocalTraining, Study
from tests.support.documents import (
    a_histogram_study,
    a_privacy,
    a_shared_privacy,
    a_shared_training_study,
    a_summed_training,
    a_training,
    a_training_study,
)


def total_epsilon(plan: PrivacyPlan) -> float:
    """Account for the plan's whole composition from scratch."""
    return Accountant().epsilon([plan.total()], accounting_delta(plan.limit.delta))


def watch_of(plan: PrivacyPlan) -> FloorWatchEvent:
    """Return a training's watch over the floor of persons."""
    assert plan.watch is not None
    return plan.watch


def a_study(
    epsilon: float, delta: float, rounds: int, steps: int, rate: float, share: float
) -> Study:
    """Build a training study of these numbers."""
    local = LocalTraining(
        steps_per_round=steps, sampling_rate=rate, clipping_norm=1.0, learning_rate=0.1
    )
    training = a_training(rounds=rounds, local=local, evaluation=Evaluation(budget_share=share))
    return a_training_study(
        computation=training,
        privacy=a_privacy(epsilon=epsilon, delta=delta),
        minimum_persons=1_000_000,
    )


@given(
    epsilon=st.floats(0.3, 20),
    delta=st.sampled_from([1e-9, 1e-6, 1e-5]),
    rounds=st.integers(1, 100),
    steps=st.integers(1, 100),
    rate=st.floats(0.01, 1),
    share=st.floats(0.05, 0.8),
)
@settings(max_examples=40, deadline=None)
def test_training_spends_its_epsilon_and_never_more(
    epsilon: float, delta: float, rounds: int, steps: int, rate: float, share: float
) -> None:
    plan = plan_study(a_study(epsilon, delta, rounds, steps, rate, share))
    assert epsilon * 0.999 <= total_epsilon(plan) <= epsilon
    assert plan.spent.epsilon == pytest.approx(total_epsilon(plan), rel=1e-9)
    assert plan.spent.delta == delta


@given(st.floats(0.05, 20), st.sampled_from([1e-9, 1e-6, 1e-4]), st.floats(0.01, 0.9))
@settings(max_examples=60, deadline=None)
def test_a_histogram_spends_its_epsilon_and_never_more(
    epsilon: float, delta: float, share: float
) -> None:
    privacy = a_privacy(epsilon=epsilon, delta=delta, cohort_budget_share=share)
    plan = plan_study(a_histogram_study(privacy=privacy, minimum_persons=1_000_000))
    assert epsilon * 0.999 <= total_epsilon(plan) <= epsilon


def test_shares_of_rho_are_kept() -> None:
    plan = plan_study(a_training_study())
    rho = rho_within(PrivacyLimit(3.0, accounting_delta(1e-6)))
    counted = 0.5 / plan.noise_multiplier(Question.COHORT) ** 2
    watched = Accountant().rho(watch_of(plan))
    evaluation = 4 * 0.5 / plan.noise_multiplier(Question.EVALUATE) ** 2
    assert counted == pytest.approx(0.25 * 0.05 * rho, rel=1e-3)
    assert counted <= 0.25 * 0.05 * rho
    # The watch's noise scale is a whole number: 17 persons, where 16.97 would do.
    assert watched == pytest.approx(0.75 * 0.05 * rho, rel=1e-2)
    assert watched <= 0.75 * 0.05 * rho
    assert evaluation == pytest.approx(0.25 * rho, rel=1e-3)
    assert evaluation <= 0.25 * rho


def test_events_are_those_of_one_asking() -> None:
    plan = plan_study(a_training_study())
    trained = plan.event(Question.TRAIN)
    assert trained == PoissonSampledGaussianEvent(plan.noise_multiplier(Question.TRAIN), 0.2, 5)
    counted = GaussianEvent(plan.noise_multiplier(Question.COHORT))
    assert plan.event(Question.COHORT) == ComposedEvent((counted, watch_of(plan)))
    assert plan.rounds == 4
    assert len(plan.total().events) == 1 + 4 + 4
    measured = plan_study(a_histogram_study())
    assert measured.rounds == 0
    assert isinstance(measured.event(Question.MEASURE), GaussianEvent)
    assert len(measured.total().events) == 2
    assert measured.watch is None
    assert isinstance(measured.event(Question.COHORT), GaussianEvent)


@pytest.mark.parametrize("question", [Question.TRAIN, Question.EVALUATE])
def test_a_question_that_the_study_does_not_ask_has_no_event(question: Question) -> None:
    with pytest.raises(PrivacyPlanError, match="expected one of the study's questions"):
        plan_study(a_histogram_study()).event(question)


def test_multipliers_have_four_decimals() -> None:
    for study in (a_training_study(), a_histogram_study()):
        for _, multiplier in plan_study(study).multipliers:
            assert multiplier == round(multiplier, 4)


def test_the_plan_does_not_depend_on_what_was_planned_before() -> None:
    first = plan_study(a_training_study())
    plan_module._plan.cache_clear()
    plan_study(a_histogram_study())
    assert plan_study(a_training_study()) == first


def test_the_demo_like_plan_is_the_one_that_was_published() -> None:
    """Guards against plans that differ between releases; a change here is a ★ change."""
    plan = plan_study(a_study(3.0, 1e-6, 10, 20, 0.05, 0.25))
    assert plan.multipliers == (
        (Question.COHORT, 14.7016),
        (Question.EVALUATE, 10.3956),
        (Question.TRAIN, 1.6662),
    )
    assert plan.watch == FloorWatchEvent(17)


@pytest.mark.parametrize("rounds", [1, 10, 1000])
def test_the_watch_costs_the_same_however_many_rounds_it_looks(rounds: int) -> None:
    plan = plan_study(a_study(3.0, 1e-6, rounds, 1, 0.05, 0.25))
    assert watch_of(plan) == FloorWatchEvent(17)
    assert plan.noise_multiplier(Question.COHORT) == 14.7016


def test_the_watch_is_charged_once_with_the_cohort() -> None:
    plan = plan_study(a_training_study())
    charged = [event for event in plan.total().events if isinstance(event, ComposedEvent)]
    assert charged == [plan.event(Question.COHORT)]


def test_a_watch_never_has_less_noise_than_one_person_needs() -> None:
    privacy = a_privacy(epsilon=100.0, cohort_budget_share=0.5)
    plan = plan_study(a_training_study(privacy=privacy))
    assert watch_of(plan) == FloorWatchEvent(1)
    assert total_epsilon(plan) <= 100.0


def test_shares_that_leave_nothing_are_refused() -> None:
    privacy = a_privacy(cohort_budget_share=0.4)
    training = a_training(evaluation=Evaluation(budget_share=0.6))
    with pytest.raises(PrivacyPlanError, match="leaves nothing for the main question"):
        plan_study(a_training_study(privacy=privacy, computation=training))


def test_a_training_that_no_noise_can_hide_is_refused() -> None:
    study = a_study(1e-3, 1e-15, 1000, 1000, 1.0, 0.25)
    with pytest.raises(PrivacyPlanError, match="raise epsilon or lower rounds or steps"):
        plan_study(study)


def test_an_epsilon_that_hides_nobody_still_gets_the_least_noise() -> None:
    plan = plan_study(a_histogram_study(privacy=a_privacy(epsilon=100.0)))
    assert plan.noise_multiplier(Question.MEASURE) >= 0.1
    assert total_epsilon(plan) <= 100.0


def test_planning_is_quick() -> None:
    plan_study(a_training_study())
    plan_module._plan.cache_clear()
    start = time.process_time()
    plan_study(a_study(1.0, 1e-6, 20, 10, 0.1, 0.25))
    assert time.process_time() - start < 0.05


def test_cohort_noise_that_would_drown_the_floor_is_refused() -> None:
    privacy = a_privacy(epsilon=0.1, cohort_budget_share=0.001)
    with pytest.raises(PrivacyPlanError, match="drown that floor"):
        plan_study(a_training_study(privacy=privacy, minimum_persons=50))


def test_in_mode_local_each_brand_adds_all_the_noise() -> None:
    plan = plan_study(a_training_study())
    assert (plan.shares, plan.is_distributed) == (1, False)
    for question, multiplier in plan.multipliers:
        assert plan.share_multiplier(question) == multiplier


@pytest.mark.parametrize(
    ("brands", "colluders", "shares"), [(3, 0, 3), (3, 1, 2), (3, 2, 1), (10, 3, 7), (1, 1, 2)]
)
def test_noise_is_divided_by_the_honest_brands_of_the_smallest_sum(
    brands: int, colluders: int, shares: int
) -> None:
    study = a_shared_training_study(
        minimum_brands=brands, privacy=a_shared_privacy(5, colluders), minimum_persons=1000
    )
    plan = plan_study(study)
    assert (plan.shares, plan.is_distributed) == (shares, True)
    expected = plan.noise_multiplier(Question.TRAIN) / shares**0.5
    assert plan.share_multiplier(Question.TRAIN) == pytest.approx(expected)


def test_a_study_whose_colluders_leave_no_noise_is_refused() -> None:
    study = a_shared_training_study(privacy=a_shared_privacy(0, 3))
    with pytest.raises(PrivacyPlanError, match="leaves nobody's noise"):
        plan_study(study)


def test_both_modes_plan_the_same_total_noise() -> None:
    local = plan_study(a_training_study(computation=a_summed_training()))
    shared = plan_study(a_shared_training_study())
    assert shared.multipliers == local.multipliers
    assert shared.spent.epsilon == pytest.approx(local.spent.epsilon, rel=1e-12)
    assert shared.spent.rho == pytest.approx(local.spent.rho, rel=1e-12)


@given(
    epsilon=st.floats(0.3, 20),
    rounds=st.integers(1, 100),
    rate=st.floats(0.01, 1),
    colluders=st.integers(0, 2),
)
@settings(max_examples=25, deadline=None)
def test_shared_noise_spends_its_epsilon_and_never_more(
    epsilon: float, rounds: int, rate: float, colluders: int
) -> None:
    local = LocalTraining(
        steps_per_round=1, sampling_rate=rate, clipping_norm=1.0, learning_rate=0.1
    )
    study = a_shared_training_study(
        computation=a_summed_training(rounds=rounds, local=local),
        privacy=a_shared_privacy(0, colluders, epsilon=epsilon),
        minimum_persons=1_000_000,
    )
    assert total_epsilon(plan_study(study)) <= epsilon
    if plan_study(study).noise_multiplier(Question.TRAIN) > plan_module.LEAST_MULTIPLIER:
        assert total_epsilon(plan_study(study)) >= epsilon * 0.999


def test_shared_noise_is_charged_as_a_sum() -> None:
    plan = plan_study(a_shared_training_study())
    trained, counted = plan.event(Question.TRAIN), plan.event(Question.COHORT)
    assert isinstance(trained, PoissonSampledSummedGaussianEvent)
    assert trained.summed.noise_multiplier == plan.noise_multiplier(Question.TRAIN)
    assert (trained.sampling_rate, trained.steps) == (0.2, 1)
    assert isinstance(counted, ComposedEvent)
    persons, watched = counted.events
    assert isinstance(persons, SummedGaussianEvent)
    assert (persons.shares, persons.share_sigma) == (2, LEAST_SHARE_SIGMA)
    assert watched == plan.watch == plan_study(a_training_study()).watch


def test_a_cohort_whose_total_noise_would_drown_the_floor_is_refused() -> None:
    """One share suffices for a sum of three, so the total has three times its variance."""
    calm = a_shared_training_study(privacy=a_shared_privacy(0, 0), minimum_persons=30)
    noise = plan_study(calm).noise_multiplier(Question.COHORT)
    assert noise <= 30 / 2 < noise * 3**0.5
    with pytest.raises(PrivacyPlanError, match="drown that floor"):
        plan_study(a_shared_training_study(privacy=a_shared_privacy(0, 2), minimum_persons=30))
