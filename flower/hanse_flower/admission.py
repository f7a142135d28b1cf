"""Judge an answer before anything is computed with it.

An answer, the cohort's or a single one's, is admitted only if it has the kind, names,
order and shapes that were asked for, holds finite numbers, and claims nothing
impossible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    RequestPayload,
    TrainReply,
    TrainRequest,
)
from hanse_flower.errors import (
    ReplyKindError,
    ReplyLayoutError,
    ReplyNotFiniteError,
    ReplyRangeError,
)


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What an answer may claim at most.

    Attributes:
        maximum_persons: Largest weight, and largest size of a noised cohort
            either side of zero; keeps one brand from drowning the others.
        maximum_cell: Largest noised cell, either side of zero.
        maximum_parameter: Largest parameter, either side of zero.
        evaluate_cells: How many cells an `evaluate` answer has; None if unknown here.
        measure_cells: How many cells a `query.measure` answer has; None if unknown here.
    """

    maximum_persons: int = 1_000_000_000
    maximum_cell: int = 2**48
    maximum_parameter: float = math.inf
    evaluate_cells: int | None = None
    measure_cells: int | None = None


def admit(request: RequestPayload, answer: AnswerPayload, rules: AnswerRules) -> None:
    """Return if an answer may be used.

    Args:
        request: What was asked.
        answer: What came back, from a hostile brand for all we know.
        rules: What an answer may claim.

    Raises:
        ReplyKindError: It answers another kind of question.
        ReplyLayoutError: Names, order, shapes or the number of cells differ.
        ReplyNotFiniteError: It holds NaN or infinity.
        ReplyRangeError: A weight, a cohort or a cell is impossible.
    """
    match request, answer:
        case TrainRequest(asked), TrainReply(parameters, weight):
            if not 1 <= weight <= rules.maximum_persons:
                raise ReplyRangeError(
                    f"expected a weight from 1 to {rules.maximum_persons}, got {weight}"
                )
            _admit_parameters(asked, parameters, rules.maximum_parameter)
        case CohortRequest(), CohortReply(persons):
            _admit_range("cohort", (persons,), rules.maximum_persons)
        case EvaluateRequest(), CellsReply(cells):
            _admit_cells(cells, rules.evaluate_cells, rules.maximum_cell)
        case MeasureRequest(), CellsReply(cells):
            _admit_cells(cells, rules.measure_cells, rules.maximum_cell)
        case _:
            raise ReplyKindError("the reply answers another kind of question than was asked")


def _admit_parameters(asked: Parameters, parameters: Parameters, maximum: float) -> None:
    expected = [(tensor.name, tensor.values.shape) for tensor in asked]
    if [(tensor.name, tensor.values.shape) for tensor in parameters] != expected:
        raise ReplyLayoutError(
            "the tensors of the reply differ in name, order or shape from those sent"
        )
    for tensor in parameters:
        if tensor.values.dtype != np.float32:
            raise ReplyLayoutError("expected float32 tensors in the reply, got another type")
        if not np.isfinite(tensor.values).all():
            raise ReplyNotFiniteError("a tensor of the reply holds NaN or infinity")
        if not (np.abs(tensor.values) <= maximum).all():
            raise ReplyRangeError(
                f"expected every parameter within {maximum:g} of zero, got one beyond"
            )


def _admit_cells(cells: Sequence[int], count: int | None, maximum: int) -> None:
    if count is not None and len(cells) != count:
        raise ReplyLayoutError(f"expected {count} cells, got {len(cells)}")
    _admit_range("cell", cells, maximum)


def _admit_range(what: str, values: Sequence[int], maximum: int) -> None:
    if not all(-maximum <= value <= maximum for value in values):
        raise ReplyRangeError(f"expected every {what} within {maximum} of zero, got one beyond")
