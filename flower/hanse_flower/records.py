"""The records of a Flower message as payloads of the link, and back.

Typed payloads only: a record that has no place on the wire is refused, never
left out in silence. The layout that a `ClientApp` sees and answers:

    message type    content received           content of the reply
    train           arrays, config             arrays, metrics {num-examples: weight},
                                               or metrics {cells: [...]}
    evaluate        arrays, config             metrics {cells: [...]}
    query.cohort    config                     metrics {noised-persons: n}
    query.measure   config                     metrics {cells: [...]}

`config` holds `server-round` and nothing else. Flower averages by
`num-examples`, so the operator's side sees 1 beside the cells of `evaluate`;
a `ClientApp` may state it there too, and it stays at the brand. `train` is answered
with cells, and no arrays, where a brand contributes a gradient sum (mode
`distributed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict

from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    Question,
    RequestPayload,
    TrainReply,
    TrainRequest,
    question_of,
)
from hanse_flower.errors import UnsupportedRecordError
from hanse_flower.tensors import (
    parameters_from_record,
    parameters_to_record,
    rounded_parameters_from_record,
)

ARRAYS, CONFIG, METRICS = "arrays", "config", "metrics"
ROUND, WEIGHT, CELLS, PERSONS = "server-round", "num-examples", "cells", "noised-persons"

MESSAGE_TYPE_OF: Mapping[Question, str] = MappingProxyType(
    {
        Question.COHORT: "query.cohort",
        Question.TRAIN: "train",
        Question.EVALUATE: "evaluate",
        Question.MEASURE: "query.measure",
    }
)
_QUESTION_OF_TYPE = {message_type: question for question, message_type in MESSAGE_TYPE_OF.items()}

_NEUTRAL_CONFIG: Mapping[str, float] = MappingProxyType({"proximal-mu": 0.0})
"""What Flower's strategies add on their own account, and the value at which it means nothing.

FedProx adds `proximal-mu`. How a brand trains is part of the study that it
approved, so only the value that changes nothing may be left out.
"""

_MAXIMUM_ROUND = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """What a message asks, and in which round."""

    round_number: int
    payload: RequestPayload

    @property
    def question(self) -> Question:
        """Name the kind of question."""
        return question_of(self.payload)


def question_from_message(message: Message) -> AskedQuestion:
    """Read what a strategy's message asks.

    Args:
        message: From the operator's side; arrays may be float32 or float64.

    Returns:
        The round and the payload, float64 rounded to float32.

    Raises:
        UnsupportedRecordError: The message type, a record, a configuration key
            or a type of values has no place on the wire.
    """
    question = _question_of(message.metadata.message_type)
    content = message.content
    if content.metric_records:
        raise UnsupportedRecordError(
            f"a {question} message holds metrics, but only replies do; send arrays and config"
        )
    round_number = _round_of(content, message.metadata.group_id)
    return AskedQuestion(round_number, _request_payload(question, content))


def question_to_content(asked: AskedQuestion) -> RecordDict:
    """Lay out a request for a `ClientApp`."""
    content = RecordDict()
    if isinstance(asked.payload, TrainRequest | EvaluateRequest):
        content[ARRAYS] = parameters_to_record(asked.payload.parameters)
    content[CONFIG] = ConfigRecord({ROUND: asked.round_number})
    return content


def answer_from_content(question: Question, content: RecordDict) -> AnswerPayload:
    """Read a reply's records; nothing but what the question asks for may be in them.

    Args:
        question: What was asked.
        content: The records of the reply.

    Returns:
        The payload of that question.

    Raises:
        UnsupportedRecordError: A record or a metric is missing, is of the wrong
            type, or has no place on the wire.
    """
    arrays = tuple(content.array_records.values())
    most = 1 if question is Question.TRAIN else 0
    if content.config_records or len(arrays) > most:
        raise UnsupportedRecordError(
            f"expected at most {most} array records and no config in a {question} reply, "
            f"got {len(arrays)} and {len(content.config_records)}"
        )
    if question is Question.TRAIN and arrays:
        metrics = _only_metrics(question, content, {WEIGHT})
        return TrainReply(parameters_from_record(arrays[0]), _integer(metrics, WEIGHT, question))
    if question is Question.COHORT:
        return CohortReply(_integer(_only_metrics(question, content, {PERSONS}), PERSONS, question))
    allowed = {WEIGHT, CELLS} if question is Question.EVALUATE else {CELLS}
    return CellsReply(_integers(_only_metrics(question, content, allowed), CELLS, question))


def answer_to_content(question: Question, answer: AnswerPayload) -> RecordDict:
    """Lay out an answer as the records that Flower's strategies expect."""
    content = RecordDict()
    match answer:
        case TrainReply(parameters, weight):
            content[ARRAYS] = parameters_to_record(parameters)
            metrics = MetricRecord({WEIGHT: weight})
        case CohortReply(noised_persons):
            metrics = MetricRecord({PERSONS: noised_persons})
        case CellsReply(cells):
            metrics = MetricRecord({CELLS: list(cells)})
            if question is Question.EVALUATE:
                metrics[WEIGHT] = 1
    content[METRICS] = metrics
    return content


def _question_of(message_type: str) -> Question:
    try:
        return _QUESTION_OF_TYPE[message_type]
    except KeyError:
        raise UnsupportedRecordError(
            f"expected one of {', '.join(_QUESTION_OF_TYPE)} as message type, got `{message_type}`"
        ) from None


def _request_payload(question: Question, content: RecordDict) -> RequestPayload:
    arrays = tuple(content.array_records.values())
    match question:
        case Question.TRAIN:
            return TrainRequest(_only_parameters(question, arrays))
        case Question.EVALUATE:
            return EvaluateRequest(_only_parameters(question, arrays))
    if arrays:
        raise UnsupportedRecordError(f"a {question} message takes no arrays, got {len(arrays)}")
    return CohortRequest() if question is Question.COHORT else MeasureRequest()


def _only_parameters(question: Question, arrays: tuple[ArrayRecord, ...]) -> Parameters:
    if len(arrays) != 1:
        raise UnsupportedRecordError(
            f"expected one array record in a {question} message, got {len(arrays)}"
        )
    return rounded_parameters_from_record(arrays[0])


def _round_of(content: RecordDict, group_id: str) -> int:
    found: list[int] = []
    for config in content.config_records.values():
        for key, value in config.items():
            if key == ROUND and isinstance(value, int) and not isinstance(value, bool):
                found.append(value)
            elif key not in _NEUTRAL_CONFIG or value != _NEUTRAL_CONFIG[key]:
                raise UnsupportedRecordError(
                    f"config key `{key}` may not cross with this value, for only `{ROUND}` reaches "
                    "a brand; put what brands must know into the study, which they approve"
                )
    if group_id:
        if not (group_id.isascii() and group_id.isdecimal()):
            raise UnsupportedRecordError(f"expected a round number as group id, got `{group_id}`")
        found.append(int(group_id))
    if len(set(found)) > 1 or not all(0 <= number <= _MAXIMUM_ROUND for number in found):
        raise UnsupportedRecordError(
            f"expected one round number from 0 to {_MAXIMUM_ROUND}, got {sorted(set(found))}"
        )
    return found[0] if found else 0


def _only_metrics(question: Question, content: RecordDict, allowed: set[str]) -> MetricRecord:
    records = tuple(content.metric_records.values())
    if len(records) != 1:
        raise UnsupportedRecordError(
            f"expected one metric record in a {question} reply, got {len(records)}"
        )
    extra = sorted(set(records[0]) - allowed)
    if extra:
        raise UnsupportedRecordError(
            f"metrics {', '.join(extra)} may not leave in a {question} reply, "
            f"which holds {', '.join(sorted(allowed))} alone; a figure needs a measurement"
        )
    return records[0]


def _integer(metrics: MetricRecord, key: str, question: Question) -> int:
    value = metrics.get(key)
    if not isinstance(value, int):
        raise UnsupportedRecordError(f"expected a whole number as `{key}` of a {question} reply")
    return value


def _integers(metrics: MetricRecord, key: str, question: Question) -> tuple[int, ...]:
    value = metrics.get(key)
    if not isinstance(value, list):
        raise UnsupportedRecordError(
            f"expected a list of whole numbers as `{key}` of a {question} reply"
        )
    cells = tuple(cell for cell in value if isinstance(cell, int))
    if len(cells) != len(value):
        raise UnsupportedRecordError(f"expected whole numbers in `{key}` of a {question} reply")
    return cells
