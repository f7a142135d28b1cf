"""Drives the protocol over a link: one question, attempt after attempt, to one sum.

Rules: what a step fixed is recorded before the requests that build on it leave, so
that a server that was killed asks the same again and gets the same bytes; masked
vectors are asked for a few brands at a time and added up as they come, so that
memory grows with the vector and not with the brands; an attempt that fails before
anybody was asked to unmask is followed by another, to which every brand brings the
same contribution; from the first request to unmask on, only that attempt can be
finished, by asking the missing brands again. A decoded sum is recorded before it is
used, and then never asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hanse_federation.aggregation import CohortAnswer, reference_persons_of
from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import reply_payload_to_wire
from hanse_federation.errors import (
    BrandNotConnectedError,
    MessageTooLargeError,
    TooManyRequestsError,
)
from hanse_federation.link.docket import BRAND_DISCONNECTED, DEADLINE_EXCEEDED
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import (
    QUESTION_OF,
    Binding,
    CohortReply,
    JoinRequest,
    Question,
    QuestionPayload,
    Refusal,
    ReplyPayload,
    Request,
    RequestPayload,
)
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_federation.round_record import NoRecord, RoundRecord
from hanse_federation.secure_aggregation.errors import (
    AggregationError,
    CohortFloorError,
    NoiseSharesError,
    SumUnrecoverableError,
    TooFewSignaturesError,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    JoinReply,
    MaskReply,
    ShareReply,
    UnmaskReply,
)
from hanse_federation.secure_aggregation.server import DecodedSum, ServerAttempt
from hanse_federation.secure_aggregation.server_state import Phase
from hanse_policies.documents import BrandId
from hanse_policies.errors import HanseError

MASKED_AT_ONCE = 8
"""How many brands are asked for their masked vectors at a time."""
MOST_BRANDS = 1000
MOST_ATTEMPTS = 8
"""How many attempts at a sum follow each other before the run stops; taken up, it may go on."""
STEP_SECONDS = 60.0
"""The most that a step after joining may take; no brand computes in it."""
GRACE_SECONDS = 1.0
"""How much longer than a request's deadline the link is given to report it as missed."""
LOOK_SECONDS = 0.2

ReplyT = TypeVar("ReplyT")

_AWAY = frozenset({BrandNotConnectedError.code, BRAND_DISCONNECTED, DEADLINE_EXCEEDED})
_RETRIED = (CohortFloorError, NoiseSharesError, SumUnrecoverableError, TooFewSignaturesError)


@dataclass(frozen=True, slots=True)
class AskingTerms:
    """How long a run waits for its brands.

    Attributes:
        deadline_seconds: How long the brands may work on one question.
        patience_seconds: How long to wait for brands that are away before giving up.
        arrival_seconds: How long the first question waits until every brand is connected;
            for a server that was just started again, whose brands are on their way back.
        wait: Waits so many seconds.
        ticks: Seconds that never go back.
    """

    deadline_seconds: float
    patience_seconds: float = 30.0
    arrival_seconds: float = 0.0
    wait: Callable[[float], None] = time.sleep
    ticks: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class _Missing:
    """Why a brand's part is missing; the newest reason counts."""

    codes: dict[BrandId, str] = field(default_factory=dict)

    def listed(self, present: Sequence[BrandId]) -> tuple[tuple[BrandId, str], ...]:
        return tuple(
            (brand, self.codes[brand]) for brand in sorted(self.codes) if brand not in present
        )


@dataclass(slots=True)
class _Step:
    """The step that an attempt is at."""

    attempt: ServerAttempt
    missing: _Missing
    request_for: Callable[[BrandId], RequestPayload] = field(init=False)
    at_once: int = field(init=False)
    envelopes: dict[BrandId, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start the next step: the attempt's own request, to everybody at once."""
        self.request_for = self.attempt.request_for
        self.at_once = MOST_BRANDS
        self.envelopes = {}

    def note(self, brand: BrandId, payload: ReplyPayload) -> None:
        """Keep a reply's bytes until the step closes; of a masked vector its digest."""
        self.envelopes[brand] = (
            self.attempt.masked_digests[brand]
            if isinstance(payload, MaskReply)
            else reply_payload_to_wire(payload)
        )


class SecureAggregator:
    """Asks the brands of one run through secure aggregation; see `Aggregation`."""

    def __init__(
        self,
        link: OperatorLink,
        terms: AggregationTerms,
        run: int,
        brands: Sequence[BrandId],
        asking: AskingTerms,
        *,
        record: RoundRecord | None = None,
        randomness: Randomness | None = None,
    ) -> None:
        """Serve one run.

        Args:
            link: Where the brands are.
            terms: The study in its alliance.
            run: The run's number.
            brands: Who may take part, whether connected now or not.
            asking: How long to wait.
            record: Where sums are recorded; nowhere if None.
            randomness: Source of request identifiers; the system's if None.
        """
        self._link, self._terms, self._run = link, terms, run
        self._brands = tuple(sorted(brands))
        self._asking = asking
        self._record: RoundRecord = record or NoRecord()
        self._randomness = randomness or SystemRandomness()
        self._members, self._rules = terms.members, terms.rules
        self._reference = 0
        self._awaits_arrivals = True

    @property
    def brands(self) -> tuple[BrandId, ...]:
        """The brands that may take part, ordered."""
        return self._brands

    def ask(self, asked: QuestionPayload, round_number: int) -> CohortAnswer:
        """Ask one question of one round; a sum recorded before is not asked for again.

        Raises:
            CohortFloorError: Too few brands, or legal entities, take part.
            NoiseSharesError: Too few take part for the drop-outs that the noise allows for.
            SumUnrecoverableError: Too few brands stayed to take the masks off.
            TooFewSignaturesError: Too few brands endorsed the survivors.
        """
        missing = _Missing()
        decoded = self._record.sum_of(QUESTION_OF[type(asked)], round_number)
        if decoded is None:
            decoded = self._aggregate(asked, round_number, missing)
        payload = self._terms.contributions.decode(
            asked,
            decoded.values,
            contributors=len(decoded.survivors),
            reference_persons=self._reference,
        )
        refused = missing.listed(decoded.survivors)
        answer = CohortAnswer(payload, decoded.survivors, refused)
        if isinstance(payload, CohortReply):
            self._reference = reference_persons_of(answer)
        return answer

    def _aggregate(
        self, asked: QuestionPayload, round_number: int, missing: _Missing
    ) -> DecodedSum:
        question = QUESTION_OF[type(asked)]
        self._wait_for_arrivals()
        attempt = self._first_attempt(question, round_number)
        end, tries = None, 0
        while True:
            try:
                return self._drive(attempt, asked, missing)
            except _RETRIED as error:
                end, tries = self._patience_end() if end is None else end, tries + 1
                is_over = tries >= MOST_ATTEMPTS or self._asking.ticks() >= end
                if is_over or not self._may_retry(attempt, missing):
                    raise _with_missing(error, missing) from error
            self._wait_for_brands(end)
            number = attempt.state.session.attempt + 1
            attempt = self._started(question, round_number, number)

    def _first_attempt(self, question: Question, round_number: int) -> ServerAttempt:
        """Take up the attempt that was under way, or begin one.

        An attempt under another charter is given up, unless it may be decoded already.
        """
        kept = self._record.attempt_of(question, round_number)
        if kept is None:
            return self._started(question, round_number, 1)
        state, number = kept.state, kept.state.session.attempt
        is_ours = kept.terms.charter_digest == self._terms.charter_digest
        if not is_ours and state.phase is not Phase.UNMASKING:
            return self._started(question, round_number, number + 1)
        return ServerAttempt(kept.terms.members, kept.terms.rules, state, kept.running_sum)

    def _may_retry(self, attempt: ServerAttempt, missing: _Missing) -> bool:
        """Tell whether another attempt is allowed and could do better.

        What may be decoded already is never asked for in a second attempt; and brands
        that refuse to join will refuse again, while those that are away may return.
        """
        match attempt.state.phase:
            case Phase.UNMASKING:
                return False
            case Phase.JOINING:
                return not _AWAY.isdisjoint(missing.codes.values())
        return True

    def _patience_end(self) -> float:
        return self._asking.ticks() + self._asking.patience_seconds

    def _started(self, question: Question, round_number: int, number: int) -> ServerAttempt:
        session = self._terms.session(self._run, question, round_number, number)
        self._record.begin_attempt(session)
        return ServerAttempt.start(self._members, self._rules, session)

    def _drive(
        self, attempt: ServerAttempt, asked: QuestionPayload, missing: _Missing
    ) -> DecodedSum:
        step = _Step(attempt, missing)
        if attempt.state.phase is Phase.JOINING:
            request = JoinRequest(asked, attempt.state.session.attempt, self._reference)
            step.request_for = lambda _: request
            seconds = self._asking.deadline_seconds
            self._exchange(step, self._brands, JoinReply, attempt.joined, seconds)
            self._close(step, attempt.close_joining)
        if attempt.state.phase is Phase.SHARING:
            self._exchange(step, attempt.asked(), ShareReply, attempt.shared)
            self._close(step, attempt.close_sharing)
        if attempt.state.phase is Phase.MASKING:
            step.at_once = MASKED_AT_ONCE
            self._exchange(step, attempt.asked(), MaskReply, attempt.masked)
            self._close(step, attempt.close_masking)
        if attempt.state.phase is Phase.ENDORSING:
            self._exchange(step, attempt.asked(), EndorseReply, attempt.endorsed)
            self._close(step, attempt.close_endorsing)
        self._unmask(step)
        decoded = attempt.decode()
        self._record.keep_sum(attempt.state, decoded, step.envelopes)
        return decoded

    def _unmask(self, step: _Step) -> None:
        """Ask for shares until there are enough, again and again while patience lasts."""
        attempt, end = step.attempt, self._patience_end()
        waiting = attempt.asked()
        while True:
            waiting = self._exchange(step, waiting, UnmaskReply, attempt.unmasked)
            if attempt.can_decode() or not waiting or self._asking.ticks() >= end:
                return
            self._asking.wait(LOOK_SECONDS)

    def _close(self, step: _Step, close: Callable[[], None]) -> None:
        """Fix what came of a step, write it down, and only then go on."""
        attempt = step.attempt
        close()
        if attempt.state.phase is Phase.UNMASKING:  # More than were needed were not looked at.
            needed = [each.brand for each in attempt.state.endorsements]
            step.envelopes = {brand: step.envelopes[brand] for brand in needed}
        self._record.close_step(attempt.state, attempt.running_sum, step.envelopes)
        step.begin()

    def _exchange(
        self,
        step: _Step,
        brands: Sequence[BrandId],
        kind: type[ReplyT],
        take: Callable[[BrandId, ReplyT], None],
        seconds: float = STEP_SECONDS,
    ) -> tuple[BrandId, ...]:
        """Ask brands and feed their replies as they come; return who did not answer well."""
        seconds = min(seconds, self._asking.deadline_seconds)
        queue, failed = list(brands), []
        waiting: dict[str, BrandId] = {}
        while queue or waiting:
            while queue and len(waiting) < step.at_once:
                brand = queue.pop(0)
                request = self._request(step.attempt, step.request_for(brand), seconds)
                try:
                    self._link.submit(brand, request)
                except (BrandNotConnectedError, MessageTooLargeError, TooManyRequestsError) as no:
                    step.missing.codes[brand] = no.code
                    failed.append(brand)
                else:
                    waiting[request.binding.request] = brand
            for brand, code in self._collected(waiting, seconds, _taker(step, kind, take)):
                step.missing.codes[brand] = code
                failed.append(brand)
        return tuple(failed)

    def _collected(
        self,
        waiting: dict[str, BrandId],
        seconds: float,
        take: Callable[[BrandId, ReplyPayload], None],
    ) -> list[tuple[BrandId, str]]:
        """Wait for the next replies and take them; return whose do not count, with a code."""
        if not waiting:
            return []
        replies = self._link.collect(tuple(waiting), seconds + GRACE_SECONDS, first=True)
        if not replies:
            lost = [(brand, DEADLINE_EXCEEDED) for brand in waiting.values()]
            waiting.clear()
            return lost
        failed = []
        for reply in replies:
            brand = waiting.pop(reply.binding.request)
            if isinstance(reply.payload, Refusal):
                failed.append((brand, reply.payload.code))
                continue
            try:
                take(brand, reply.payload)
            except HanseError as error:
                failed.append((brand, error.code))
        return failed

    def _request(self, attempt: ServerAttempt, payload: RequestPayload, seconds: float) -> Request:
        session = attempt.state.session
        name = self._randomness.random_bytes(16).hex()
        binding = Binding(self._run, session.study, session.round_number, name)
        return Request(binding, payload, seconds)

    def _wait_for_arrivals(self) -> None:
        """Wait once until every brand is connected, or the time for that is over."""
        end = self._asking.ticks() + self._asking.arrival_seconds
        while self._awaits_arrivals and self._asking.ticks() < end:
            if frozenset(self._link.brands()).issuperset(self._brands):
                break
            self._asking.wait(LOOK_SECONDS)
        self._awaits_arrivals = False

    def _wait_for_brands(self, end: float) -> None:
        """Wait until enough brands are connected for another attempt, or patience ends."""
        needed = self._rules.minimum_brands + self._rules.spare_brands
        while self._asking.ticks() < end:
            connected = frozenset(self._link.brands())
            if len(connected.intersection(self._brands)) >= needed:
                return
            self._asking.wait(LOOK_SECONDS)


def _taker(
    step: _Step, kind: type[ReplyT], take: Callable[[BrandId, ReplyT], None]
) -> Callable[[BrandId, ReplyPayload], None]:
    """Return what feeds a reply to the attempt and notes its bytes."""

    def taken(brand: BrandId, payload: ReplyPayload) -> None:
        if not isinstance(payload, kind):
            raise AggregationError("expected the reply to this step, got another; leave it out")
        take(brand, payload)
        step.note(brand, payload)

    return taken


def _with_missing(error: AggregationError, missing: _Missing) -> AggregationError:
    """Let an error tell, beside its sentence, which brands' parts were missing."""
    error.missing = missing.listed(())
    return error
