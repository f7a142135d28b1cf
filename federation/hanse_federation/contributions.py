"""A brand's answer as a vector of integers that can be added up, and the sum as an answer.

Rules: length, ring and range of every contribution follow from the signed study
and the charter alone, so brands and operator derive the same and no sum can wrap
around; a contribution is finished before it is encoded, its noise in it, so that
encoding costs no privacy; a single contribution is never decoded.

What the vector holds:

    cohort, evaluate, measure   the counts, noised (in mode `distributed` scaled, see
                                `privacy/distributed_noise.py`)
    train, mode local           the update of every parameter times the brand's weight,
                                then the weight: the sums give the weighted mean
    train, mode distributed     the noised sum of clipped gradients

In mode local a brand weighs what its noised cohort says, at most `MOST_WEIGHT`
times the mean over brands, for nobody sees a single weight: a brand that lies
gains no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanse_federation.contributions_training import (
    expected_batch_size,
    gradient_shares_for,
    moved_parameters,
    parameter_count,
    stepped_parameters,
)
from hanse_federation.errors import (
    MeasurementRowsError,
    NonFiniteUpdateError,
    PrivacyPlanError,
)
from hanse_federation.measurements import measurement_for
from hanse_federation.messages import (
    QUESTION_OF,
    AnswerPayload,
    CellsReply,
    CohortReply,
    Parameters,
    Question,
    QuestionPayload,
    TrainReply,
    TrainRequest,
)
from hanse_federation.model import input_width
from hanse_federation.privacy.distributed_noise import CountShares
from hanse_federation.privacy.plan import PrivacyPlan
from hanse_federation.randomness import Randomness
from hanse_federation.secure_aggregation.errors import AggregationFormatError
from hanse_federation.secure_aggregation.quantisation import (
    Steps,
    VectorFormat,
    round_stochastically,
    smallest_ring,
)
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.documents import (
    AllianceCharter,
    AudienceHistogram,
    Study,
    TrainModel,
    TrustMode,
)

MOST_WEIGHT = 3
"""A brand counts for at most so many times the mean of the brands."""

NOISE_DEVIATIONS = 6
"""An update's noise beyond so many standard deviations is cut."""

MOST_COUNT = 1 << 52
"""Largest count, scale and noise included, that a contribution may hold."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """How the answers to a study's questions are added up.

    Attributes:
        study: The study.
        plan: How much noise each question gets.
        contributors: Most brands in a sum: the members of the charter.
    """

    study: Study
    plan: PrivacyPlan
    contributors: int

    @classmethod
    def of(cls, study: Study, plan: PrivacyPlan, charter: AllianceCharter) -> Contributions:
        """Settle the contributions of a study in an alliance."""
        return cls(study, plan, max(1, len(charter.members)))

    @property
    def is_distributed(self) -> bool:
        """Whether brands add shares of the noise rather than all of it."""
        return self.study.privacy.mode is TrustMode.DISTRIBUTED

    def vector(self, question: Question) -> VectorFormat:
        """Return length, ring and range of each contribution to a question.

        Raises:
            AggregationFormatError: So many brands' contributions fit no ring, or the
                study does not ask the question.
        """
        computation = self.study.computation
        match question, computation:
            case Question.COHORT, _:
                return self._counts(1)
            case Question.MEASURE, AudienceHistogram():
                return self._counts(measurement_for(computation).cell_count)
            case Question.EVALUATE, TrainModel():
                return self._counts(2 * computation.evaluation.score_bins)
            case Question.TRAIN, TrainModel():
                return self._training(computation)
        raise AggregationFormatError(
            f"expected a question that study {self.study.id} asks, got {question}; ask "
            "what its computation needs"
        )

    def encode(
        self,
        asked: QuestionPayload,
        answer: AnswerPayload,
        *,
        reference_persons: int,
        randomness: Randomness,
    ) -> Steps:
        """Write a brand's finished answer as integers within the declared range.

        Args:
            asked: The question.
            answer: The brand's own answer, noised as its mode asks for.
            reference_persons: Public mean of the brands' noised cohorts.
            randomness: For the rounding of a model update.

        Returns:
            The contribution, shape (length,), int64.

        Raises:
            MeasurementRowsError: The answer is not one to this question.
            NonFiniteUpdateError: An update holds NaN or infinity.
        """
        match asked, answer:
            case TrainRequest(), TrainReply() if not self.is_distributed:
                return self._encode_update(asked, answer, reference_persons, randomness)
            case _, CohortReply():
                values = [answer.noised_persons]
            case _, CellsReply():
                values = list(answer.cells)
            case _:
                raise _foreign(asked)
        if len(values) != self.vector(QUESTION_OF[type(asked)]).length:
            raise _foreign(asked)
        return np.array(values, dtype=np.int64)

    def decode(
        self,
        asked: QuestionPayload,
        total: NDArray[np.int64],
        *,
        contributors: int,
        reference_persons: int,
    ) -> AnswerPayload:
        """Read a sum of contributions as the cohort's one answer.

        Args:
            asked: The question.
            total: The sum, shape (length,), int64.
            contributors: How many brands are in it.
            reference_persons: As it was told to the brands.

        Returns:
            The cohort's size; summed cells; or the model's next parameters, with the
            noised number of persons behind them as weight.
        """
        if isinstance(asked, TrainRequest):
            if self.is_distributed:
                return self._descend(asked, total, contributors * max(1, reference_persons))
            return self._decode_update(asked, total, reference_persons)
        question = QUESTION_OF[type(asked)]
        counts = self.counts(question).decode(total) if self.is_distributed else total
        if question is Question.COHORT:
            return CohortReply(int(counts[0]))
        return CellsReply(tuple(int(cell) for cell in counts))

    def counts(self, question: Question) -> CountShares:
        """Return how a question's counts are noised in mode distributed."""
        return CountShares(self.plan.noise_multiplier(question), self.plan.shares)

    def _counts(self, length: int) -> VectorFormat:
        bound = min(MOST_COUNT, Ring.Z64.half // (self.contributors + 1))
        return VectorFormat(length, Ring.Z64, bound, self.contributors)

    def _training(self, computation: TrainModel) -> VectorFormat:
        length = parameter_count(computation, input_width(computation.features))
        if self.is_distributed:
            shares = gradient_shares_for(self.study, self.plan, input_width(computation.features))
            ring = smallest_ring(shares.bound, self.contributors, length)
            return VectorFormat(length, ring, shares.bound, self.contributors)
        # A power of two, so that 1 / bound is a grid on which floats are exact.
        bound = 1 << (((Ring.Z32.half - 1) // self.contributors).bit_length() - 1)
        return VectorFormat(length + 1, Ring.Z32, bound, self.contributors)

    def _encode_update(
        self,
        asked: TrainRequest,
        answer: TrainReply,
        reference_persons: int,
        randomness: Randomness,
    ) -> Steps:
        """Write weight times update, and the weight, as parts of their public bounds."""
        vector = self.vector(Question.TRAIN)
        share = min(1.0, answer.weight / _most_weight(reference_persons))
        update = _flat(answer.parameters) - _flat(asked.parameters)
        if not np.isfinite(update).all():
            # Cutting would turn infinity into an ordinary number.
            raise NonFiniteUpdateError(
                "expected a finite update, got NaN or infinity; lower the learning rate"
            )
        limit = update_limit(self.study, self.plan)
        parts = np.append(np.clip(update / limit, -1.0, 1.0), 1.0) * share
        return round_stochastically(parts, 1.0 / vector.bound, vector.bound, randomness)

    def _decode_update(
        self, asked: TrainRequest, total: NDArray[np.int64], reference_persons: int
    ) -> TrainReply:
        vector = self.vector(Question.TRAIN)
        weight = max(1, int(total[-1]))
        mean = total[:-1].astype(np.float64) / weight * update_limit(self.study, self.plan)
        persons = weight / vector.bound * _most_weight(reference_persons)
        return TrainReply(moved_parameters(asked.parameters, mean), max(1, round(persons)))

    def _descend(self, asked: TrainRequest, total: NDArray[np.int64], persons: int) -> TrainReply:
        """Take one step of gradient descent along the mean over the expected sample."""
        computation = self.study.computation
        if not isinstance(computation, TrainModel):
            raise _foreign(asked)
        shares = gradient_shares_for(self.study, self.plan, input_width(computation.features))
        gradient = shares.decode(total)
        return TrainReply(
            stepped_parameters(computation, asked.parameters, gradient, persons), persons
        )


def update_limit(study: Study, plan: PrivacyPlan) -> float:
    """Bound, in public numbers, how far one round's private training moves a parameter.

    A step moves each parameter by the learning rate times a noised mean of clipped
    gradients: at most twice the clipping norm, as a sample is rarely twice the expected
    one, and `NOISE_DEVIATIONS` of the noise of the smallest cohort allowed. What lies
    beyond is cut, which costs accuracy and nothing else: the update is private already.
    """
    computation = study.computation
    if not isinstance(computation, TrainModel):
        raise PrivacyPlanError(
            f"expected a study that trains a model, got {study.id}; only training has updates"
        )
    local = computation.local
    noise = NOISE_DEVIATIONS * plan.noise_multiplier(Question.TRAIN)
    of_a_step = 2.0 + noise / expected_batch_size(computation, study.minimum_persons)
    return local.steps_per_round * local.learning_rate * local.clipping_norm * of_a_step


def _most_weight(reference_persons: int) -> int:
    return MOST_WEIGHT * max(1, reference_persons)


def _flat(parameters: Parameters) -> NDArray[np.float64]:
    parts = [tensor.values.reshape(-1).astype(np.float64) for tensor in parameters]
    return np.concatenate(parts)


def _foreign(asked: QuestionPayload) -> MeasurementRowsError:
    return MeasurementRowsError(
        f"expected an answer to the question {QUESTION_OF[type(asked)]} of this study's length, "
        "got another"
    )
