"""Brands with known answers behind a `CohortGrid`, added up in this process without protection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hanse_federation.aggregation import Aggregation, UnsafePlaintextAggregation
from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    QuestionPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.model import input_width, parameter_shapes
from hanse_federation.randomness import SeededRandomness
from hanse_flower import AnswerRules, CohortGrid, Observer, unobserved
from hanse_policies.documents import BrandId, Study, TrainModel
from tests.support.aggregating_brand import terms_of
from tests.support.documents import a_training_study
from tests.support.flower_apps import BRANDS, RUN, SHIFTS, WEIGHTS, trained

Arrays = dict[str, NDArray[np.float64]]

CELLS = 20
"""What the study's evaluation answers: both labels in ten bins of scores."""


@dataclass(frozen=True)
class ShiftingBrand:
    """Halves every parameter, moves it by its shift, and has as many persons as it weighs."""

    shift: float
    weight: int

    def __call__(self, asked: QuestionPayload, round_number: int) -> AnswerPayload:
        del round_number
        match asked:
            case TrainRequest(parameters):
                return TrainReply(trained(parameters, self.shift), self.weight)
            case EvaluateRequest():
                return CellsReply((self.weight, -1, *range(CELLS - 2)))
            case CohortRequest():
                return CohortReply(self.weight)
            case MeasureRequest():
                return CellsReply((self.weight,))


def start_parameters(study: Study | None = None) -> Parameters:
    """Parameters of the study's model, spread over [-1, 1]."""
    computation = (study or a_training_study()).computation
    assert isinstance(computation, TrainModel)
    draws = np.random.default_rng(3)
    return tuple(
        Tensor(shape.name, draws.uniform(-1, 1, shape.shape).astype(np.float32))
        for shape in parameter_shapes(computation, input_width(computation.features))
    )


def plaintext_aggregation(brands: Iterable[BrandId] = BRANDS) -> Aggregation:
    """Add up what shifting brands answer to the questions of a training study."""
    listed = tuple(brands)
    terms, _ = terms_of(a_training_study(), listed)
    contributors = {brand: ShiftingBrand(SHIFTS[brand], WEIGHTS[brand]) for brand in listed}
    return UnsafePlaintextAggregation(terms, contributors, SeededRandomness(23))


def plaintext_grid(
    brands: Iterable[BrandId] = BRANDS,
    *,
    observer: Observer = unobserved,
    rules: AnswerRules | None = None,
) -> CohortGrid:
    """A grid over shifting brands that were asked for their cohort already."""
    grid = CohortGrid(
        plaintext_aggregation(brands),
        RUN,
        rules=rules,
        observer=observer,
        randomness=SeededRandomness(7),
    )
    grid.ask(CohortRequest())
    return grid


def start_by_hand() -> Arrays:
    """The first parameters, as plain numpy computes with them."""
    return {tensor.name: tensor.values.astype(np.float64) for tensor in start_parameters()}


def mean_by_hand(current: Arrays, brands: Iterable[BrandId] = BRANDS) -> Arrays:
    """The mean, by persons, of what the brands make of the parameters they are sent."""
    listed = tuple(brands)
    total = sum(WEIGHTS[brand] for brand in listed)
    return {
        name: sum(
            (values.astype(np.float32) * np.float32(0.5) + np.float32(SHIFTS[brand])).astype(
                np.float64
            )
            * (WEIGHTS[brand] / total)
            for brand in listed
        )
        + np.zeros_like(values)
        for name, values in current.items()
    }
