"""Floors around Flower's strategies, and strategies over the cohort's mean."""

from __future__ import annotations

from collections.abc import Callable

import flwr.serverapp.strategy
import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import (
    Bulyan,
    DifferentialPrivacyClientSideAdaptiveClipping,
    DifferentialPrivacyClientSideFixedClipping,
    DifferentialPrivacyServerSideAdaptiveClipping,
    DifferentialPrivacyServerSideFixedClipping,
    FedAdagrad,
    FedAdam,
    FedAvg,
    FedAvgM,
    FedMedian,
    FedProx,
    FedTrimmedAvg,
    FedXgbBagging,
    FedXgbCyclic,
    FedYogi,
    Krum,
    MultiKrum,
    QFedAvg,
    Strategy,
)
from numpy.typing import NDArray

from hanse_federation.link.interface import Responder
from hanse_federation.messages import Question
from hanse_flower import (
    AggregateNotFiniteError,
    AnswerRules,
    CohortTooSmallError,
    RoundAggregated,
    RunStep,
    StrategyNeedsSinglesError,
    UnsafePlaintextGrid,
    UnsupportedRecordError,
    cohort_floor,
    fed_avg_momentum,
    over_sums,
    parameters_from_record,
    parameters_to_record,
    sum_cells,
)
from hanse_policies.documents import BrandId, ServerOptimiser
from tests.support.fake_link import FakeLink, RefusingResponder
from tests.support.flower_apps import (
    BRANDS,
    RUN,
    STUDY,
    honest_responders,
    initial_parameters,
)
from tests.support.plaintext_cohort import (
    CELLS,
    Arrays,
    mean_by_hand,
    plaintext_grid,
    start_by_hand,
    start_parameters,
)

AURORA, BOREALIS, CASCADE = BRANDS
INITIAL = parameters_to_record(initial_parameters())
START = parameters_to_record(start_parameters())
ROUNDS = 3
Values = NDArray[np.float64]


def grid_over(responders: dict[BrandId, Responder]) -> UnsafePlaintextGrid:
    return UnsafePlaintextGrid(FakeLink(responders), RUN, STUDY, responders, deadline_seconds=5.0)


def responders_with(code: str, *refusing: BrandId) -> dict[BrandId, Responder]:
    return {**honest_responders(), **{brand: RefusingResponder(code) for brand in refusing}}


def train_replies(grid: UnsafePlaintextGrid, *contents: RecordDict) -> list[Message]:
    """Replies as any grid could hand them over, not judged by ours."""
    replies = []
    for node, content in zip(grid.get_node_ids(), contents, strict=True):
        asked = grid.create_message(RecordDict(), "train", node, "1")
        replies.append(Message(content, reply_to=asked))
    return replies


def contribution(value: float, *, name: str = "w", weight: int = 1) -> RecordDict:
    array = Array(np.full(2, value, np.float32))
    return RecordDict(
        {
            "arrays": ArrayRecord({name: array}),
            "metrics": MetricRecord({"num-examples": weight}),
        }
    )


def test_round_below_the_floor_is_not_aggregated() -> None:
    strategy = cohort_floor(FedAvg(), 3)
    with pytest.raises(CohortTooSmallError) as caught:
        strategy.start(grid_over(responders_with("budget-exceeded", CASCADE)), INITIAL, 2)
    assert (caught.value.required, caught.value.answered) == (3, 2)
    assert caught.value.round_number == 1


def test_round_at_the_floor_goes_on_with_the_survivors() -> None:
    strategy = cohort_floor(FedAvg(), 2)
    result = strategy.start(grid_over(responders_with("budget-exceeded", CASCADE)), INITIAL, 2)
    assert list(result.arrays) == ["weight", "bias"]


def test_flower_alone_would_have_gone_on_with_nobody() -> None:
    result = FedAvg().start(grid_over(responders_with("stop", *BRANDS)), INITIAL, 1)
    assert len(result.arrays) == 0


@pytest.mark.parametrize("strategy", [FedAvg(min_available_nodes=4), FedAvg(min_train_nodes=4)])
def test_too_few_brands_are_an_error_and_not_an_endless_wait(strategy: FedAvg) -> None:
    with pytest.raises(CohortTooSmallError, match="needs 4 brands, but 3 take part"):
        cohort_floor(strategy, 1).start(grid_over(honest_responders()), INITIAL, 1)


def test_evaluation_below_the_floor_is_not_aggregated() -> None:
    strategy = cohort_floor(FedAvg(min_evaluate_nodes=4), 1)
    with pytest.raises(CohortTooSmallError):
        strategy.start(grid_over(honest_responders()), INITIAL, 1)


def test_evaluation_that_a_strategy_skips_needs_no_answers() -> None:
    strategy = cohort_floor(FedAvg(fraction_evaluate=0.0), 3)
    result = strategy.start(grid_over(honest_responders()), INITIAL, 1)
    assert result.evaluate_metrics_clientapp == {}


@pytest.mark.parametrize(
    "hostile",
    [
        contribution(float("nan")),
        contribution(float("inf")),
        contribution(1.0, name="v"),
        contribution(1.0, weight=0),
        contribution(1.0, weight=10**12),
        RecordDict({"arrays": ArrayRecord(), "metrics": MetricRecord({"num-examples": 1})}),
        RecordDict({"metrics": MetricRecord({"num-examples": 1})}),
    ],
    ids=["nan", "infinity", "renamed", "weightless", "drowning", "empty", "no-arrays"],
)
def test_hostile_contribution_is_left_out_whatever_grid_brought_it(hostile: RecordDict) -> None:
    grid = grid_over(honest_responders())
    strategy = cohort_floor(FedAvg(), 2)
    asked = ArrayRecord({"w": Array(np.zeros(2, np.float32))})
    list(strategy.configure_train(1, asked, ConfigRecord(), grid))
    replies = train_replies(grid, contribution(1.0), hostile, contribution(3.0))
    arrays, _ = strategy.aggregate_train(1, replies)
    assert arrays is not None
    np.testing.assert_array_equal(arrays["w"].numpy(), [2.0, 2.0])


def test_hostile_contributions_count_as_missing() -> None:
    grid = grid_over(honest_responders())
    strategy = cohort_floor(FedAvg(), 2)
    asked = ArrayRecord({"w": Array(np.zeros(2, np.float32))})
    list(strategy.configure_train(1, asked, ConfigRecord(), grid))
    nan = contribution(float("nan"))
    with pytest.raises(CohortTooSmallError):
        strategy.aggregate_train(1, train_replies(grid, contribution(1.0), nan, nan))


def test_one_brand_answering_twice_counts_once() -> None:
    grid = grid_over(honest_responders())
    strategy = cohort_floor(FedAvg(), 2)
    asked = ArrayRecord({"w": Array(np.zeros(2, np.float32))})
    list(strategy.configure_train(1, asked, ConfigRecord(), grid))
    replies = train_replies(grid, *[contribution(1.0)] * 3)
    with pytest.raises(CohortTooSmallError):
        strategy.aggregate_train(1, [replies[0], replies[0]])


def test_flowers_comparing_strategies_work_in_the_clear_alone() -> None:
    strategy = cohort_floor(Krum(num_malicious_nodes=0), 3)
    result = strategy.start(grid_over(honest_responders()), INITIAL, 1)
    assert len(parameters_from_record(result.arrays)) == 2


def test_cells_of_different_number_are_never_added() -> None:
    contents = [RecordDict({"m": MetricRecord({"cells": cells})}) for cells in ([1, 2], [1, 2, 3])]
    with pytest.raises(UnsupportedRecordError, match="different numbers of cells"):
        sum_cells(contents, "num-examples")


# Under secure aggregation: the one reply is the mean over brands.

NEED_SINGLES = {
    "Krum": Krum(),
    "MultiKrum": MultiKrum(),
    "Bulyan": Bulyan(),
    "FedMedian": FedMedian(),
    "FedTrimmedAvg": FedTrimmedAvg(),
    "QFedAvg": QFedAvg(client_learning_rate=0.1),
    "FedXgbBagging": FedXgbBagging(),
    "FedXgbCyclic": FedXgbCyclic(),
    "DifferentialPrivacyServerSideFixedClipping": DifferentialPrivacyServerSideFixedClipping(
        FedAvg(), 1.0, 1.0, 3
    ),
    "DifferentialPrivacyClientSideFixedClipping": DifferentialPrivacyClientSideFixedClipping(
        FedAvg(), 1.0, 1.0, 3
    ),
    "DifferentialPrivacyServerSideAdaptiveClipping": DifferentialPrivacyServerSideAdaptiveClipping(
        FedAvg(), 0.1, 3
    ),
    "DifferentialPrivacyClientSideAdaptiveClipping": DifferentialPrivacyClientSideAdaptiveClipping(
        FedAvg(), 0.1, 3
    ),
}


class OwnStrategy(FedAvg):
    """May do anything with replies, for all that can be told from outside."""


@pytest.mark.parametrize(
    ("name", "strategy"), [*NEED_SINGLES.items(), ("OwnStrategy", OwnStrategy())]
)
def test_a_strategy_that_needs_single_updates_is_refused_and_told_why(
    name: str, strategy: Strategy
) -> None:
    with pytest.raises(StrategyNeedsSinglesError) as caught:
        over_sums(strategy)
    assert caught.value.code == "strategy-needs-singles"
    message = str(caught.value)
    assert f"got {name}" in message
    assert "single updates" in message
    assert "secure aggregation shows nobody a single one" in message
    assert "FedAvg" in message.split("got", 1)[0]
    assert "\n" not in message


def test_every_strategy_of_flower_is_either_for_sums_or_refused() -> None:
    names = {name for name in flwr.serverapp.strategy.__all__ if name not in {"Strategy", "Result"}}
    assert names == set(NEED_SINGLES) | {kind.__name__ for kind, _, _ in OF_ONE_MEAN}


def averaged() -> Arrays:
    current = start_by_hand()
    for _ in range(ROUNDS):
        current = mean_by_hand(current)
    return current


def averaged_with_momentum(rate: float, momentum: float) -> Arrays:
    """Hsu, Qi, Brown 2019, FedAvgM."""
    current = start_by_hand()
    velocity = {name: np.zeros(values.shape) for name, values in current.items()}
    for _ in range(ROUNDS):
        mean = mean_by_hand(current)
        for name, values in current.items():
            velocity[name] = momentum * velocity[name] + (values - mean[name])
        current = {name: values - rate * velocity[name] for name, values in current.items()}
    return current


def adapted(
    second_moment: Callable[[Values, Values], Values],
    eta: float,
    beta_1: float,
    tau: float,
    beta_2: float | None = None,
) -> Arrays:
    """Reddi et al. 2021, algorithm 2; with Adam's bias correction if `beta_2` is given."""
    current = start_by_hand()
    first = {name: np.zeros(values.shape) for name, values in current.items()}
    second = {name: np.zeros(values.shape) for name, values in current.items()}
    for number in range(1, ROUNDS + 1):
        mean, rate = mean_by_hand(current), eta
        if beta_2 is not None:
            rate *= np.sqrt(1 - beta_2 ** (number + 1)) / (1 - beta_1 ** (number + 1))
        for name, values in current.items():
            delta = mean[name] - values
            first[name] = beta_1 * first[name] + (1 - beta_1) * delta
            second[name] = second_moment(second[name], delta**2)
            current[name] = values + rate * first[name] / (np.sqrt(second[name]) + tau)
    return current


OF_ONE_MEAN: list[tuple[type[Strategy], dict[str, float], Arrays]] = [
    (FedAvg, {}, averaged()),
    (FedProx, {"proximal_mu": 0.0}, averaged()),
    (
        FedAvgM,
        {"server_learning_rate": 0.7, "server_momentum": 0.9},
        averaged_with_momentum(0.7, 0.9),
    ),
    (FedAdagrad, {"eta": 0.1, "tau": 1e-3}, adapted(lambda v, d: v + d, 0.1, 0.0, 1e-3)),
    (
        FedAdam,
        {"eta": 0.1, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-3},
        adapted(lambda v, d: 0.99 * v + 0.01 * d, 0.1, 0.9, 1e-3, beta_2=0.99),
    ),
    (
        FedYogi,
        {"eta": 0.1, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-3},
        adapted(lambda v, d: v - 0.01 * d * np.sign(v - d), 0.1, 0.9, 1e-3),
    ),
]


def assert_same(arrays: ArrayRecord, expected: Arrays) -> None:
    assert list(arrays) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(arrays[name].numpy(), values, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "settings", "expected"), OF_ONE_MEAN, ids=[kind.__name__ for kind, _, _ in OF_ONE_MEAN]
)
def test_a_strategy_over_sums_gives_the_arrays_of_plain_numpy(
    kind: Callable[..., Strategy], settings: dict[str, float], expected: Arrays
) -> None:
    result = over_sums(kind(**settings)).start(plaintext_grid(), START, ROUNDS)
    assert_same(result.arrays, expected)


def test_the_strategy_of_a_study_is_momentum_on_the_cohorts_mean() -> None:
    strategy = fed_avg_momentum(ServerOptimiser(learning_rate=0.7, momentum=0.9))
    result = strategy.start(plaintext_grid(), START, ROUNDS)
    assert_same(result.arrays, averaged_with_momentum(0.7, 0.9))


def test_the_same_run_gives_the_same_bits() -> None:
    runs = [over_sums(FedAvg()).start(plaintext_grid(), START, 2).arrays for _ in range(2)]
    first, second = ([array.data for array in arrays.values()] for arrays in runs)
    assert first == second


def test_a_proximal_term_that_brands_did_not_approve_is_refused() -> None:
    with pytest.raises(UnsupportedRecordError):
        over_sums(FedProx(proximal_mu=0.1)).start(plaintext_grid(), START, 1)


def test_observer_is_told_of_each_aggregation_with_summed_cells() -> None:
    steps: list[RunStep] = []
    strategy = fed_avg_momentum(
        ServerOptimiser(), rules=AnswerRules(evaluate_cells=CELLS), observer=steps.append
    )
    result = strategy.start(plaintext_grid(), START, 2)
    cells = (57, -3, *(3 * number for number in range(CELLS - 2)))
    assert steps == [
        RoundAggregated(Question.TRAIN, 1, 1),
        RoundAggregated(Question.EVALUATE, 1, 1, cells),
        RoundAggregated(Question.TRAIN, 2, 1),
        RoundAggregated(Question.EVALUATE, 2, 1, cells),
    ]
    assert result.evaluate_metrics_clientapp[2]["cells"] == list(cells)


def test_a_sum_with_another_number_of_cells_ends_the_run() -> None:
    strategy = fed_avg_momentum(ServerOptimiser(), rules=AnswerRules(evaluate_cells=4))
    with pytest.raises(CohortTooSmallError, match="answers to evaluate, but 0 are valid"):
        strategy.start(plaintext_grid(), START, 1)


def test_an_aggregate_beyond_the_models_limit_ends_the_run() -> None:
    strategy = fed_avg_momentum(
        ServerOptimiser(learning_rate=10.0), rules=AnswerRules(maximum_parameter=2.0)
    )
    with pytest.raises(AggregateNotFiniteError, match="lower the server's learning rate"):
        strategy.start(plaintext_grid(), START, 1)
