"""Flower's own strategies over the link, unmasked: plain numpy's arrays, whoever misbehaves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAdam, FedAvg, FedAvgM, FedProx, Strategy
from numpy.typing import NDArray

from hanse_federation.link.in_process import InProcessLink
from hanse_federation.link.interface import Responder
from hanse_federation.messages import Parameters, Refusal, ReplyPayload, Request
from hanse_flower import (
    AnswersCollected,
    BrandRefusal,
    ClientAppResponder,
    CohortTooSmallError,
    RunStep,
    UnsafePlaintextGrid,
    UnsupportedRecordError,
    cohort_floor,
    parameters_from_record,
    parameters_to_record,
)
from hanse_policies.documents import BrandId
from tests.support.flower_apps import (
    BRANDS,
    RUN,
    SHIFTS,
    STUDY,
    WEIGHTS,
    honest_responders,
    initial_parameters,
    raising_app,
    replying_app,
    shifting_app,
    train_content,
    trained,
)

AURORA, BOREALIS, CASCADE = BRANDS
CANARY = "canary-Jane-Doe-1981"
ROUNDS = 3
Arrays = dict[str, NDArray[np.float64]]


@contextmanager
def alliance(
    responders: dict[BrandId, Responder],
    steps: list[RunStep] | None = None,
    *,
    run: int = RUN,
    deadline_seconds: float = 20.0,
) -> Iterator[UnsafePlaintextGrid]:
    """Connect brands to a grid through a link that serialises every message."""
    observer = (lambda step: None) if steps is None else steps.append  # noqa: ARG005
    with InProcessLink(responders, unsafe_plaintext_replies=True) as link:
        yield UnsafePlaintextGrid(
            link,
            run,
            STUDY,
            responders,
            deadline_seconds=deadline_seconds,
            observer=observer,
        )


def trained_by_hand(start: Arrays, brands: tuple[BrandId, ...] = BRANDS) -> Arrays:
    """The weighted mean of what the brands make of float32 parameters."""
    total = sum(WEIGHTS[brand] for brand in brands)
    mean = {name: np.zeros_like(values) for name, values in start.items()}
    for brand in brands:
        sent = {name: values.astype(np.float32) for name, values in start.items()}
        for name, values in sent.items():
            made = values * np.float32(0.5) + np.float32(SHIFTS[brand])
            mean[name] += made * (WEIGHTS[brand] / total)
    return mean


def start_by_hand() -> Arrays:
    return {t.name: t.values.astype(np.float64) for t in initial_parameters()}


def averaged_by_hand(rounds: int = ROUNDS, brands: tuple[BrandId, ...] = BRANDS) -> Arrays:
    current = start_by_hand()
    for _ in range(rounds):
        current = trained_by_hand(current, brands)
    return current


def averaged_with_momentum_by_hand(rate: float, momentum: float) -> Arrays:
    current, velocity = start_by_hand(), {n: np.zeros(v.shape) for n, v in start_by_hand().items()}
    for _ in range(ROUNDS):
        mean = trained_by_hand(current)
        for name, values in current.items():
            velocity[name] = momentum * velocity[name] + (values - mean[name])
        current = {name: values - rate * velocity[name] for name, values in current.items()}
    return current


def adam_by_hand(eta: float, beta_1: float, beta_2: float, tau: float) -> Arrays:
    """Reddi et al. 2021, algorithm 2, with the bias correction that Flower applies."""
    current = start_by_hand()
    first = {name: np.zeros(values.shape) for name, values in current.items()}
    second = {name: np.zeros(values.shape) for name, values in current.items()}
    for number in range(1, ROUNDS + 1):
        mean = trained_by_hand(current)
        rate = eta * np.sqrt(1 - beta_2 ** (number + 1)) / (1 - beta_1 ** (number + 1))
        for name, values in current.items():
            delta = mean[name] - values
            first[name] = beta_1 * first[name] + (1 - beta_1) * delta
            second[name] = beta_2 * second[name] + (1 - beta_2) * delta**2
            current[name] = values + rate * first[name] / (np.sqrt(second[name]) + tau)
    return current


def assert_same(arrays: ArrayRecord, expected: Arrays) -> None:
    assert list(arrays) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(arrays[name].numpy(), values, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (FedAvg(), averaged_by_hand()),
        (FedProx(proximal_mu=0.0), averaged_by_hand()),
        (FedAvgM(), averaged_by_hand()),
        (
            FedAvgM(server_learning_rate=0.7, server_momentum=0.9),
            averaged_with_momentum_by_hand(0.7, 0.9),
        ),
        (
            FedAdam(eta=0.1, beta_1=0.9, beta_2=0.99, tau=1e-3),
            adam_by_hand(0.1, 0.9, 0.99, 1e-3),
        ),
    ],
    ids=["FedAvg", "FedProx", "FedAvgM-plain", "FedAvgM", "FedAdam"],
)
def test_strategy_gives_the_arrays_of_plain_numpy(strategy: Strategy, expected: Arrays) -> None:
    with alliance(honest_responders()) as grid:
        result = strategy.start(grid, parameters_to_record(initial_parameters()), ROUNDS)
    assert_same(result.arrays, expected)


def test_same_run_gives_the_same_bits_whoever_answers_first() -> None:
    outcomes = set()
    for _ in range(4):
        with alliance(honest_responders()) as grid:
            arrays = FedAvg().start(grid, parameters_to_record(initial_parameters()), 2).arrays
        outcomes.add(b"".join(array.data for array in arrays.values()))
    assert len(outcomes) == 1


def test_proximal_term_that_brands_did_not_approve_is_refused() -> None:
    with alliance(honest_responders()) as grid, pytest.raises(UnsupportedRecordError):
        FedProx(proximal_mu=0.1).start(grid, parameters_to_record(initial_parameters()), 1)


def test_server_app_and_client_app_run_unchanged() -> None:
    app = ServerApp()
    found: list[ArrayRecord] = []

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        result = FedAvg().start(grid, parameters_to_record(initial_parameters()), ROUNDS)
        found.append(result.arrays)

    with alliance(honest_responders()) as grid:
        app(grid, Context(RUN, 1, {}, RecordDict(), {}))
    assert_same(found[0], averaged_by_hand())


class NeverAnswers:
    """A brand that hangs until the test is over."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def answer(self, request: Request) -> ReplyPayload:
        self.released.wait(30)
        return Refusal("too-late")


def arrays_of(parameters: Parameters, **changes: NDArray[np.float32]) -> RecordDict:
    named = {t.name: Array(np.array(changes.get(t.name, t.values))) for t in parameters}
    return train_content(ArrayRecord(named))


def renamed() -> RecordDict:
    record = parameters_to_record(initial_parameters())
    return train_content(ArrayRecord({f"{name}x": array for name, array in record.items()}))


HOSTILE = {
    "raises": raising_app(RuntimeError(CANARY)),
    "nan": replying_app(arrays_of(initial_parameters(), bias=np.array([np.nan], np.float32))),
    "shape": replying_app(arrays_of(initial_parameters(), bias=np.zeros((1, 1), np.float32))),
    "name": replying_app(renamed()),
    "type": replying_app(train_content(ArrayRecord({"weight": Array(np.zeros((3, 4)))}))),
    "weight": replying_app(train_content(parameters_to_record(initial_parameters()), 2**40)),
    "no-weight": replying_app(
        RecordDict({"a": parameters_to_record(initial_parameters()), "m": MetricRecord({})})
    ),
}


@pytest.mark.parametrize("app", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("guarded", [False, True], ids=["FedAvg", "floor"])
def test_run_goes_on_without_a_hostile_brand(app: ClientApp, guarded: bool) -> None:
    steps: list[RunStep] = []
    responders = {**honest_responders(), CASCADE: ClientAppResponder(app, CASCADE)}
    strategy = cohort_floor(FedAvg(), 2) if guarded else FedAvg()
    with alliance(responders, steps) as grid:
        result = strategy.start(grid, parameters_to_record(initial_parameters()), ROUNDS)
    assert_same(result.arrays, averaged_by_hand(brands=(AURORA, BOREALIS)))
    collected = [step for step in steps if isinstance(step, AnswersCollected)]
    assert [refusal.brand for refusal in collected[0].refused] == [CASCADE]


def test_hostile_brand_below_the_floor_ends_the_run() -> None:
    responders = {**honest_responders(), CASCADE: ClientAppResponder(HOSTILE["nan"], CASCADE)}
    with alliance(responders) as grid, pytest.raises(CohortTooSmallError):
        cohort_floor(FedAvg(), 3).start(grid, parameters_to_record(initial_parameters()), 1)


def test_brand_that_never_answers_costs_one_deadline_and_is_left_out() -> None:
    steps: list[RunStep] = []
    hanging = NeverAnswers()
    responders: dict[BrandId, Responder] = {**honest_responders(), BOREALIS: hanging}
    with alliance(responders, steps, deadline_seconds=0.4) as grid:
        strategy = cohort_floor(FedAvg(fraction_evaluate=0.0), 2)
        result = strategy.start(grid, parameters_to_record(initial_parameters()), 1)
        hanging.released.set()
    assert_same(result.arrays, averaged_by_hand(1, (AURORA, CASCADE)))
    assert isinstance(steps[1], AnswersCollected)
    assert steps[1].refused == (BrandRefusal(BOREALIS, "deadline-exceeded"),)


def test_exception_text_never_crosses(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    steps: list[RunStep] = []
    responders = {
        **honest_responders(),
        CASCADE: ClientAppResponder(raising_app(ValueError(CANARY)), CASCADE),
    }
    crossed: list[str] = []
    with caplog.at_level(logging.DEBUG), alliance(responders, steps) as grid:
        cohorts = grid.send_and_receive(
            grid.create_message(RecordDict(), "query.cohort", node, "0")
            for node in grid.get_node_ids()
        )
        strategy = cohort_floor(FedAvg(), 1)
        result = strategy.start(grid, parameters_to_record(initial_parameters()), 1)
        crossed += [repr(cohorts), repr(result), repr(steps)]
    printed = capfd.readouterr()
    assert [reply.error.reason for reply in cohorts if reply.has_error()] == ["internal-error"]
    assert CANARY not in "".join((*crossed, caplog.text, printed.out, printed.err))


class RunRecordingResponder(ClientAppResponder):
    """A brand that notes which run each request names."""

    def __init__(self, app: ClientApp, brand: BrandId) -> None:
        super().__init__(app, brand)
        self.runs: set[int] = set()

    def answer(self, request: Request) -> ReplyPayload:
        self.runs.add(request.binding.run)
        return super().answer(request)


def one_of_many_runs(number: int) -> tuple[set[int], Parameters]:
    seen: set[int] = set()

    def app_of(brand: BrandId) -> ClientApp:
        app = shifting_app(SHIFTS[brand] + number, WEIGHTS[brand])
        traced = ClientApp()

        @traced.train()
        def train(message: Message, context: Context) -> Message:
            seen.update((message.metadata.run_id, context.run_id))
            return app(message, context)

        return traced

    responders = {brand: RunRecordingResponder(app_of(brand), brand) for brand in BRANDS}
    with alliance(dict(responders), run=RUN + number) as grid:
        strategy = FedAvg(fraction_evaluate=0.0)
        result = strategy.start(grid, parameters_to_record(initial_parameters()), 4)
    return (
        seen.union(*(responder.runs for responder in responders.values())),
        parameters_from_record(result.arrays),
    )


def test_runs_in_one_process_do_not_trample_each_other() -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one_of_many_runs, range(8)))
    for number, (runs, parameters) in enumerate(outcomes):
        assert runs == {RUN + number}
        current = initial_parameters()
        for _ in range(4):
            by_brand = [trained(current, SHIFTS[brand] + number) for brand in BRANDS]
            current = tuple(
                type(tensor)(
                    tensor.name,
                    np.average(
                        [made[place].values for made in by_brand],
                        axis=0,
                        weights=[WEIGHTS[brand] for brand in BRANDS],
                    ).astype(np.float32),
                )
                for place, tensor in enumerate(current)
            )
        for got, expected in zip(parameters, current, strict=True):
            np.testing.assert_allclose(got.values, expected.values, rtol=1e-5)
