"""What a brand does for one admitted request, on its own data.

Rules: a workbench is made for one request, after the gate admitted it and the
ledger was charged; it reads the data as consented at the request's instant;
whatever it returns is noised with the plan's multiplier for that question: in
mode `local` with all of the noise, in mode `distributed` with one brand's share of
it, as integers that may leave only as part of a sum. It knows noise multipliers,
never epsilon. No row can make it refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from hanse_clients.data import MinimalView, view_for
from hanse_clients.errors import (
    QuestionForeignError,
)
from hanse_clients.features import encode_features
from hanse_clients.sources import BrandSources
from hanse_federation.contributions_training import gradient_shares_for
from hanse_federation.measurements import ScoreHistogram, measurement_for
from hanse_federation.messages import CellsReply, CohortReply, Parameters, Question, TrainReply
from hanse_federation.model import predict
from hanse_federation.privacy.distributed_noise import CountShares
from hanse_federation.privacy.mechanism import gaussian_integers
from hanse_federation.privacy.plan import PrivacyPlan
from hanse_federation.randomness import Randomness
from hanse_policies.documents import (
    AudienceHistogram,
    BrandPolicy,
    DataAsset,
    Study,
    TrainModel,
)

ONE_PERSON = 1.0
"""L2 sensitivity of a count to which each person adds one, in one place."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """One admitted request with all it may use.

    In mode `distributed` counts are scaled integers with a share of the noise (see
    `CountShares`), and a training's answer is grid steps (see `GradientShares`).

    Attributes:
        study: The approved study.
        plan: How much noise each question gets.
        policy: The brand's policy in effect.
        asset: What is stored where.
        sources: The brand's data.
        row_salt: The brand's secret for choosing rows, 64 hex digits.
        noised_persons: The cohort's noised size as released; 0 while it is being asked.
        randomness: Where noise comes from.
        now: The instant consent is judged at.
    """

    study: Study
    plan: PrivacyPlan
    policy: BrandPolicy
    asset: DataAsset
    sources: BrandSources
    row_salt: str
    noised_persons: int
    randomness: Randomness
    now: datetime

    def cohort(self) -> CohortReply:
        """Count the persons who take part, noised; the floor is the gate's concern."""
        count = self.sources.for_study(self.study).persons(self._view())
        return CohortReply(int(self._noised(np.array([count.persons]), Question.COHORT)[0]))

    def measure(self) -> CellsReply:
        """Answer the study's measurement.

        Raises:
            QuestionForeignError: The study measures nothing.
        """
        computation = self.study.computation
        if not isinstance(computation, AudienceHistogram):
            raise _foreign(self.study, Question.MEASURE)
        measured = self.sources.for_study(self.study).cells(self._view(), computation)
        bounded = measurement_for(computation).bound(
            (cell.cell, cell.persons) for cell in measured.cells
        )
        return _cells(self._noised(bounded, Question.MEASURE))

    def train(self, parameters: Parameters) -> TrainReply | CellsReply:
        """Train the parameters for one round, or sum up their gradients for one.

        Returns:
            In mode `local` the brand's new parameters; in mode `distributed` its
            noised gradient sum in grid steps.

        Raises:
            QuestionForeignError: The study trains nothing.
            UnusableDataError: The engine failed or ran out of memory.
        """
        # torch and Opacus take seconds and 200 MB: only a process that trains pays.
        from hanse_clients.training import GradientSum, Trainer  # noqa: PLC0415

        computation = self._training(Question.TRAIN)
        rows = self.sources.rows().rows(self._view())
        taken = ~rows.holdout
        matrix = encode_features(computation.features, rows.columns)[taken]
        labels = rows.label[taken]
        if self.plan.is_distributed:
            shares = gradient_shares_for(self.study, self.plan, matrix.shape[1])
            gradients = GradientSum(
                computation, matrix, labels, shares=shares, randomness=self.randomness
            )
            return _cells(gradients.share(parameters))
        trainer = Trainer(
            computation,
            matrix,
            labels,
            noise_multiplier=self.plan.noise_multiplier(Question.TRAIN),
            public_persons=self.noised_persons,
            randomness=self.randomness,
        )
        return TrainReply(trainer.train(parameters), weight=max(1, self.noised_persons))

    def evaluate(self, parameters: Parameters) -> CellsReply:
        """Score the held-out persons into a noised score x label histogram.

        Raises:
            QuestionForeignError: The study trains nothing.
            UnusableDataError: The engine failed or ran out of memory.
        """
        computation = self._training(Question.EVALUATE)
        rows = self.sources.rows().rows(self._view())
        matrix = encode_features(computation.features, rows.columns)[rows.holdout]
        scores = predict(computation, parameters, matrix)
        counted = ScoreHistogram(computation.evaluation.score_bins).cells(
            scores, rows.label[rows.holdout].astype(np.int64)
        )
        return _cells(self._noised(counted, Question.EVALUATE))

    def _view(self) -> MinimalView:
        return view_for(self.study, self.asset, self.policy, self.now, self.row_salt)

    def _training(self, question: Question) -> TrainModel:
        if not isinstance(self.study.computation, TrainModel):
            raise _foreign(self.study, question)
        return self.study.computation

    def _noised(self, values: NDArray[np.int64], question: Question) -> NDArray[np.int64]:
        multiplier = self.plan.noise_multiplier(question)
        if self.plan.is_distributed:
            return CountShares(multiplier, self.plan.shares).add_share(values, self.randomness)
        noised, _ = gaussian_integers(
            values,
            l2_sensitivity=ONE_PERSON,
            noise_multiplier=multiplier,
            randomness=self.randomness,
        )
        return noised


def _cells(noised: NDArray[np.int64]) -> CellsReply:
    return CellsReply(tuple(noised.tolist()))


def _foreign(study: Study, question: Question) -> QuestionForeignError:
    return QuestionForeignError(
        f"expected a question that study {study.id} asks, got {question}; the operator's server "
        "asks for something that was never approved"
    )
