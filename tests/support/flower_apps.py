"""Brands for tests of the Flower bridge: small `ClientApp`s with known answers."""

from __future__ import annotations

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from hanse_federation.link.interface import Responder
from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    Parameters,
    Question,
    Tensor,
    TrainReply,
)
from hanse_flower import ClientAppResponder, answer_to_content, parameters_from_record
from hanse_policies.documents import BrandId

RUN = 4_611_686_018_427_387_904
STUDY = "5" * 64
BRANDS = (BrandId("aurora"), BrandId("borealis"), BrandId("cascade"))
SHIFTS = {BRANDS[0]: 0.25, BRANDS[1]: -0.5, BRANDS[2]: 1.0}
WEIGHTS = {BRANDS[0]: 30, BRANDS[1]: 20, BRANDS[2]: 7}


def initial_parameters() -> Parameters:
    """Two tensors whose names are not in alphabetical order."""
    weight = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    return Tensor("weight", weight), Tensor("bias", np.array([0.5], dtype=np.float32))


def trained(parameters: Parameters, shift: float) -> Parameters:
    """What a brand makes of the parameters: half of each value, moved by `shift`."""
    half, move = np.float32(0.5), np.float32(shift)
    return tuple(Tensor(t.name, t.values * half + move) for t in parameters)


def shifting_app(shift: float, weight: int) -> ClientApp:
    """A brand that trains as `trained` does and answers every question."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        parameters = parameters_from_record(_arrays(message))
        answer = TrainReply(trained(parameters, shift), weight)
        return Message(answer_to_content(Question.TRAIN, answer), reply_to=message)

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        answer = CellsReply((weight, -1, int(shift * 100)))
        return Message(answer_to_content(Question.EVALUATE, answer), reply_to=message)

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        return Message(
            answer_to_content(Question.COHORT, CohortReply(weight - 50)), reply_to=message
        )

    @app.query("measure")
    def measure(message: Message, context: Context) -> Message:
        return Message(
            answer_to_content(Question.MEASURE, CellsReply((1, 2, weight))), reply_to=message
        )

    return app


def raising_app(error: Exception) -> ClientApp:
    """A brand whose every handler raises."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        raise error

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        raise error

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        raise error

    return app


def replying_app(content: RecordDict) -> ClientApp:
    """A brand that answers `train` with given records."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        return Message(content, reply_to=message)

    return app


def honest_responders() -> dict[BrandId, Responder]:
    """The three brands, each answering with its own shift and weight."""
    return {b: ClientAppResponder(shifting_app(SHIFTS[b], WEIGHTS[b]), b) for b in BRANDS}


def train_content(arrays: ArrayRecord, weight: int = 10) -> RecordDict:
    """A well-formed train reply around any arrays."""
    return RecordDict({"arrays": arrays, "metrics": MetricRecord({"num-examples": weight})})


def _arrays(message: Message) -> ArrayRecord:
    record = message.content["arrays"]
    assert isinstance(record, ArrayRecord)
    return record
