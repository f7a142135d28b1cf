"""UNSAFE: a Flower grid that asks each brand by itself, unmasked. For tests and benches only.

No brand's own connection answers it: `BrandSession` refuses to send what is not
masked unless its test asks for that by name. One run, a fixed set of brands.

Rules: the grid stamps its own run onto every message and refuses another
run's; every request id is fresh; a reply counts only if its whole binding and
its sender match the request, and if `admit` lets it pass; whatever is missing
becomes an error reply with a code. Waiting is left to the link: nothing here
sleeps or polls. Replies come ordered by brand, so that a sum of floats does
not depend on who was fastest. A grid belongs to the thread of its run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flwr.app import DEFAULT_TTL, Message, RecordDict
from flwr.serverapp import Grid

from hanse_federation.errors import BrandNotConnectedError, TooManyRequestsError
from hanse_federation.link.docket import DEADLINE_EXCEEDED
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import (
    AnswerPayload,
    Binding,
    Question,
    Refusal,
    Reply,
    ReplyPayload,
    Request,
)
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_flower.admission import AnswerRules, admit
from hanse_flower.errors import (
    ForeignMessageError,
    GridMisuseError,
    InadmissibleReplyError,
    ReplyKindError,
    UnknownNodeError,
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
    ForeignReplyDropped,
    Observer,
    QuestionAsked,
    unobserved,
)
from hanse_flower.records import (
    AskedQuestion,
    answer_to_content,
    question_from_message,
)
from hanse_flower.refusals import (
    ErrorNumber,
    flower_error,
    number_of_refusal,
    well_formed_code,
)
from hanse_policies.documents import BrandId

GRACE_SECONDS = 1.0
"""How much longer than a request's deadline the link is given to report it as missed."""


@dataclass(frozen=True, slots=True)
class _OpenRequest:
    """A request that is out; `message` holds no content, so that big models can go."""

    brand: BrandId
    asked: AskedQuestion
    request: Request
    message: Message


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a request ended: Flower's reply, and the code if there is no answer."""

    opened: _OpenRequest
    reply: Message
    code: str


class UnsafePlaintextGrid(Grid):
    """UNSAFE: Flower's view of single brands, each of whose answers the operator could read.

    Attributes:
        brands: The brands that take part, sorted.
        rules: What their answers may claim.
    """

    def __init__(
        self,
        link: OperatorLink,
        run: int,
        study: str,
        brands: Iterable[BrandId],
        *,
        deadline_seconds: float,
        observer: Observer = unobserved,
        rules: AnswerRules | None = None,
        randomness: Randomness | None = None,
    ) -> None:
        """Serve one run.

        Args:
            link: Where requests go.
            run: Random number from 1 to 2**63 - 1; also Flower's run id.
            study: SHA-256 of the signed study, 64 hex digits.
            brands: Who takes part, whether connected now or not; at least one.
            deadline_seconds: How long to wait for the answers to one question.
            observer: Told of each step.
            rules: What an answer may claim; None for the defaults.
            randomness: Source of request ids; None for the system's.

        Raises:
            GridMisuseError: No brand, a brand twice, or an impossible run or deadline.
        """
        if not 1 <= run < 2**63 or deadline_seconds <= 0:
            raise GridMisuseError("expected a run from 1 to 2**63 - 1 and a deadline above 0")
        self._brand_of_node = _nodes_of(brands)
        self.brands = tuple(self._brand_of_node.values())
        self.rules = rules or AnswerRules()
        self._link, self._study = link, study
        self._run = describe_run(run)
        self._deadline_seconds = deadline_seconds
        self._observer = observer
        self._randomness = randomness or SystemRandomness()
        self._open: dict[str, _OpenRequest] = {}
        self._ended: dict[str, _Outcome] = {}
        adopt_process_identity()

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

    def brand_of(self, node_id: int) -> BrandId:
        """Name the brand behind a node id.

        Raises:
            UnknownNodeError: No brand of this run has it.
        """
        try:
            return self._brand_of_node[node_id]
        except KeyError:
            raise UnknownNodeError(f"no brand of this run has node id {node_id}") from None

    def get_node_ids(self) -> list[int]:
        """List the brands that take part, connected or not, ordered by brand.

        A brand that is away is asked and counted as refusing, so no strategy
        ever waits for it to return.
        """
        return list(self._brand_of_node)

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Build a message of this run; see `flwr.serverapp.Grid`."""
        return message_of_run(
            content,
            run=self._run.run_id,
            message_id="",
            message_type=message_type,
            node_id=dst_node_id,
            group_id=group_id,
            ttl_seconds=DEFAULT_TTL if ttl is None else ttl,
        )

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Send messages without waiting.

        Args:
            messages: What a strategy built; all are checked before any is sent.

        Returns:
            The request ids, in the order of `messages`.

        Raises:
            ForeignMessageError: A message of another run.
            UnknownNodeError: A message to no brand of this run.
            UnsupportedRecordError: A message with content that may not cross.
        """
        return self._push(messages, self._deadline_seconds)

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """Return the replies that are in, without waiting; each is returned once.

        Raises:
            ForeignMessageError: An id that this grid did not send, or whose
                reply was returned before.
        """
        requests = tuple(message_ids)
        self._collect(requests, timeout_seconds=0.0)
        return self._hand_out(requests)

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> list[Message]:
        """Send messages and wait for the replies.

        Args:
            messages: As in `push_messages`.
            timeout: Seconds to wait; the grid's own deadline if shorter or None.

        Returns:
            One reply a message, ordered by brand; an error reply where no
            admissible answer came in time.

        Raises:
            ForeignMessageError: A message of another run.
            UnknownNodeError: A message to no brand of this run.
            UnsupportedRecordError: A message with content that may not cross.
        """
        seconds = self._deadline_seconds if timeout is None else timeout
        seconds = min(seconds, self._deadline_seconds)
        sent = self._push(messages, seconds)
        self._collect(sent, timeout_seconds=seconds + GRACE_SECONDS)
        self._give_up(sent)
        return sorted(
            self._hand_out(sent),
            key=lambda reply: self._brand_of_node[reply.metadata.src_node_id],
        )

    def _push(self, messages: Iterable[Message], deadline_seconds: float) -> list[str]:
        openings = self._prepare(list(messages), deadline_seconds)
        for asked, brands in _by_question(openings).items():
            self._observer(QuestionAsked(asked[0], asked[1], brands))
        for opened in openings:
            request = opened.request.binding.request
            self._open[request] = opened
            try:
                self._link.submit(opened.brand, opened.request)
            except (BrandNotConnectedError, TooManyRequestsError) as error:
                self._end(opened, Refusal(error.code), ErrorNumber.NO_ANSWER)
        return [opened.request.binding.request for opened in openings]

    def _prepare(
        self, messages: Sequence[Message], deadline_seconds: float
    ) -> tuple[_OpenRequest, ...]:
        # A strategy hands the same content to every brand: it is read once.
        read: dict[tuple[int, str, str], AskedQuestion] = {}
        openings = []
        for message in messages:
            metadata = message.metadata
            if metadata.run_id not in (self._run.run_id, process_run_id()):
                raise ForeignMessageError("a message of another run may not be sent in this one")
            key = (id(message.content), metadata.message_type, metadata.group_id)
            if key not in read:
                read[key] = question_from_message(message)
            openings.append(self._opening(message, read[key], deadline_seconds))
        return tuple(openings)

    def _opening(
        self, message: Message, asked: AskedQuestion, deadline_seconds: float
    ) -> _OpenRequest:
        request = self._randomness.random_bytes(16).hex()
        binding = Binding(self._run.run_id, self._study, asked.round_number, request)
        stamped = message_of_run(
            RecordDict(),
            run=self._run.run_id,
            message_id=request,
            message_type=message.metadata.message_type,
            node_id=message.metadata.dst_node_id,
            group_id=message.metadata.group_id,
            ttl_seconds=message.metadata.ttl,
        )
        brand = self.brand_of(message.metadata.dst_node_id)
        return _OpenRequest(
            brand, asked, Request(binding, asked.payload, deadline_seconds), stamped
        )

    def _collect(self, requests: Sequence[str], *, timeout_seconds: float) -> None:
        if any(request not in self._open and request not in self._ended for request in requests):
            raise ForeignMessageError("a reply is asked for that this grid does not wait for")
        if waiting := [request for request in requests if request in self._open]:
            for reply in self._link.collect(waiting, timeout_seconds):
                self._take(reply)

    def _give_up(self, requests: Sequence[str]) -> None:
        for request in requests:
            if request in self._open:
                self._end(self._open[request], Refusal(DEADLINE_EXCEEDED), ErrorNumber.NO_ANSWER)

    def _hand_out(self, requests: Sequence[str]) -> list[Message]:
        outcomes = [self._ended.pop(request) for request in requests if request in self._ended]
        self._report(outcomes)
        return [outcome.reply for outcome in outcomes]

    def _take(self, reply: Reply) -> None:
        opened = self._open.get(reply.binding.request)
        if (
            opened is None
            or reply.binding != opened.request.binding
            or reply.sender != opened.brand
        ):
            self._observer(ForeignReplyDropped(reply.sender))
        elif isinstance(reply.payload, Refusal):
            number = number_of_refusal(reply.payload.code)
            self._end(opened, reply.payload, number)
        else:
            try:
                payload = _bare(reply.payload)
                admit(opened.asked.payload, payload, self.rules)
            except InadmissibleReplyError as error:
                self._end(opened, Refusal(error.code), ErrorNumber.REFUSED_BY_OPERATOR)
            else:
                content = answer_to_content(opened.asked.question, payload)
                self._close(_Outcome(opened, Message(content, reply_to=opened.message), ""))

    def _end(self, opened: _OpenRequest, refusal: Refusal, number: ErrorNumber) -> None:
        code = well_formed_code(refusal.code)
        error = flower_error(number, code)
        self._close(_Outcome(opened, Message(error, reply_to=opened.message), code))

    def _close(self, outcome: _Outcome) -> None:
        request = outcome.opened.request.binding.request
        del self._open[request]
        self._ended[request] = outcome

    def _report(self, outcomes: Sequence[_Outcome]) -> None:
        for asked in _by_question([outcome.opened for outcome in outcomes]):
            same = [outcome for outcome in outcomes if _kind(outcome.opened) == asked]
            self._observer(
                AnswersCollected(
                    *asked,
                    tuple(sorted(o.opened.brand for o in same if not o.code)),
                    tuple(
                        BrandRefusal(o.opened.brand, o.code)
                        for o in sorted(same, key=lambda o: o.opened.brand)
                        if o.code
                    ),
                )
            )


def _bare(payload: ReplyPayload) -> AnswerPayload:
    if not isinstance(payload, AnswerPayload):
        raise ReplyKindError("expected a bare answer, got a step of secure aggregation")
    return payload


def _nodes_of(brands: Iterable[BrandId]) -> dict[int, BrandId]:
    listed = sorted(brands)
    nodes = {node_id_of(brand): brand for brand in listed}
    if not listed or len(nodes) != len(listed):
        raise GridMisuseError(f"expected distinct brands, at least one, got {len(listed)}")
    return nodes


def _kind(opened: _OpenRequest) -> tuple[Question, int]:
    return opened.asked.question, opened.asked.round_number


def _by_question(
    openings: Sequence[_OpenRequest],
) -> Mapping[tuple[Question, int], tuple[BrandId, ...]]:
    asked: dict[tuple[Question, int], list[BrandId]] = {}
    for opened in openings:
        asked.setdefault(_kind(opened), []).append(opened.brand)
    return {kind: tuple(sorted(brands)) for kind, brands in asked.items()}
