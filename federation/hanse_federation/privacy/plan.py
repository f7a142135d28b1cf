"""How a study's (epsilon, delta) is divided over its questions; the same on every machine.

Rules: the study's (epsilon, delta) is the total for one person at one brand over
all questions. With R the zCDP rho that (epsilon, delta) allows, the cohort's size
gets `cohort_budget_share` of R, and all evaluations of a training together get
`evaluation.budget_share` of R; the main question (training or measurement) gets
the least noise for which the whole composition stays within epsilon. Noise
multipliers are whole multiples of 0.0001, rounded up, so operator and brand
compute the same plan. A training's cohort is watched over all its rounds, see
`floor_watch`: the watch gets `WATCH_SHARE` of the cohort's part, whatever the number
of rounds, and is charged with the cohort, before it first looks; its noise scale is a
whole number, rounded up. Of delta a 2^-20 part is kept for the sampler, whose
draws are not exactly discrete Gaussian.

In mode `local` a multiplier is the noise that each brand adds. In mode
`distributed` it is the noise of `shares` brands together, which is the fewest
brands in a decoded sum less the colluders assumed: so many shares are in every
sum, and nobody who colludes can take them off. The brands that may drop out are
no part of `shares`, for a sum without them still has the fewest brands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from hanse_federation.errors import PrivacyPlanError
from hanse_federation.messages import Question
from hanse_federation.privacy.accountant import (
    ORDERS,
    Accountant,
    PrivacyLimit,
    PrivacySpent,
    RenyiCurve,
    rho_within,
    zcdp_epsilon,
)
from hanse_federation.privacy.events import (
    LEAST_SHARE_SIGMA,
    ComposedEvent,
    Event,
    FloorWatchEvent,
    GaussianEvent,
    PoissonSampledGaussianEvent,
    PoissonSampledSummedGaussianEvent,
    SummedGaussianEvent,
)
from hanse_federation.privacy.sampled_gaussian import sampled_gaussian_divergence
from hanse_policies.documents import LEAST_LEGAL_ENTITIES, LocalTraining, Study, TrainModel

MULTIPLIER_STEP = 1e-4
LEAST_MULTIPLIER = 0.1
"""Below this noise hides nobody, whatever epsilon a study asks for."""
MOST_MULTIPLIER = 1e6
SAMPLER_SHARE_OF_DELTA = 2.0**-20
MOST_COHORT_NOISE = 0.5
"""Most standard deviation of the cohort's noise, as a part of the floor it is held against."""
WATCH_SHARE = 0.75
"""Part of a training's cohort share that watches the floor between rounds. The watch's noise
has the heavier tails: at this split its scale b is 1.15 times the count's deviation."""
MOST_COORDINATES = 1 << 40
"""More coordinates than any sum of a study has; what shared noise is charged for."""
DRAWS_COVERED = 2.0**48
"""More draws than one person's data can meet in a study."""
MOST_DISTANCE_PER_DRAW = 2.0**-233
"""At least `DiscreteGaussian(sigma).statistical_distance(1)` for every sigma allowed."""

_HEADROOM = 1 - 1e-9
"""Keeps the plan's total under epsilon whatever the order in which floats are added."""


def accounting_delta(delta: float) -> float:
    """Return the part of `delta` that noise is accounted with; the sampler has the rest."""
    return delta * (1 - SAMPLER_SHARE_OF_DELTA)


@dataclass(frozen=True, slots=True)
class PrivacyPlan:
    """What each question of a study costs.

    Attributes:
        rounds: Training rounds; 0 for a measurement.
        limit: The study's (epsilon, delta).
        spent: What the whole study costs if each question is asked as planned.
        multipliers: Noise multiplier of each question.
        local: How each training round samples; None for a measurement.
        shares: Brands that divide the noise of a multiplier; 1 where each adds it all.
        is_distributed: Whether a sum over brands is private, not each part by itself.
        watch: Watches the floor of persons at each brand over a training's rounds; None
            for a measurement, which asks once.
    """

    rounds: int
    limit: PrivacyLimit
    spent: PrivacySpent
    multipliers: tuple[tuple[Question, float], ...]
    local: LocalTraining | None
    shares: int = 1
    is_distributed: bool = False
    watch: FloorWatchEvent | None = None

    def noise_multiplier(self, question: Question) -> float:
        """Return the noise multiplier of one asking of a question.

        Raises:
            PrivacyPlanError: The study does not ask this question.
        """
        for planned, multiplier in self.multipliers:
            if planned is question:
                return multiplier
        asked = ", ".join(planned.value for planned, _ in self.multipliers)
        raise PrivacyPlanError(f"expected one of the study's questions {asked}, got {question}")

    def share_multiplier(self, question: Question) -> float:
        """Return the deviation of the noise that one brand adds, over the sensitivity.

        Raises:
            PrivacyPlanError: The study does not ask this question.
        """
        return self.noise_multiplier(question) / math.sqrt(self.shares)

    def event(self, question: Question) -> Event:
        """Return what one asking of a question releases; the cohort pays for the watch too.

        Raises:
            PrivacyPlanError: The study does not ask this question.
        """
        multiplier = self.noise_multiplier(question)
        shares = self.shares if self.is_distributed else None
        if question is Question.TRAIN and self.local is not None:
            return _training_event(self.local, multiplier, shares)
        counted = _counting_event(multiplier, shares)
        if question is Question.COHORT and self.watch is not None:
            return ComposedEvent((counted, self.watch))
        return counted

    def times_asked(self, question: Question) -> int:
        """Return how often the study asks a question."""
        return self.rounds if question in {Question.TRAIN, Question.EVALUATE} else 1

    def total(self) -> ComposedEvent:
        """Return what the whole study releases."""
        events: list[Event] = []
        for question, _ in self.multipliers:
            events.extend([self.event(question)] * self.times_asked(question))
        return ComposedEvent(tuple(events))


def plan_study(study: Study) -> PrivacyPlan:
    """Divide a study's privacy loss over its questions.

    Args:
        study: The study; only its privacy parameters and computation count.

    Returns:
        The plan. Its epsilon is never above the study's, and within 0.1 % of it
        unless the least noise multiplier already costs less.

    Raises:
        PrivacyPlanError: The shares leave nothing for the main question, no noise
            allowed here is enough, the cohort's noise drowns the floor of persons, or
            the colluders assumed leave nobody to add noise.
    """
    shares = _noise_shares(study)
    limit = PrivacyLimit(study.privacy.epsilon, study.privacy.delta)
    computation = study.computation
    training = computation if isinstance(computation, TrainModel) else None
    try:
        plan = _plan(limit, study.privacy.cohort_budget_share, training, shares)
    except (ArithmeticError, ValueError) as error:
        raise PrivacyPlanError(
            f"expected privacy parameters that noise can be computed for, got epsilon "
            f"{limit.epsilon:g} and delta {limit.delta:g} with shares or rates that are too "
            "small; raise them"
        ) from error
    contributions = 1 if shares is None else least_brands(study)
    noise = plan.share_multiplier(Question.COHORT) * math.sqrt(contributions)
    if noise > study.minimum_persons * MOST_COHORT_NOISE:
        raise PrivacyPlanError(
            f"expected noise of the cohort's size of at most {MOST_COHORT_NOISE:g} times "
            f"minimum_persons {study.minimum_persons}, got {noise:.4g}, which would drown that "
            "floor; raise cohort_budget_share, epsilon or minimum_persons"
        )
    return plan


def least_brands(study: Study) -> int:
    """Return the fewest brands in a decoded sum, by the study's own word and never below three.

    The rules see to it that a study's word is at least its charter's.
    """
    return max(study.minimum_brands, LEAST_LEGAL_ENTITIES)


def _noise_shares(study: Study) -> int | None:
    """Return how many brands divide the noise; None where each adds all of it."""
    noise = study.privacy.distributed
    if noise is None:
        return None
    shares = least_brands(study) - noise.assumed_colluders
    if shares < 1:
        raise PrivacyPlanError(
            f"expected assumed_colluders below the {least_brands(study)} brands of the smallest "
            f"sum, got {noise.assumed_colluders}, which leaves nobody's noise; raise "
            "minimum_brands or lower assumed_colluders"
        )
    return shares


@lru_cache(maxsize=128)
def _plan(
    limit: PrivacyLimit, cohort_share: float, training: TrainModel | None, noise_shares: int | None
) -> PrivacyPlan:
    delta = accounting_delta(limit.delta)
    target = PrivacyLimit(_effective_epsilon(limit) * _HEADROOM, delta)
    rho = rho_within(target)
    watch = None if training is None else _watch_for(WATCH_SHARE * cohort_share * rho)
    counted = cohort_share if training is None else (1 - WATCH_SHARE) * cohort_share
    cohort = _multiplier_for(counted * rho)
    multipliers = [(Question.COHORT, cohort)]
    fixed = Accountant().curve(_counting_event(cohort, noise_shares))
    if watch is not None:
        fixed += Accountant().curve(watch)
    shares = cohort_share
    if training is not None:
        share = training.evaluation.budget_share
        shares += share
        evaluation = _multiplier_for(share * rho / training.rounds)
        multipliers.append((Question.EVALUATE, evaluation))
        asked = Accountant().curve(_counting_event(evaluation, noise_shares))
        fixed += asked.times(training.rounds)
    if shares >= 1 or fixed.epsilon(delta) >= target.epsilon:
        raise PrivacyPlanError(
            f"expected cohort_budget_share and evaluation.budget_share below 1 together, got "
            f"{shares:g}, which leaves nothing for the main question; lower one of them"
        )
    question = Question.MEASURE if training is None else Question.TRAIN
    main = _main_multiplier(fixed, target, training)
    multipliers.append((question, main))
    total = fixed + _main_curve(main, training, noise_shares)
    return PrivacyPlan(
        rounds=0 if training is None else training.rounds,
        limit=limit,
        spent=PrivacySpent(total.epsilon(delta), limit.delta, total.rho),
        multipliers=tuple(multipliers),
        local=None if training is None else training.local,
        shares=noise_shares or 1,
        is_distributed=noise_shares is not None,
        watch=watch,
    )


def _effective_epsilon(limit: PrivacyLimit) -> float:
    """Return epsilon, or less where the sampler's part of delta would not cover it.

    Noise that errs by d turns (epsilon, delta) into (epsilon, delta + (1 + e^epsilon) d).
    """
    distance = DRAWS_COVERED * MOST_DISTANCE_PER_DRAW
    return min(limit.epsilon, math.log(limit.delta * SAMPLER_SHARE_OF_DELTA / distance) - 1)


def _multiplier_for(rho: float) -> float:
    """Return the least planned multiplier whose Gaussian costs at most `rho`."""
    return _planned(math.ceil(1 / math.sqrt(2 * rho) / MULTIPLIER_STEP))


def _watch_for(rho: float) -> FloorWatchEvent:
    """Return the watch of least noise that costs at most `rho`: (2/b)^2 / 2."""
    return FloorWatchEvent(max(1, math.ceil(math.sqrt(2 / rho))))


def _planned(steps: int) -> float:
    return max(LEAST_MULTIPLIER, round(steps * MULTIPLIER_STEP, 4))


def _counting_event(multiplier: float, shares: int | None) -> GaussianEvent | SummedGaussianEvent:
    if shares is None:
        return GaussianEvent(multiplier)
    return SummedGaussianEvent(multiplier, shares, LEAST_SHARE_SIGMA, MOST_COORDINATES)


def _training_event(
    local: LocalTraining, multiplier: float, shares: int | None
) -> PoissonSampledGaussianEvent | PoissonSampledSummedGaussianEvent:
    rate, steps = local.sampling_rate, local.steps_per_round
    if shares is None:
        return PoissonSampledGaussianEvent(multiplier, rate, steps)
    summed = SummedGaussianEvent(multiplier, shares, LEAST_SHARE_SIGMA, MOST_COORDINATES)
    return PoissonSampledSummedGaussianEvent(summed, rate, steps)


def _main_curve(multiplier: float, training: TrainModel | None, shares: int | None) -> RenyiCurve:
    if training is None:
        return Accountant().curve(_counting_event(multiplier, shares))
    event = _training_event(training.local, multiplier, shares)
    return Accountant().curve(event).times(training.rounds)


def _main_multiplier(fixed: RenyiCurve, target: PrivacyLimit, training: TrainModel | None) -> float:
    """Find the least planned multiplier that keeps the whole within `target`.

    Epsilon falls as noise grows. Bounds first move apart by doubling or halving,
    then close in by interpolating log epsilon over log multiplier, which is nearly
    straight, and by halving where that does not get on.
    """
    epsilon = _search_function(fixed, target, training)
    least = round(LEAST_MULTIPLIER / MULTIPLIER_STEP)
    short, short_loss = least - 1, math.inf
    enough = round(1 / MULTIPLIER_STEP)
    loss = epsilon(enough)
    while loss > target.epsilon:
        short, short_loss = enough, loss
        enough *= 2
        if enough * MULTIPLIER_STEP > MOST_MULTIPLIER:
            raise PrivacyPlanError(
                f"expected noise to suffice for epsilon {target.epsilon:.4g} with a multiplier "
                f"below {MOST_MULTIPLIER:.0f}; raise epsilon or lower rounds or steps"
            )
        loss = epsilon(enough)
    while short < least <= enough // 2:
        tried = epsilon(enough // 2)
        if tried <= target.epsilon:
            enough, loss = enough // 2, tried
        else:
            short, short_loss = enough // 2, tried
    turn = 0
    while enough - short > 1:
        guess = _interpolate(short, short_loss, enough, loss, target.epsilon)
        middle = (short + enough) // 2 if turn % 3 == 2 else guess
        middle_loss = epsilon(middle)
        if middle_loss <= target.epsilon:
            enough, loss = middle, middle_loss
        else:
            short, short_loss = middle, middle_loss
        turn += 1
    return _planned(enough)


def _search_function(
    fixed: RenyiCurve, target: PrivacyLimit, training: TrainModel | None
) -> Callable[[int], float]:
    """Return the whole's epsilon as a function of the main multiplier, in planned steps.

    Only orders at which `fixed` alone stays within `target` can decide, so only
    these are computed; above `target` the function is an upper bound. What shared
    noise costs more than a Gaussian is less than a float holds, see `summed_gaussian`.
    """
    losses = fixed.losses(target.delta)
    useful = losses <= target.epsilon
    orders, base = ORDERS[useful], losses[useful]
    local = None if training is None else training.local
    asked = 1 if training is None else training.rounds * training.local.steps_per_round

    def epsilon(steps: int) -> float:
        multiplier = _planned(steps)
        unamplified = zcdp_epsilon(fixed.rho + asked / (2 * multiplier**2), target.delta)
        if local is None or not orders.size:
            return unamplified
        sampled = sampled_gaussian_divergence(multiplier, local.sampling_rate, orders)
        return min(unamplified, float((base + asked * sampled).min()))

    return epsilon


def _interpolate(short: int, short_loss: float, enough: int, loss: float, wanted: float) -> int:
    """Guess the steps between `short` and `enough` (both excluded) where loss meets `wanted`."""
    if not (math.isfinite(short_loss) and loss > 0 and short_loss > loss):
        return (short + enough) // 2
    part = math.log(short_loss / wanted) / math.log(short_loss / loss)
    guess = math.ceil(short * math.pow(enough / short, part))
    return min(max(guess, short + 1), enough - 1)
