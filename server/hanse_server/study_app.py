"""A study as a Flower `ServerApp`: the cohort first, then its one computation.

Rules: every answer is a sum over brands, made by secure aggregation behind the grid;
nothing of a single brand is here to be seen. What the app finds is left in a
`Findings`, all of it noised by the brands. Run again over recorded sums, the app
finds the same, momentum and all: that is how a run goes on after its server was
killed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    MeasureRequest,
    Parameters,
    Question,
)
from hanse_federation.model import PARAMETER_LIMIT, initial_parameters, input_width
from hanse_flower import (
    AnswerRules,
    AnswersCollected,
    CohortGrid,
    Observer,
    RoundAggregated,
    RunStep,
    fed_avg_momentum,
    parameters_to_record,
    rounded_parameters_from_record,
)
from hanse_policies.documents import BrandId, Study, TrainModel, TrustMode
from hanse_server.errors import CohortBelowFloorError, StudyRunError


@dataclass(frozen=True, slots=True)
class NoisedCohort:
    """The cohort of a run, as it may be known outside the brands.

    Attributes:
        brands: Whose persons are in it.
        persons: The noised sum over them.
    """

    brands: tuple[BrandId, ...]
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
        cohort: The noised cohort; None until it was asked.
        evaluations: One a round, in order.
        parameters: The model after the last round.
        cells: The summed, noised cells of the measurement.
        measured_brands: How many brands are in `cells`.
    """

    cohort: NoisedCohort | None = None
    evaluations: list[EvaluatedRound] = field(default_factory=list)
    parameters: Parameters | None = None
    cells: tuple[int, ...] | None = None
    measured_brands: int = 0


def build_server_app(
    study: Study,
    digest: str,
    *,
    findings: Findings,
    on_cohort: Callable[[NoisedCohort], None],
    observer: Observer,
) -> ServerApp:
    """Build the app that runs one study.

    Args:
        study: The study.
        digest: Its digest; seeds the model's public starting point.
        findings: Where results go.
        on_cohort: Told of the noised cohort before the floor is checked.
        observer: Told of each aggregation.

    Returns:
        The app; running it raises `AggregationError` where no sum comes about.
    """
    app = ServerApp()

    @app.main()
    def run(grid: Grid, context: Context) -> None:
        del context
        if not isinstance(grid, CohortGrid):
            raise StudyRunError(
                "expected a grid over the cohort, got another; run the app on `CohortGrid`"
            )
        findings.cohort = _ask_cohort(grid)
        on_cohort(findings.cohort)
        _check_persons(study, findings.cohort)
        if isinstance(study.computation, TrainModel):
            _Training(study.computation, digest, findings, observer).run(grid)
        else:
            _measure(grid, findings)

    return app


def _ask_cohort(grid: CohortGrid) -> NoisedCohort:
    answer = grid.ask(CohortRequest())
    if not isinstance(answer.payload, CohortReply):
        raise StudyRunError("expected the cohort's size, got another answer; report this defect")
    return NoisedCohort(answer.brands, answer.payload.noised_persons)


def _check_persons(study: Study, cohort: NoisedCohort) -> None:
    """Hold the floor of persons where no brand could hold it alone.

    In mode local each brand compared its own, fully noised cohort. In mode distributed
    the sum is the first figure that bears enough noise to be looked at.
    """
    is_distributed = study.privacy.mode is TrustMode.DISTRIBUTED
    if is_distributed and cohort.persons < study.minimum_persons:
        raise CohortBelowFloorError(
            f"expected a noised cohort of at least {study.minimum_persons} persons over all "
            "brands, got fewer; widen the population or wait for more consent"
        )


@dataclass(slots=True)
class _Training:
    computation: TrainModel
    digest: str
    findings: Findings
    observer: Observer
    _evaluating: int = 0

    def run(self, grid: CohortGrid) -> None:
        """Run all rounds with Flower's strategy and keep the model."""
        rules = AnswerRules(
            maximum_parameter=PARAMETER_LIMIT,
            evaluate_cells=2 * self.computation.evaluation.score_bins,
        )
        grid.observe(self._watch)
        strategy = fed_avg_momentum(self.computation.server, rules=rules, observer=self._watch)
        width = input_width(self.computation.features)
        start = initial_parameters(self.computation, width, self.digest)
        result = strategy.start(
            grid, parameters_to_record(start), num_rounds=self.computation.rounds
        )
        self.findings.parameters = rounded_parameters_from_record(result.arrays)

    def _watch(self, step: RunStep) -> None:
        if isinstance(step, AnswersCollected) and step.question is Question.EVALUATE:
            self._evaluating = len(step.answered)
        if isinstance(step, RoundAggregated):
            if step.question is Question.EVALUATE:
                self.findings.evaluations.append(
                    EvaluatedRound(step.round_number, self._evaluating, step.cells)
                )
            self.observer(step)


def _measure(grid: CohortGrid, findings: Findings) -> None:
    answer = grid.ask(MeasureRequest())
    if not isinstance(answer.payload, CellsReply):
        raise StudyRunError("expected measured cells, got another answer; report this defect")
    findings.cells = answer.payload.cells
    findings.measured_brands = len(answer.brands)
