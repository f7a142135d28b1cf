from __future__ import annotations

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Question,
    RequestPayload,
    TrainReply,
    TrainRequest,
)
from hanse_flower import (
    MESSAGE_TYPE_OF,
    AnswerPayload,
    AskedQuestion,
    UnsupportedRecordError,
    answer_from_content,
    answer_to_content,
    question_from_message,
    question_to_content,
)
from hanse_flower.internals import message_of_run
from tests.support.flower_apps import initial_parameters

ARRAYS = ArrayRecord([np.zeros(2, np.float32)])
CELLS = st.lists(st.integers(-(2**62), 2**62), max_size=20).map(tuple)


def message(message_type: str, content: RecordDict, group_id: str = "") -> Message:
    return message_of_run(
        content,
        run=1,
        message_id="",
        message_type=message_type,
        node_id=2**62,
        group_id=group_id,
        ttl_seconds=1.0,
    )


def train_message(config: ConfigRecord, group_id: str = "") -> Message:
    return message("train", RecordDict({"arrays": ARRAYS, "config": config}), group_id)


@pytest.mark.parametrize(
    "payload",
    [
        CohortRequest(),
        MeasureRequest(),
        TrainRequest(initial_parameters()),
        EvaluateRequest(initial_parameters()),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_every_question_survives_the_round_trip(payload: RequestPayload) -> None:
    asked = AskedQuestion(4, payload)
    content = question_to_content(asked)
    back = question_from_message(message(MESSAGE_TYPE_OF[asked.question], content))
    assert (back.round_number, type(back.payload)) == (4, type(payload))
    if isinstance(payload, TrainRequest | EvaluateRequest):
        assert isinstance(back.payload, TrainRequest | EvaluateRequest)
        for sent, got in zip(payload.parameters, back.payload.parameters, strict=True):
            assert sent.name == got.name
            np.testing.assert_array_equal(sent.values, got.values, strict=True)


@given(st.integers(-(2**62), 2**62), CELLS)
def test_every_answer_survives_the_round_trip(persons: int, cells: tuple[int, ...]) -> None:
    answers: list[tuple[Question, AnswerPayload]] = [
        (Question.COHORT, CohortReply(persons)),
        (Question.EVALUATE, CellsReply(cells)),
        (Question.MEASURE, CellsReply(cells)),
        (Question.TRAIN, CellsReply(cells)),
    ]
    for question, answer in answers:
        assert answer_from_content(question, answer_to_content(question, answer)) == answer


def test_train_answer_survives_the_round_trip() -> None:
    content = answer_to_content(Question.TRAIN, TrainReply(initial_parameters(), 12))
    back = answer_from_content(Question.TRAIN, content)
    assert isinstance(back, TrainReply)
    assert (back.weight, [t.name for t in back.parameters]) == (12, ["weight", "bias"])


@pytest.mark.parametrize("key", ["lr", "epochs", "proximal-mu"])
def test_config_that_could_not_cross_is_refused_and_not_left_out(key: str) -> None:
    config = ConfigRecord({"server-round": 1, key: 0.5})
    with pytest.raises(UnsupportedRecordError, match=f"config key `{key}` may not cross"):
        question_from_message(train_message(config))


def test_neutral_addition_of_fedprox_is_left_out() -> None:
    config = ConfigRecord({"server-round": 2, "proximal-mu": 0.0})
    assert question_from_message(train_message(config)).round_number == 2


@pytest.mark.parametrize("round_number", [-1, 2**31, 1.0, True, [1], "1"])
def test_round_that_is_no_count_is_refused(
    round_number: float | bool | list[int] | str,
) -> None:
    config = ConfigRecord({"server-round": round_number})
    with pytest.raises(UnsupportedRecordError):
        question_from_message(train_message(config))


@pytest.mark.parametrize("group_id", ["2", "x", "-1", "²"])
def test_group_id_that_contradicts_the_round_is_refused(group_id: str) -> None:
    with pytest.raises(UnsupportedRecordError):
        question_from_message(train_message(ConfigRecord({"server-round": 1}), group_id))


def test_group_id_gives_the_round_where_config_does_not() -> None:
    assert question_from_message(message("query.cohort", RecordDict(), "3")).round_number == 3


@pytest.mark.parametrize("message_type", ["query", "train.fast", "query.reach", "evaluate.x"])
def test_message_type_without_a_question_is_refused(message_type: str) -> None:
    with pytest.raises(UnsupportedRecordError, match="as message type"):
        question_from_message(message(message_type, RecordDict()))


@pytest.mark.parametrize(
    ("message_type", "content"),
    [
        ("train", RecordDict()),
        ("train", RecordDict({"a": ARRAYS, "b": ARRAYS})),
        ("evaluate", RecordDict()),
        ("query.cohort", RecordDict({"a": ARRAYS})),
        ("query.measure", RecordDict({"a": ARRAYS})),
        ("train", RecordDict({"a": ARRAYS, "m": MetricRecord({"x": 1})})),
    ],
)
def test_request_records_without_a_place_on_the_wire_are_refused(
    message_type: str, content: RecordDict
) -> None:
    with pytest.raises(UnsupportedRecordError):
        question_from_message(message(message_type, content))


@pytest.mark.parametrize(
    ("question", "metrics"),
    [
        (Question.TRAIN, {"num-examples": 5, "loss": 0.25}),
        (Question.TRAIN, {"num-examples": 5.0}),
        (Question.TRAIN, {}),
        (Question.EVALUATE, {"cells": [1, 2], "accuracy": 0.5}),
        (Question.EVALUATE, {"cells": [1.5, 2.5]}),
        (Question.EVALUATE, {"cells": 3}),
        (Question.COHORT, {"noised-persons": 3, "persons": 4}),
        (Question.COHORT, {"noised-persons": [3]}),
        (Question.MEASURE, {"cells": [1], "num-examples": 9}),
    ],
)
def test_metric_that_is_not_on_the_list_never_leaves(
    question: Question, metrics: dict[str, int | float | list[int] | list[float]]
) -> None:
    content = RecordDict({"metrics": MetricRecord(metrics)})
    if question is Question.TRAIN:
        content["arrays"] = ARRAYS
    with pytest.raises(UnsupportedRecordError):
        answer_from_content(question, content)


@pytest.mark.parametrize(
    "content",
    [
        RecordDict({"m": MetricRecord({"cells": [1]}), "n": MetricRecord({"cells": [1]})}),
        RecordDict({"m": MetricRecord({"cells": [1]}), "a": ARRAYS}),
        RecordDict({"m": MetricRecord({"cells": [1]}), "c": ConfigRecord({"note": "text"})}),
        RecordDict(),
    ],
    ids=["two-metrics", "arrays", "config", "nothing"],
)
def test_reply_records_without_a_place_on_the_wire_are_refused(content: RecordDict) -> None:
    with pytest.raises(UnsupportedRecordError):
        answer_from_content(Question.MEASURE, content)


def test_arrays_of_a_reply_must_be_float32() -> None:
    content = RecordDict(
        {"a": ArrayRecord({"w": Array(np.zeros(2))}), "m": MetricRecord({"num-examples": 1})}
    )
    with pytest.raises(UnsupportedRecordError, match="got float64"):
        answer_from_content(Question.TRAIN, content)


def test_weight_that_a_handler_states_beside_its_cells_stays_at_the_brand() -> None:
    content = RecordDict({"m": MetricRecord({"cells": [1, 2], "num-examples": 731})})
    assert answer_from_content(Question.EVALUATE, content) == CellsReply((1, 2))


def test_gradient_sum_that_answers_a_training_has_no_arrays() -> None:
    content = answer_to_content(Question.TRAIN, CellsReply((3, -4)))
    assert not content.array_records
    assert dict(content["metrics"]) == {"cells": [3, -4]}


@pytest.mark.parametrize(
    ("metrics", "arrays"),
    [
        ({"cells": [1]}, 1),
        ({"cells": [1], "num-examples": 5}, 1),
        ({"cells": [1], "num-examples": 5}, 0),
        ({"num-examples": 5}, 0),
        ({"cells": [1.5]}, 0),
        ({}, 0),
        ({"num-examples": 5}, 2),
    ],
)
def test_train_reply_that_is_neither_a_model_nor_a_gradient_sum_is_refused(
    metrics: dict[str, int | float | list[int] | list[float]], arrays: int
) -> None:
    content = RecordDict({"metrics": MetricRecord(metrics)})
    for number in range(arrays):
        content[f"arrays-{number}"] = ARRAYS
    with pytest.raises(UnsupportedRecordError):
        answer_from_content(Question.TRAIN, content)


def test_cells_that_answer_a_training_come_without_config() -> None:
    content = answer_to_content(Question.TRAIN, CellsReply((1,)))
    content["config"] = ConfigRecord({"note": "text"})
    with pytest.raises(UnsupportedRecordError):
        answer_from_content(Question.TRAIN, content)
