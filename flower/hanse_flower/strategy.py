"""Guards around Flower's own strategies, and the strategy that studies name.

Flower's strategies go on in silence when brands are missing, wait in a loop
when too few nodes are there, and average whatever comes back. A floor turns
each of these into an error or a refusal. A strategy keeps state between
rounds, so each run gets a new one. Under secure aggregation a strategy gets one
reply, the cohort's mean; those that compare single updates are refused.
"""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import (
    FedAdagrad,
    FedAdam,
    FedAvg,
    FedAvgM,
    FedProx,
    FedYogi,
    Strategy,
)

from hanse_federation.messages import CellsReply, Question, RequestPayload
from hanse_flower.admission import AnswerRules, admit
from hanse_flower.errors import (
    AggregateNotFiniteError,
    CohortTooSmallError,
    InadmissibleReplyError,
    StrategyNeedsSinglesError,
    UnsupportedRecordError,
)
from hanse_flower.internals import with_error
from hanse_flower.progress import Observer, RoundAggregated, unobserved
from hanse_flower.records import CELLS, answer_from_content, question_from_message
from hanse_flower.refusals import ErrorNumber, flower_error
from hanse_flower.tensors import is_within
from hanse_policies.documents import ServerOptimiser


def cohort_floor(
    strategy: Strategy,
    minimum_brands: int,
    *,
    rules: AnswerRules | None = None,
    observer: Observer = unobserved,
) -> Strategy:
    """Wrap a strategy so that it never aggregates too few or inadmissible answers.

    Args:
        strategy: Any Flower strategy, new for this run.
        minimum_brands: How many brands must answer each question, at least 1.
        rules: What an answer may claim; the defaults if None.
        observer: Told of each aggregation.

    Returns:
        A strategy that raises `CohortTooSmallError` out of `start` when a round
        has fewer valid answers than the minimum, or when `strategy` would wait
        for more nodes than take part; hands `strategy` an error reply in place
        of each inadmissible one; and raises `AggregateNotFiniteError` rather
        than go on with NaN or infinity.
    """
    return _CohortFloor(strategy, minimum_brands, rules or AnswerRules(), observer)


_OF_ONE_MEAN = (FedAdagrad, FedAdam, FedAvg, FedAvgM, FedProx, FedYogi)


def over_sums(
    strategy: Strategy, *, rules: AnswerRules | None = None, observer: Observer = unobserved
) -> Strategy:
    """Wrap a strategy for a `CohortGrid`, where the one reply is the mean over brands.

    Args:
        strategy: One of Flower's strategies that use nothing but the mean, new for
            this run. Its minimum of nodes becomes 1, the cohort: the floor of brands is
            the aggregation's own.
        rules: What an answer may hold; the defaults if None.
        observer: Told of each aggregation.

    Raises:
        StrategyNeedsSinglesError: It is another one.
    """
    if not isinstance(strategy, FedAvg) or type(strategy) not in _OF_ONE_MEAN:
        allowed = ", ".join(kind.__name__ for kind in _OF_ONE_MEAN)
        raise StrategyNeedsSinglesError(
            f"expected a strategy that needs the mean alone ({allowed}), got "
            f"{type(strategy).__name__}: it compares or weighs the brands' single updates, and "
            "secure aggregation shows nobody a single one"
        )
    # Flower's own minimum of two nodes would have the strategy wait for a second cohort.
    strategy.min_train_nodes = strategy.min_evaluate_nodes = strategy.min_available_nodes = 1
    return cohort_floor(strategy, 1, rules=rules, observer=observer)


def fed_avg_momentum(
    server: ServerOptimiser,
    *,
    rules: AnswerRules | None = None,
    observer: Observer = unobserved,
) -> Strategy:
    """Build the strategy of a train-model study: Flower's FedAvgM over the cohort's mean.

    Args:
        server: Learning rate and momentum, as the study states them.
        rules: What an answer may hold.
        observer: Told of each aggregation, with the summed cells.

    Returns:
        A strategy for one run; `start` returns the sum of the brands' cells
        under `cells` in `evaluate_metrics_clientapp`, round by round.

    Source: Hsu, Qi, Brown 2019 (arXiv:1909.06335), FedAvgM.
    """
    strategy = FedAvgM(
        fraction_train=1.0,
        fraction_evaluate=1.0,
        min_train_nodes=1,
        min_evaluate_nodes=1,
        min_available_nodes=1,
        evaluate_metrics_aggr_fn=sum_cells,
        server_learning_rate=server.learning_rate,
        server_momentum=server.momentum,
    )
    return over_sums(strategy, rules=rules, observer=observer)


def sum_cells(contents: list[RecordDict], weighted_by_key: str) -> MetricRecord:
    """Add up the brands' noised cells; Flower's own aggregation would average them.

    Args:
        contents: Records of the `evaluate` replies, at least one.
        weighted_by_key: Flower's name of the weight; a sum has none.

    Returns:
        One metric, `cells`.

    Raises:
        UnsupportedRecordError: A reply has no cells, or another number of them.
    """
    del weighted_by_key
    answers = [answer_from_content(Question.EVALUATE, content) for content in contents]
    rows = [answer.cells for answer in answers if isinstance(answer, CellsReply)]
    if len({len(row) for row in rows}) != 1:
        raise UnsupportedRecordError(
            "the brands' answers hold different numbers of cells; "
            "state `evaluate_cells` in the answer rules, so that the wrong ones are refused"
        )
    return MetricRecord({CELLS: [sum(column) for column in zip(*rows, strict=True)]})


class _CohortFloor(Strategy):
    """A strategy with a floor; each public method has Flower's own contract."""

    def __init__(
        self, inner: Strategy, minimum_brands: int, rules: AnswerRules, observer: Observer
    ) -> None:
        self._inner = inner
        self._minimum_brands = minimum_brands
        self._rules = rules
        self._observer = observer
        self._asked: dict[Question, RequestPayload | None] = {}

    def summary(self) -> None:
        """Log the configuration of the wrapped strategy."""
        self._inner.summary()

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """Configure a round of training, if enough brands take part."""
        self._check_nodes(server_round, grid, "min_train_nodes")
        messages = list(self._inner.configure_train(server_round, arrays, config, grid))
        return self._remember(Question.TRAIN, messages)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Aggregate the admissible replies, if there are enough."""
        judged = self._judge(Question.TRAIN, replies)
        answers = self._check_answers(Question.TRAIN, server_round, judged)
        arrays, metrics = self._inner.aggregate_train(server_round, judged)
        if arrays is not None and not is_within(arrays, self._rules.maximum_parameter):
            raise AggregateNotFiniteError(
                f"the aggregate of round {server_round} holds NaN, infinity or a number beyond "
                f"{self._rules.maximum_parameter:g}; lower the server's learning rate"
            )
        if answers:
            self._observer(RoundAggregated(Question.TRAIN, server_round, answers))
        return arrays, metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """Configure a round of evaluation, if enough brands take part."""
        self._check_nodes(server_round, grid, "min_evaluate_nodes")
        messages = list(self._inner.configure_evaluate(server_round, arrays, config, grid))
        return self._remember(Question.EVALUATE, messages)

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """Aggregate the admissible replies, if there are enough."""
        judged = self._judge(Question.EVALUATE, replies)
        answers = self._check_answers(Question.EVALUATE, server_round, judged)
        metrics = self._inner.aggregate_evaluate(server_round, judged)
        found = metrics.get(CELLS) if metrics is not None else None
        cells = tuple(int(cell) for cell in found) if isinstance(found, list) else ()
        if answers:
            self._observer(RoundAggregated(Question.EVALUATE, server_round, answers, cells))
        return metrics

    def _check_nodes(self, round_number: int, grid: Grid, minimum_of_inner: str) -> None:
        # Flower's sampling sleeps in a loop until its minimum of nodes is there.
        nodes = len(list(grid.get_node_ids()))
        wanted = max(
            self._minimum_brands,
            getattr(self._inner, "min_available_nodes", 0),
            getattr(self._inner, minimum_of_inner, 0),
        )
        if nodes < wanted:
            raise CohortTooSmallError(
                f"round {round_number} needs {wanted} brands, but {nodes} take part; "
                "invite more brands or propose a study with a lower `minimum_brands`",
                required=wanted,
                answered=nodes,
                round_number=round_number,
            )

    def _remember(self, question: Question, messages: list[Message]) -> list[Message]:
        self._asked[question] = question_from_message(messages[0]).payload if messages else None
        return messages

    def _judge(self, question: Question, replies: Iterable[Message]) -> list[Message]:
        asked = self._asked.get(question)
        if asked is None:
            return list(replies)
        return [self._judged(question, asked, reply) for reply in replies]

    def _judged(self, question: Question, asked: RequestPayload, reply: Message) -> Message:
        if reply.has_error():
            return reply
        try:
            admit(asked, answer_from_content(question, reply.content), self._rules)
        except (UnsupportedRecordError, InadmissibleReplyError) as error:
            return with_error(reply, flower_error(ErrorNumber.REFUSED_BY_OPERATOR, error.code))
        return reply

    def _check_answers(self, question: Question, round_number: int, replies: list[Message]) -> int:
        if self._asked.pop(question, None) is None:
            return 0
        answered = len({r.metadata.src_node_id for r in replies if not r.has_error()})
        if answered < self._minimum_brands:
            raise CohortTooSmallError(
                f"round {round_number} needs {self._minimum_brands} answers to {question}, "
                f"but {answered} are valid; see the refusals of the round and run the study again",
                required=self._minimum_brands,
                answered=answered,
                round_number=round_number,
            )
        return answered
