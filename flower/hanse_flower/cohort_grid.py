"""Flower's view of a run under secure aggregation: one node, the cohort.

Rules: a strategy asks the cohort and gets one reply, the decoded sum over the
brands; no brand is seen by itself. The grid stamps its own run onto the message and
refuses another run's. A sum that does not come about raises out of the strategy,
with its own error: there is no reply that could stand in for it. A grid belongs to
the thread of its run; the protocol's waiting is done while a message is sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import DEFAULT_TTL, Message, RecordDict
from flwr.serverapp import Grid

from hanse_federation.aggregation import Aggregation, CohortAnswer
from hanse_federation.messages import QuestionPayload
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_flower.admission import AnswerRules, admit
from hanse_flower.errors import (
    ForeignMessageError,
    GridMisuseError,
    UnknownNodeError,
    UnsupportedRecordError,
)
from hanse_flower.internals import (
    Run,
    adopt_process_identity,
    describe_run,
    message_of_run,
    process_run_id,
)
from hanse_flower.nodes import node_id_of
from hanse_flower.progress import (
    AnswersCollected,
    BrandRefusal,
    Observer,
    QuestionAsked,
    RunStep,
    unobserved,
)
from hanse_flower.records import AskedQuestion, answer_to_content, question_from_message
from hanse_policies.documents import BrandId

COHORT_NODE_ID = node_id_of(BrandId("cohort"))
"""The one node that strategies see. A brand of that name is not confused with it: brands
are not nodes here."""


class CohortGrid(Grid):
    """A Flower grid with one node, behind which all brands answer together.

    Attributes:
        brands: The brands that may take part, ordered.
    """

    def __init__(
        self,
        aggregation: Aggregation,
        run: int,
        *,
        rules: AnswerRules | None = None,
        observer: Observer = unobserved,
        randomness: Randomness | None = None,
    ) -> None:
        """Serve one run.

        Args:
            aggregation: Asks the brands.
            run: From 1 to 2**63 - 1; also Flower's run id.
            rules: What an answer may hold; None for the defaults.
            observer: Told of each question and what came of it.
            randomness: Source of message ids; None for the system's.

        Raises:
            GridMisuseError: An impossible run.
        """
        if not 1 <= run < 2**63:
            raise GridMisuseError("expected a run from 1 to 2**63 - 1")
        self._aggregation = aggregation
        self._run = describe_run(run)
        self._rules = rules or AnswerRules()
        self._observers = [observer]
        self._randomness = randomness or SystemRandomness()
        self._replies: dict[str, Message] = {}
        adopt_process_identity()

    @property
    def brands(self) -> tuple[BrandId, ...]:
        """The brands that may take part, ordered."""
        return self._aggregation.brands

    def observe(self, observer: Observer) -> None:
        """Tell one more observer of what is asked from now on."""
        self._observers.append(observer)

    @property
    def run(self) -> Run:
        """Describe the run."""
        return self._run

    def set_run(self, run: Run) -> None:
        """Refuse any run but the one this grid was made for.

        Raises:
            GridMisuseError: `run` is another one.
        """
        if run.run_id != self._run.run_id:
            raise GridMisuseError("a grid serves one run; make another grid for another run")

    def get_node_ids(self) -> list[int]:
        """List the one node."""
        return [COHORT_NODE_ID]

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Build a message of this run; see `flwr.serverapp.Grid`."""
        return self._stamped(content, message_type, dst_node_id, group_id, ttl, "")

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Ask at once; `pull_messages` hands the replies out.

        Raises:
            AggregationError: No sum came about.
            ForeignMessageError: A message of another run.
            UnknownNodeError: A message to another node than the cohort.
            UnsupportedRecordError: A message with content that may not cross.
        """
        replies = self.send_and_receive(messages)
        names = [reply.metadata.reply_to_message_id for reply in replies]
        self._replies.update(zip(names, replies, strict=True))
        return names

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """Hand out replies, each once.

        Raises:
            ForeignMessageError: An id that is not of this grid, or was handed out.
        """
        names = list(message_ids)
        if any(name not in self._replies for name in names):
            raise ForeignMessageError("a reply is asked for that this grid does not hold")
        return [self._replies.pop(name) for name in names]

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> list[Message]:
        """Ask the cohort and wait for the sum.

        Args:
            messages: What a strategy built; each to the cohort.
            timeout: Not heeded: how long brands may take is the aggregation's to say.

        Raises:
            AggregationError: No sum came about.
            ForeignMessageError: A message of another run.
            UnknownNodeError: A message to another node than the cohort.
            UnsupportedRecordError: A message with content that may not cross.
            InadmissibleReplyError: The sum is not an answer to what was asked.
        """
        del timeout
        return [self._send(message) for message in messages]

    def ask(self, payload: QuestionPayload, *, round_number: int = 0) -> CohortAnswer:
        """Ask one question outside a strategy.

        Raises:
            AggregationError: No sum came about.
            InadmissibleReplyError: The sum is not an answer to what was asked.
        """
        asked = AskedQuestion(round_number, payload)
        self._tell(QuestionAsked(asked.question, round_number, self.brands))
        answer = self._aggregation.ask(payload, round_number)
        admit(payload, answer.payload, self._rules)
        refused = tuple(BrandRefusal(brand, code) for brand, code in answer.refused)
        self._tell(AnswersCollected(asked.question, round_number, answer.brands, refused))
        return answer

    def _send(self, message: Message) -> Message:
        metadata = message.metadata
        if metadata.run_id not in (self._run.run_id, process_run_id()):
            raise ForeignMessageError("a message of another run may not be sent in this one")
        if metadata.dst_node_id != COHORT_NODE_ID:
            raise UnknownNodeError(
                f"expected a message to the cohort, got one to node {metadata.dst_node_id}; under "
                "secure aggregation no brand is asked by itself"
            )
        asked = question_from_message(message)
        answer = self.ask(_question(asked), round_number=asked.round_number)
        sent = self._stamped(
            RecordDict(),
            metadata.message_type,
            COHORT_NODE_ID,
            metadata.group_id,
            metadata.ttl,
            self._randomness.random_bytes(16).hex(),
        )
        return Message(answer_to_content(asked.question, answer.payload), reply_to=sent)

    def _tell(self, step: RunStep) -> None:
        for observer in self._observers:
            observer(step)

    def _stamped(
        self,
        content: RecordDict,
        message_type: str,
        node_id: int,
        group_id: str,
        ttl: float | None,
        message_id: str,
    ) -> Message:
        return message_of_run(
            content,
            run=self._run.run_id,
            message_id=message_id,
            message_type=message_type,
            node_id=node_id,
            group_id=group_id,
            ttl_seconds=DEFAULT_TTL if ttl is None else ttl,
        )


def _question(asked: AskedQuestion) -> QuestionPayload:
    payload = asked.payload
    if not isinstance(payload, QuestionPayload):
        raise UnsupportedRecordError("expected a question, got a step of its aggregation")
    return payload
