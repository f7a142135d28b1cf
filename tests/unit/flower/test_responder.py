from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pytest
from flwr.app import (
    Array,
    ArrayRecord,
    ConfigRecord,
    Context,
    Error,
    Message,
    MetricRecord,
    RecordDict,
)
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable
from flwr.supercore.task_identity import TaskIdentity

from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Refusal,
    ReplyPayload,
    Request,
    RequestPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_flower import ClientAppResponder, node_id_of
from hanse_policies.errors import HanseError
from tests.support.flower_apps import (
    BRANDS,
    RUN,
    STUDY,
    initial_parameters,
    raising_app,
    replying_app,
    shifting_app,
    train_content,
    trained,
)

CANARY = "canary-Jane-Doe-1981"
AURORA = BRANDS[0]


class SpentError(HanseError):
    code = "budget-spent"


def request(payload: RequestPayload, *, run: int = RUN, study: str = STUDY) -> Request:
    return Request(Binding(run, study, 3, "ab" * 16), payload, 5.0)


def asked(app: ClientApp, payload: RequestPayload) -> ReplyPayload:
    return ClientAppResponder(app, AURORA).answer(request(payload))


def seeing_app(see: Callable[[Message, Context], None]) -> ClientApp:
    app = ClientApp()

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        see(message, context)
        content = RecordDict({"metrics": MetricRecord({"noised-persons": 1})})
        return Message(content, reply_to=message)

    return app


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (CohortRequest(), CohortReply(-20)),
        (EvaluateRequest(initial_parameters()), CellsReply((30, -1, 25))),
        (MeasureRequest(), CellsReply((1, 2, 30))),
    ],
)
def test_each_question_reaches_its_handler(payload: RequestPayload, answer: ReplyPayload) -> None:
    assert asked(shifting_app(0.25, 30), payload) == answer


def test_training_returns_parameters_and_weight() -> None:
    reply = asked(shifting_app(0.25, 30), TrainRequest(initial_parameters()))
    assert isinstance(reply, TrainReply)
    assert reply.weight == 30
    for got, expected in zip(reply.parameters, trained(initial_parameters(), 0.25), strict=True):
        assert got.name == expected.name
        np.testing.assert_array_equal(got.values, expected.values, strict=True)


def test_brand_answers_in_a_process_without_a_flower_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_run_id", "_node_id", "_task_id"):
        monkeypatch.setattr(TaskIdentity, name, None)
    assert asked(shifting_app(0.25, 30), CohortRequest()) == CohortReply(-20)


def test_handler_sees_run_round_brand_and_study() -> None:
    seen: list[tuple[Message, Context]] = []
    asked(seeing_app(lambda m, c: seen.append((m, c))), CohortRequest())
    message, context = seen[0]
    assert (message.metadata.run_id, message.metadata.message_id) == (RUN, "ab" * 16)
    assert message.metadata.group_id == "3"
    assert message.content["config"] == ConfigRecord({"server-round": 3})
    assert (context.run_id, context.node_id) == (RUN, node_id_of(AURORA))
    assert (context.node_config["brand"], context.run_config["study"]) == (AURORA, STUDY)


@pytest.mark.parametrize(
    "error",
    [ValueError(CANARY), KeyError(CANARY), MemoryError(CANARY), RuntimeError(CANARY)],
    ids=lambda e: type(e).__name__,
)
def test_text_of_an_exception_neither_crosses_nor_is_logged(
    error: Exception, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        reply = asked(raising_app(error), CohortRequest())
    printed = capfd.readouterr()
    assert reply == Refusal("internal-error")
    assert CANARY not in caplog.text + printed.out + printed.err
    assert type(error).__name__ in caplog.text


def test_error_of_ours_crosses_as_its_code() -> None:
    reply = asked(raising_app(SpentError(CANARY)), CohortRequest())
    assert reply == Refusal("budget-spent")


def test_flower_error_reply_crosses_without_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    app = ClientApp()

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        return Message(Error(code=2, reason=CANARY), reply_to=message)

    assert asked(app, CohortRequest()) == Refusal("internal-error")
    assert CANARY not in caplog.text


def test_question_without_a_handler_is_refused() -> None:
    assert asked(ClientApp(), CohortRequest()) == Refusal("internal-error")


def test_exit_of_the_process_is_not_swallowed() -> None:
    app = ClientApp()

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked(app, CohortRequest())


@pytest.mark.parametrize(
    "content",
    [
        train_content(ArrayRecord({"w": Array(np.zeros(2))})),
        RecordDict({"metrics": MetricRecord({"num-examples": 5})}),
        RecordDict(
            {
                "arrays": ArrayRecord(),
                "metrics": MetricRecord({"num-examples": 5, "loss": 0.3}),
            }
        ),
    ],
    ids=["float64", "no-arrays", "unlisted-metric"],
)
def test_reply_that_may_not_cross_is_refused_at_the_brand(content: RecordDict) -> None:
    reply = asked(replying_app(content), TrainRequest(initial_parameters()))
    assert reply == Refusal("unsupported-record")


def test_two_tensors_of_one_name_are_refused_at_the_brand() -> None:
    tensor = Tensor("w", np.zeros(1, np.float32))
    reply = asked(shifting_app(0.0, 1), TrainRequest((tensor, tensor)))
    assert reply == Refusal("unsupported-record")


def test_state_stays_within_a_run_and_a_study() -> None:
    seen: list[int] = []

    def count(message: Message, context: Context) -> None:
        record = context.state.setdefault("count", ConfigRecord({"calls": 0}))
        assert isinstance(record, ConfigRecord)
        calls = record["calls"]
        assert isinstance(calls, int)
        record["calls"] = calls + 1
        seen.append(calls + 1)

    responder = ClientAppResponder(seeing_app(count), AURORA)
    responder.answer(request(CohortRequest()))
    responder.answer(request(CohortRequest()))
    responder.answer(request(CohortRequest(), run=RUN + 1))
    responder.answer(request(CohortRequest(), study="6" * 64))
    assert seen == [1, 2, 1, 1]


def test_contexts_of_old_runs_are_dropped() -> None:
    contexts: list[Context] = []
    app = seeing_app(lambda _, context: contexts.append(context))
    responder = ClientAppResponder(app, AURORA, maximum_runs=2)
    for run in (1, 2, 1, 3, 1, 2):
        responder.answer(request(CohortRequest(), run=run))
    first_seen = [[seen is context for seen in contexts].index(True) for context in contexts]
    assert first_seen == [0, 1, 0, 3, 0, 5]


def test_flower_mods_run_around_the_handler() -> None:
    def doubling(message: Message, context: Context, call: ClientAppCallable) -> Message:
        reply = call(message, context)
        record = reply.content["metrics"]
        assert isinstance(record, MetricRecord)
        record["noised-persons"] = 2
        return reply

    app = ClientApp(mods=[doubling])

    @app.query("cohort")
    def cohort(message: Message, context: Context) -> Message:
        content = RecordDict({"metrics": MetricRecord({"noised-persons": 1})})
        return Message(content, reply_to=message)

    assert asked(app, CohortRequest()) == CohortReply(2)
