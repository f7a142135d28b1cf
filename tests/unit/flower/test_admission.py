from __future__ import annotations

import numpy as np
import pytest

from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    RequestPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_flower import (
    AnswerPayload,
    AnswerRules,
    InadmissibleReplyError,
    ReplyKindError,
    ReplyLayoutError,
    ReplyNotFiniteError,
    ReplyRangeError,
    admit,
)
from tests.support.flower_apps import initial_parameters

ASKED = initial_parameters()
RULES = AnswerRules(maximum_persons=1000, maximum_cell=50, evaluate_cells=2, measure_cells=3)


def with_bias(values: object) -> Parameters:
    return ASKED[0], Tensor("bias", np.asarray(values))


@pytest.mark.parametrize(
    ("request_payload", "answer"),
    [
        (TrainRequest(ASKED), TrainReply(ASKED, 1)),
        (TrainRequest(ASKED), TrainReply(ASKED, 1000)),
        (CohortRequest(), CohortReply(-1000)),
        (EvaluateRequest(ASKED), CellsReply((50, -50))),
        (MeasureRequest(), CellsReply((0, 0, 1))),
    ],
)
def test_answer_that_fits_is_admitted(
    request_payload: RequestPayload, answer: AnswerPayload
) -> None:
    admit(request_payload, answer, RULES)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ((), ReplyLayoutError),
        (ASKED[::-1], ReplyLayoutError),
        (ASKED[:1], ReplyLayoutError),
        ((*ASKED, ASKED[1]), ReplyLayoutError),
        ((ASKED[0], Tensor("Bias", ASKED[1].values)), ReplyLayoutError),
        (with_bias(np.zeros((1, 1), np.float32)), ReplyLayoutError),
        (with_bias(np.zeros(1, np.float64)), ReplyLayoutError),
        (with_bias(np.array([None])), ReplyLayoutError),
        (with_bias(np.array([np.nan], np.float32)), ReplyNotFiniteError),
        (with_bias(np.array([-np.inf], np.float32)), ReplyNotFiniteError),
    ],
    ids=[
        "none", "reordered", "missing", "one-more", "renamed",
        "reshaped", "float64", "object", "nan", "infinity",
    ],
)  # fmt: skip
def test_hostile_parameters_are_refused(
    parameters: Parameters, expected: type[InadmissibleReplyError]
) -> None:
    with pytest.raises(expected):
        admit(TrainRequest(ASKED), TrainReply(parameters, 5), RULES)


@pytest.mark.parametrize("weight", [0, -1, 1001])
def test_weight_out_of_range_is_refused(weight: int) -> None:
    with pytest.raises(ReplyRangeError):
        admit(TrainRequest(ASKED), TrainReply(ASKED, weight), RULES)


@pytest.mark.parametrize("persons", [-1001, 1001])
def test_impossible_cohort_is_refused(persons: int) -> None:
    with pytest.raises(ReplyRangeError):
        admit(CohortRequest(), CohortReply(persons), RULES)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [((51, 0), ReplyRangeError), ((0,), ReplyLayoutError), ((0, 0, 0), ReplyLayoutError)],
)
def test_impossible_cells_are_refused(
    cells: tuple[int, ...], expected: type[InadmissibleReplyError]
) -> None:
    with pytest.raises(expected):
        admit(EvaluateRequest(ASKED), CellsReply(cells), RULES)


@pytest.mark.parametrize(
    ("request_payload", "answer"),
    [
        (TrainRequest(ASKED), CellsReply((1,))),
        (TrainRequest(ASKED), CohortReply(1)),
        (CohortRequest(), TrainReply(ASKED, 1)),
        (EvaluateRequest(ASKED), TrainReply(ASKED, 1)),
        (MeasureRequest(), CohortReply(3)),
    ],
)
def test_answer_to_another_kind_of_question_is_refused(
    request_payload: RequestPayload, answer: AnswerPayload
) -> None:
    with pytest.raises(ReplyKindError):
        admit(request_payload, answer, RULES)


def test_parameter_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ReplyRangeError):
        admit(
            TrainRequest(ASKED),
            TrainReply(with_bias(np.full(ASKED[1].values.shape, 1e30, dtype=np.float32)), 1),
            AnswerRules(maximum_parameter=1e4),
        )
