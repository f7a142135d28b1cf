"""The cohort as Flower's one node: one question, one reply, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.serverapp.strategy import FedAvg

from hanse_federation.aggregation import CohortAnswer
from hanse_federation.messages import (
    AnswerPayload,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Question,
    QuestionPayload,
    TrainReply,
    TrainRequest,
)
from hanse_federation.randomness import SeededRandomness
from hanse_federation.secure_aggregation.errors import CohortFloorError
from hanse_flower import (
    COHORT_NODE_ID,
    AnswerRules,
    AnswersCollected,
    BrandRefusal,
    CohortGrid,
    ForeignMessageError,
    GridMisuseError,
    InadmissibleReplyError,
    QuestionAsked,
    ReplyLayoutError,
    RunStep,
    UnknownNodeError,
    UnsupportedRecordError,
    answer_from_content,
    node_id_of,
    over_sums,
    parameters_to_record,
)
from hanse_flower.internals import describe_run
from hanse_policies.documents import BrandId
from tests.support.flower_apps import BRANDS, RUN
from tests.support.plaintext_cohort import (
    mean_by_hand,
    plaintext_aggregation,
    plaintext_grid,
    start_by_hand,
    start_parameters,
)

AURORA, BOREALIS, CASCADE = BRANDS
START = start_parameters()


class Answering:
    """An aggregation that answers whatever a test says, and notes what it was asked."""

    def __init__(self, *answers: AnswerPayload | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[QuestionPayload, int]] = []

    @property
    def brands(self) -> tuple[BrandId, ...]:
        return BRANDS

    def ask(self, asked: QuestionPayload, round_number: int) -> CohortAnswer:
        self.asked.append((asked, round_number))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return CohortAnswer(answer, (AURORA, CASCADE), ((BOREALIS, "consent-stale"),))


def train_content(round_number: int = 1) -> RecordDict:
    config = ConfigRecord({"server-round": round_number})
    return RecordDict({"arrays": parameters_to_record(START), "config": config})


def asking_train(grid: CohortGrid, round_number: int = 1) -> Message:
    content = train_content(round_number)
    return grid.create_message(content, "train", COHORT_NODE_ID, str(round_number))


def test_a_strategy_sees_one_node_and_no_brand() -> None:
    grid = plaintext_grid()
    assert list(grid.get_node_ids()) == [COHORT_NODE_ID]
    assert COHORT_NODE_ID not in [node_id_of(brand) for brand in BRANDS]
    assert grid.brands == BRANDS


def test_one_message_gets_one_reply_that_holds_the_cohorts_mean() -> None:
    grid = plaintext_grid()
    (reply,) = grid.send_and_receive([asking_train(grid)])
    assert reply.metadata.src_node_id == COHORT_NODE_ID
    answer = answer_from_content(Question.TRAIN, reply.content)
    assert isinstance(answer, TrainReply)
    assert answer.weight == 57
    for tensor, mean in zip(answer.parameters, mean_by_hand(start_by_hand()).values(), strict=True):
        np.testing.assert_allclose(tensor.values, mean, rtol=2e-6, atol=2e-7)


def test_a_round_and_its_parameters_reach_the_aggregation_as_they_are() -> None:
    aggregation = Answering(TrainReply(START, 9))
    grid = CohortGrid(aggregation, RUN)
    grid.send_and_receive([asking_train(grid, 3)])
    ((asked, round_number),) = aggregation.asked
    assert isinstance(asked, TrainRequest)
    assert round_number == 3
    for sent, tensor in zip(asked.parameters, START, strict=True):
        np.testing.assert_array_equal(sent.values, tensor.values)


def test_a_message_to_a_brand_is_refused_and_nobody_is_asked() -> None:
    aggregation = Answering(TrainReply(START, 9))
    grid = CohortGrid(aggregation, RUN)
    message = grid.create_message(train_content(), "train", node_id_of(AURORA), "1")
    with pytest.raises(UnknownNodeError, match="no brand is asked by itself"):
        grid.send_and_receive([message])
    assert aggregation.asked == []


def test_a_message_of_another_run_is_refused_and_nobody_is_asked() -> None:
    aggregation = Answering(TrainReply(START, 9))
    other = CohortGrid(aggregation, RUN + 1)
    with pytest.raises(ForeignMessageError):
        CohortGrid(aggregation, RUN).send_and_receive([asking_train(other)])
    assert aggregation.asked == []


def test_a_message_with_content_that_may_not_cross_is_refused() -> None:
    aggregation = Answering(TrainReply(START, 9))
    grid = CohortGrid(aggregation, RUN)
    content = train_content()
    content["config"] = ConfigRecord({"server-round": 1, "learning-rate": 0.1})
    with pytest.raises(UnsupportedRecordError, match="learning-rate"):
        grid.send_and_receive([grid.create_message(content, "train", COHORT_NODE_ID, "1")])
    assert aggregation.asked == []


@pytest.mark.parametrize("run", [0, -5, 2**63])
def test_an_impossible_run_is_refused(run: int) -> None:
    with pytest.raises(GridMisuseError):
        CohortGrid(plaintext_aggregation(), run)


def test_a_grid_serves_its_own_run_alone() -> None:
    grid = plaintext_grid()
    assert grid.run.run_id == RUN
    grid.set_run(describe_run(RUN))
    with pytest.raises(GridMisuseError, match="one run"):
        grid.set_run(describe_run(RUN + 1))


def test_pushed_messages_are_pulled_once() -> None:
    grid = plaintext_grid()
    names = list(grid.push_messages([asking_train(grid), asking_train(grid, 2)]))
    assert len(set(names)) == 2
    first, second = grid.pull_messages(names)
    assert [first.metadata.reply_to_message_id, second.metadata.reply_to_message_id] == names
    with pytest.raises(ForeignMessageError):
        grid.pull_messages(names[:1])


def test_an_unknown_reply_takes_no_other_with_it() -> None:
    grid = plaintext_grid()
    (name,) = grid.push_messages([asking_train(grid)])
    with pytest.raises(ForeignMessageError):
        grid.pull_messages([name, "another"])
    assert len(list(grid.pull_messages([name]))) == 1


def test_no_sum_is_an_error_that_ends_the_strategy_and_not_an_empty_round() -> None:
    floor = CohortFloorError("expected a sum over at least 3 brands, got 2")
    grid = CohortGrid(Answering(TrainReply(START, 9), CellsReply((1,)), floor), RUN)
    with pytest.raises(CohortFloorError):
        over_sums(FedAvg()).start(grid, parameters_to_record(START), 2)


def test_a_sum_that_is_no_answer_to_the_question_is_refused() -> None:
    for foreign in (CellsReply((1, 2)), CohortReply(3), TrainReply(START[:1], 9)):
        grid = CohortGrid(Answering(foreign), RUN)
        with pytest.raises(InadmissibleReplyError):
            grid.send_and_receive([asking_train(grid)])


def test_rules_hold_for_questions_outside_a_strategy_too() -> None:
    grid = CohortGrid(Answering(CellsReply((1, 2))), RUN, rules=AnswerRules(measure_cells=3))
    with pytest.raises(ReplyLayoutError, match="expected 3 cells, got 2"):
        grid.ask(MeasureRequest())


def test_each_question_is_told_with_the_brands_in_the_sum_and_those_that_are_not() -> None:
    steps: list[RunStep] = []
    later: list[RunStep] = []
    grid = CohortGrid(
        Answering(CohortReply(40), CellsReply((1, 2))),
        RUN,
        observer=steps.append,
        randomness=SeededRandomness(1),
    )
    answer = grid.ask(CohortRequest())
    grid.observe(later.append)
    grid.ask(EvaluateRequest(START), round_number=2)
    refused = (BrandRefusal(BOREALIS, "consent-stale"),)
    assert answer.payload == CohortReply(40)
    assert steps == [
        QuestionAsked(Question.COHORT, 0, BRANDS),
        AnswersCollected(Question.COHORT, 0, (AURORA, CASCADE), refused),
        QuestionAsked(Question.EVALUATE, 2, BRANDS),
        AnswersCollected(Question.EVALUATE, 2, (AURORA, CASCADE), refused),
    ]
    assert later == steps[2:]


def test_a_sum_that_is_refused_is_told_as_asked_and_never_as_collected() -> None:
    steps: list[RunStep] = []
    grid = CohortGrid(Answering(CellsReply((1,))), RUN, observer=steps.append)
    with pytest.raises(InadmissibleReplyError):
        grid.ask(CohortRequest())
    assert steps == [QuestionAsked(Question.COHORT, 0, BRANDS)]


def test_a_strategy_with_flowers_own_minimum_of_nodes_takes_the_cohort_for_enough() -> None:
    strategy = FedAvg()
    assert strategy.min_available_nodes == 2
    result = over_sums(strategy).start(plaintext_grid(), parameters_to_record(START), 1)
    assert list(result.arrays) == [tensor.name for tensor in START]
