"""A study as a Flower `ServerApp`: the cohort first, then its one computation.

Rules: no question is asked of a brand whose cohort answer is missing; nothing
is combined over fewer brands than the study and the charter's floor ask for;
what the app finds is left in a `Findings`, all of it noised by the brands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from hanse_federation.measurements import measurement_for
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Parameters,
    Question,
)
from hanse_federation.model import PARAMETER_LIMIT, initial_parameters, input_width
from hanse_federation.privacy import PrivacyPlan, plan_study
from hanse_flower import (
    AnswerRules,
    BrandTerms,
    CohortTooSmallError,
    LinkGrid,
    Observer,
    RoundAggregated,
    RunStep,
    ask_brands,
    fed_avg_momentum,
    parameters_to_record,
    rounded_parameters_from_record,
)
from hanse_policies.documents import BrandId, Study, TrainModel
from hanse_server.errors import StudyRunError

MOST_WEIGHT = 3
"""A brand counts for at most so many times the median of the other brands."""
NOISE_DEVIATIONS = 10
"""Noise beyond so many standard deviations does not happen."""


@dataclass(frozen=True, slots=True)
class NoisedCohort:
    """One brand's cohort, as it may be known outside the brand."""

    brand: BrandId
    persons: int


@dataclass(frozen=True, slots=True)
class EvaluatedRound:
    """The summed, noised score x label cells of one round."""

    round_number: int
    brands: int
    cells: tuple[int, ...]


@dataclass(slots=True)
class Findings:
    """What a run found so far; written by the app, read when it has ended.

    Attributes:
        cohorts: The noised cohort of each brand that took part.
        evaluations: One a round, in order.
        parameters: The model after the last round.
        cells: The summed, noised cells of the measurement.
        measured_brands: How many brands are in `cells`.
    """

    cohorts: tuple[NoisedCohort, ...] = ()
    evaluations: list[EvaluatedRound] = field(default_factory=list)
    parameters: Parameters | None = None
    cells: tuple[int, ...] | None = None
    measured_brands: int = 0


GridFor = Callable[[tuple[BrandId, ...], AnswerRules, Observer], LinkGrid]
"""Makes a grid over the given brands, for the app to narrow to those that answered."""


def build_server_app(
    study: Study,
    digest: str,
    *,
    minimum_brands: int,
    grid_for: GridFor,
    findings: Findings,
    on_cohorts: Callable[[tuple[NoisedCohort, ...]], None],
    observer: Observer,
) -> ServerApp:
    """Build the app that runs one study.

    Args:
        study: The study.
        digest: Its digest; seeds the model's public starting point.
        minimum_brands: The floor in force.
        grid_for: Makes a grid over the brands that answered the cohort question.
        findings: Where results go.
        on_cohorts: Told of the noised cohorts before the floor is checked.
        observer: Told of each step.

    Returns:
        The app; running it raises `CohortTooSmallError` below the floor.
    """
    app = ServerApp()

    @app.main()
    def run(grid: Grid, context: Context) -> None:
        del context
        if not isinstance(grid, LinkGrid):
            raise StudyRunError("expected a grid over the link, got another engine's")
        cohorts = _ask_cohorts(grid)
        findings.cohorts = cohorts
        on_cohorts(cohorts)
        _check_floor(len(cohorts), minimum_brands, 0)
        brands, plan = tuple(cohort.brand for cohort in cohorts), plan_study(study)
        if isinstance(study.computation, TrainModel):
            train = _Training(study.computation, digest, minimum_brands, plan, findings, observer)
            train.run(cohorts, grid_for)
        else:
            rules = AnswerRules(
                measure_cells=measurement_for(study.computation).cell_count,
                brands=brand_terms(cohorts, plan, Question.MEASURE),
            )
            _measure(grid_for(brands, rules, observer), minimum_brands, findings)

    return app


def _ask_cohorts(grid: LinkGrid) -> tuple[NoisedCohort, ...]:
    answers = ask_brands(grid, CohortRequest())
    return tuple(
        NoisedCohort(answer.brand, answer.payload.noised_persons)
        for answer in answers.admitted
        if isinstance(answer.payload, CohortReply)
    )


@dataclass(frozen=True, slots=True)
class _Training:
    computation: TrainModel
    digest: str
    minimum_brands: int
    plan: PrivacyPlan
    findings: Findings
    observer: Observer

    def run(self, cohorts: tuple[NoisedCohort, ...], grid_for: GridFor) -> None:
        """Run all rounds with Flower's strategy and keep the model."""
        brands = tuple(cohort.brand for cohort in cohorts)
        rules = AnswerRules(
            maximum_parameter=PARAMETER_LIMIT,
            evaluate_cells=2 * self.computation.evaluation.score_bins,
            brands=brand_terms(cohorts, self.plan, Question.EVALUATE),
        )
        grid = grid_for(brands, rules, self._watch)
        strategy = fed_avg_momentum(
            self.computation.server, self.minimum_brands, rules=rules, observer=self._watch
        )
        width = input_width(self.computation.features)
        start = initial_parameters(self.computation, width, self.digest)
        result = strategy.start(
            grid, parameters_to_record(start), num_rounds=self.computation.rounds
        )
        self.findings.parameters = rounded_parameters_from_record(result.arrays)

    def _watch(self, step: RunStep) -> None:
        if isinstance(step, RoundAggregated) and step.question is Question.EVALUATE:
            self.findings.evaluations.append(
                EvaluatedRound(step.round_number, step.answers, step.cells)
            )
        self.observer(step)


def _measure(grid: LinkGrid, minimum_brands: int, findings: Findings) -> None:
    answers = ask_brands(grid, MeasureRequest())
    rows = [a.payload.cells for a in answers.admitted if isinstance(a.payload, CellsReply)]
    _check_floor(len(rows), minimum_brands, 0)
    findings.cells = tuple(sum(column) for column in zip(*rows, strict=True))
    findings.measured_brands = len(rows)


def brand_terms(
    cohorts: tuple[NoisedCohort, ...], plan: PrivacyPlan, question: Question
) -> tuple[BrandTerms, ...]:
    """Settle what each brand counts for, from what all of them released first.

    A brand may lie about its size, so none weighs more than `MOST_WEIGHT` times
    the median of the others; and no cell of a brand's answer can hold more persons than
    its cohort, apart from the noise of both.
    """
    terms = []
    for cohort in cohorts:
        others = [max(1, other.persons) for other in cohorts if other is not cohort]
        most = MOST_WEIGHT * median(others) if others else cohort.persons
        noise = plan.noise_multiplier(question) + plan.noise_multiplier(Question.COHORT)
        persons = min(max(1, cohort.persons), max(1, int(most)))
        cell = max(0, cohort.persons) + math.ceil(NOISE_DEVIATIONS * noise)
        terms.append(BrandTerms(cohort.brand, weight=persons, maximum_cell=cell))
    return tuple(terms)


def _check_floor(answered: int, required: int, round_number: int) -> None:
    if answered < required:
        raise CohortTooSmallError(
            f"expected answers of at least {required} brands, got {answered}; see the brands' "
            "refusals and run the study again",
            required=required,
            answered=answered,
            round_number=round_number,
        )
