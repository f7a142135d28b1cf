"""The brand's Flower `ClientApp`: each handler hands one question to the workbench.

Rules: a handler sees a request only after the gate admitted it and the ledger
was charged for it; what it returns is noised already. The study's digest and
the request's id come with the message, so one app serves every study.
"""

from __future__ import annotations

from collections.abc import Callable

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from hanse_clients.errors import RequestNotAdmittedError
from hanse_clients.workbench import Workbench
from hanse_federation.messages import EvaluateRequest, Question, TrainRequest
from hanse_flower import AnswerPayload, answer_to_content, question_from_message

Benches = Callable[[str], Workbench]
"""Finds the workbench of an admitted request by its id."""


def build_client_app(bench_of: Benches) -> ClientApp:
    """Build the app that answers the four questions.

    Args:
        bench_of: Finds the workbench that was prepared for an admitted request;
            raises `RequestNotAdmittedError` for any other.

    Returns:
        A Flower app with `train`, `evaluate`, `query.cohort` and `query.measure`.
    """
    app = ClientApp()

    def reply(question: Question, answer: AnswerPayload, message: Message) -> Message:
        return Message(answer_to_content(question, answer), reply_to=message)

    @app.query("cohort")
    def cohort(message: Message, _: Context) -> Message:
        bench = bench_of(message.metadata.message_id)
        return reply(Question.COHORT, bench.cohort(), message)

    @app.query("measure")
    def measure(message: Message, _: Context) -> Message:
        bench = bench_of(message.metadata.message_id)
        return reply(Question.MEASURE, bench.measure(), message)

    @app.train()
    def train(message: Message, _: Context) -> Message:
        bench, asked = bench_of(message.metadata.message_id), question_from_message(message)
        if not isinstance(asked.payload, TrainRequest):
            raise RequestNotAdmittedError("expected parameters to train, got another question")
        return reply(Question.TRAIN, bench.train(asked.payload.parameters), message)

    @app.evaluate()
    def evaluate(message: Message, _: Context) -> Message:
        bench, asked = bench_of(message.metadata.message_id), question_from_message(message)
        if not isinstance(asked.payload, EvaluateRequest):
            raise RequestNotAdmittedError("expected parameters to evaluate, got another question")
        return reply(Question.EVALUATE, bench.evaluate(asked.payload.parameters), message)

    return app
