"""The four questions to the wire and back, alone or inside a `JoinRequest`.

The wire's `Request` and `JoinRequest` name the questions alike, so that one pair
serves both.
"""

from __future__ import annotations

from hanse_federation.codec.checks import check_no_body
from hanse_federation.codec.parameters import parameters_from_wire, parameters_to_wire
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import (
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    QuestionPayload,
    TrainRequest,
)
from hanse_wire.v1 import messages_pb2 as wire

QuestionHolder = wire.Request | wire.JoinRequest


def question_to_wire(holder: QuestionHolder, question: QuestionPayload) -> tuple[memoryview, ...]:
    """Encode a question into the message that holds it; return views of its values.

    Raises:
        InvalidMessageError: A parameter is not allowed.
    """
    match question:
        case CohortRequest():
            holder.cohort.SetInParent()
        case MeasureRequest():
            holder.measure.SetInParent()
        case TrainRequest():
            layout, body = parameters_to_wire(question.parameters)
            holder.train.parameters.CopyFrom(layout)
            return body
        case EvaluateRequest():
            layout, body = parameters_to_wire(question.parameters)
            holder.evaluate.parameters.CopyFrom(layout)
            return body
    return ()


def question_from_wire(
    kind: str | None, holder: QuestionHolder, body: memoryview
) -> QuestionPayload:
    """Decode the question that `kind` names in the message that holds it.

    Raises:
        InvalidMessageError: There is no such question, or it is not well formed.
    """
    match kind:
        case "train":
            return TrainRequest(parameters_from_wire(holder.train.parameters, body))
        case "evaluate":
            return EvaluateRequest(parameters_from_wire(holder.evaluate.parameters, body))
    check_no_body(body)
    match kind:
        case "cohort":
            return CohortRequest()
        case "measure":
            return MeasureRequest()
        case _:
            raise InvalidMessageError("payload", "a question", "none")
