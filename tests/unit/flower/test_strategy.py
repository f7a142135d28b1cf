from __future__ import annotations

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg, Krum

from hanse_federation.link.interface import Responder
from hanse_federation.messages import Question, Tensor
from hanse_flower import (
    AggregateNotFiniteError,
    AnswerRules,
    ClientAppResponder,
    CohortTooSmallError,
    LinkGrid,
    RoundAggregated,
    RunStep,
    UnsupportedRecordError,
    cohort_floor,
    fed_avg_momentum,
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
    shifting_app,
)

AURORA, BOREALIS, CASCADE = BRANDS
INITIAL = parameters_to_record(initial_parameters())


def grid_over(responders: dict[BrandId, Responder]) -> LinkGrid:
    return LinkGrid(FakeLink(responders), RUN, STUDY, responders, deadline_seconds=5.0)


def responders_with(code: str, *refusing: BrandId) -> dict[BrandId, Responder]:
    return {**honest_responders(), **{brand: RefusingResponder(code) for brand in refusing}}


def train_replies(grid: LinkGrid, *contents: RecordDict) -> list[Message]:
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


def test_aggregate_that_overflows_ends_the_run() -> None:
    huge = np.full(2, 3e38, np.float32)
    initial = parameters_to_record((Tensor("w", -huge),))
    responder = ClientAppResponder(shifting_app(3.4e38, 1), AURORA)
    strategy = fed_avg_momentum(ServerOptimiser(learning_rate=10.0), 1)
    grid = LinkGrid(FakeLink({AURORA: responder}), RUN, STUDY, [AURORA], deadline_seconds=5.0)
    with np.errstate(over="ignore"), pytest.raises(AggregateNotFiniteError):
        strategy.start(grid, initial, 1)


def test_strategies_that_need_single_updates_work_in_the_clear() -> None:
    strategy = cohort_floor(Krum(num_malicious_nodes=0), 3)
    result = strategy.start(grid_over(honest_responders()), INITIAL, 1)
    assert len(parameters_from_record(result.arrays)) == 2


def test_observer_is_told_of_each_aggregation_with_summed_cells() -> None:
    steps: list[RunStep] = []
    strategy = fed_avg_momentum(
        ServerOptimiser(), 3, rules=AnswerRules(evaluate_cells=3), observer=steps.append
    )
    result = strategy.start(grid_over(honest_responders()), INITIAL, 2)
    assert steps == [
        RoundAggregated(Question.TRAIN, 1, 3),
        RoundAggregated(Question.EVALUATE, 1, 3, (57, -3, 75)),
        RoundAggregated(Question.TRAIN, 2, 3),
        RoundAggregated(Question.EVALUATE, 2, 3, (57, -3, 75)),
    ]
    assert result.evaluate_metrics_clientapp[2]["cells"] == [57, -3, 75]


def test_brand_with_another_number_of_cells_is_refused() -> None:
    rules = AnswerRules(evaluate_cells=4)
    strategy = fed_avg_momentum(ServerOptimiser(), 1, rules=rules)
    with pytest.raises(CohortTooSmallError, match="answers to evaluate, but 0 are valid"):
        strategy.start(grid_over(honest_responders()), INITIAL, 1)


def test_cells_of_different_number_are_never_added() -> None:
    contents = [RecordDict({"m": MetricRecord({"cells": cells})}) for cells in ([1, 2], [1, 2, 3])]
    with pytest.raises(UnsupportedRecordError, match="different numbers of cells"):
        sum_cells(contents, "num-examples")


def test_one_brand_alone_is_not_waited_for() -> None:
    grid = LinkGrid(FakeLink(honest_responders()), RUN, STUDY, [AURORA], deadline_seconds=5.0)
    result = fed_avg_momentum(ServerOptimiser(), 1).start(grid, INITIAL, 1)
    assert len(result.arrays) == 2
