"""The plan's epsilon for training, against two accountants that are not ours.

Both references compose numerically, so they are tight: the plan, which bounds
Renyi divergences, must never be below them and should not be far above.
"""

from __future__ import annotations

import pytest
from dp_accounting import dp_event
from dp_accounting.pld import pld_privacy_accountant
from opacus.accountants import PRVAccountant

from hanse_federation.messages import Question
from hanse_federation.privacy.accountant import Accountant
from hanse_federation.privacy.events import PoissonSampledGaussianEvent
from hanse_federation.privacy.plan import PrivacyPlan, plan_study
from tests.support.league import demo_study

STUDY = demo_study("repurchase-propensity")
CASES = [(1.0, 0.02, 490), (0.8, 0.005, 1953), (5.0, 0.5, 100), (7.0, 0.5, 50)]
DELTA = 6.8e-6

# Opacus starts its search with its Renyi accountant, whose orders end early.
pytestmark = pytest.mark.filterwarnings("ignore:Optimal order is the largest alpha")


def pld_epsilon(events: list[tuple[float, float, int]], delta: float) -> float:
    accountant = pld_privacy_accountant.PLDAccountant()
    for noise, rate, steps in events:
        gaussian = dp_event.GaussianDpEvent(noise)
        sampled = dp_event.PoissonSampledDpEvent(rate, gaussian) if rate < 1 else gaussian
        accountant.compose(dp_event.SelfComposedDpEvent(sampled, steps))
    return float(accountant.get_epsilon(delta))


def prv_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    accountant = PRVAccountant()
    accountant.history = [(noise, rate, steps)]
    return float(accountant.get_epsilon(delta, eps_error=0.005))


def questions(plan: PrivacyPlan) -> list[tuple[float, float, int]]:
    """List (noise multiplier, sampling rate, times) of all that the study asks."""
    assert plan.local is not None
    train = plan.noise_multiplier(Question.TRAIN)
    steps = plan.rounds * plan.local.steps_per_round
    return [
        (plan.noise_multiplier(Question.COHORT), 1.0, 1),
        (plan.noise_multiplier(Question.EVALUATE), 1.0, plan.rounds),
        (train, plan.local.sampling_rate, steps),
    ]


@pytest.mark.parametrize(("noise", "rate", "steps"), CASES)
def test_training_epsilon_is_never_below_either_reference_nor_far_above(
    noise: float, rate: float, steps: int
) -> None:
    event = PoissonSampledGaussianEvent(noise, rate, steps)
    ours = Accountant().epsilon([event], DELTA)
    pld = pld_epsilon([(noise, rate, steps)], DELTA)
    prv = prv_epsilon(noise, rate, steps, DELTA)
    assert prv == pytest.approx(pld, abs=0.03)
    assert max(pld, prv - 0.03) <= ours <= 1.3 * pld


def test_the_demo_studys_whole_plan_keeps_its_epsilon_by_pld() -> None:
    plan = plan_study(STUDY)
    pld = pld_epsilon(questions(plan), STUDY.privacy.delta)
    assert pld <= plan.spent.epsilon <= STUDY.privacy.epsilon
    assert plan.spent.epsilon <= 1.2 * pld


def test_the_demo_studys_training_alone_agrees_with_opacus() -> None:
    plan = plan_study(STUDY)
    noise, rate, steps = questions(plan)[-1]
    event = PoissonSampledGaussianEvent(noise, rate, steps)
    delta = STUDY.privacy.delta
    prv = prv_epsilon(noise, rate, steps, delta)
    assert prv == pytest.approx(pld_epsilon([(noise, rate, steps)], delta), abs=0.03)
    assert prv - 0.03 <= Accountant().epsilon([event], delta) <= 1.25 * prv
