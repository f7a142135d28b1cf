"""What may cross the wire during a run, as types. Anything else does not exist.

A request asks one brand one question; a reply answers exactly that request. The
two are bound together by `Binding`, so a reply to another run, round, study or
request is refused however well it is formed. A refusal carries a code and
nothing else: the detail stays with the party that raised it. Secure aggregation
asks a question in steps: `JoinRequest` carries it, the other steps follow in
`secure_aggregation.messages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import InvalidMessageError
from hanse_federation.secure_aggregation.messages import StepReply, StepRequest
from hanse_policies.documents import BrandId

FloatArray = NDArray[np.float32]


class Question(StrEnum):
    """What a brand can be asked; each maps to one Flower message type."""

    COHORT = "cohort"
    """How many persons take part (noised)."""
    TRAIN = "train"
    """Train the given parameters for one round."""
    EVALUATE = "evaluate"
    """Score held-out persons with the given parameters (noised histogram)."""
    MEASURE = "measure"
    """Answer the study's measurement (noised cells)."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named float32 array, C order."""

    name: str
    values: FloatArray


Parameters = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class CohortRequest:
    """Ask for the noised size of the cohort."""


@dataclass(frozen=True, slots=True)
class CohortReply:
    """The noised size of the cohort; may be below zero."""

    noised_persons: int


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """Train these parameters for one round."""

    parameters: Parameters


@dataclass(frozen=True, slots=True)
class TrainReply:
    """Parameters after the brand's private training, and its public weight."""

    parameters: Parameters
    weight: int
    """At least 1. From the noised cohort size already released; never a true count."""


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """Score held-out persons with these parameters."""

    parameters: Parameters


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """Answer the study's measurement."""


@dataclass(frozen=True, slots=True)
class CellsReply:
    """Noised integer cells of a measurement, flat, in the order the measurement states."""

    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The brand did not answer; only the code of its error crosses the wire."""

    code: str


QuestionPayload = CohortRequest | TrainRequest | EvaluateRequest | MeasureRequest
AnswerPayload = CohortReply | TrainReply | CellsReply
"""What answers a question: one brand's part, or the sum over brands."""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Ask a question to be answered in a sum; the first step of secure aggregation.

    Attributes:
        asked: The question.
        attempt: 1, 2, ...; a later attempt at the same sum replaces an earlier one.
        reference_persons: Public mean of the noised cohort sizes, persons a brand;
            at least 0, and 0 with the cohort question.
    """

    asked: QuestionPayload
    attempt: int
    reference_persons: int


RequestPayload = QuestionPayload | JoinRequest | StepRequest
ReplyPayload = AnswerPayload | Refusal | StepReply


@dataclass(frozen=True, slots=True)
class Binding:
    """What ties a reply to its request.

    Attributes:
        run: The run, a random 63-bit number; also Flower's run id.
        study: SHA-256 of the signed study's canonical JSON, 64 hex digits.
        round_number: 0 before the first round, then 1, 2, ...
        request: A random identifier, 32 hex digits, never used twice.
    """

    run: int
    study: str
    round_number: int
    request: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one brand."""

    binding: Binding
    payload: RequestPayload
    deadline_seconds: float
    """How long the operator waits, from sending."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One brand's answer. `sender` comes from the link (the certificate), never from the bytes."""

    binding: Binding
    sender: BrandId
    payload: ReplyPayload


QUESTION_OF: dict[type[QuestionPayload], Question] = {
    CohortRequest: Question.COHORT,
    TrainRequest: Question.TRAIN,
    EvaluateRequest: Question.EVALUATE,
    MeasureRequest: Question.MEASURE,
}


def question_of(payload: RequestPayload) -> Question:
    """Tell which question a request is about, whatever step of it the request takes.

    Raises:
        InvalidMessageError: A step names no question that exists.
    """
    match payload:
        case CohortRequest() | TrainRequest() | EvaluateRequest() | MeasureRequest():
            return QUESTION_OF[type(payload)]
        case JoinRequest():
            return QUESTION_OF[type(payload.asked)]
        case _:
            return question_named(payload.question)


def question_named(name: str) -> Question:
    """Find a question by its name.

    Raises:
        InvalidMessageError: No question has this name.
    """
    try:
        return Question(name)
    except ValueError:
        raise InvalidMessageError("question", f"one of {', '.join(Question)}", "another") from None
