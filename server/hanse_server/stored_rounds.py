"""A run's sums as the operator's store keeps them; see `RoundRecord`.

What was closed is rebuilt from the brands' own envelopes, byte for byte as they
came, so that a server that takes a run up asks exactly what the one before asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import numpy as np

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.codec import reply_payload_from_wire
from hanse_federation.messages import Question
from hanse_federation.round_record import KeptAttempt
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.messages import (
    Endorsement,
    EndorseReply,
    JoinReply,
    RingVector,
    ShareReply,
)
from hanse_federation.secure_aggregation.ring import Ring
from hanse_federation.secure_aggregation.server import DecodedSum
from hanse_federation.secure_aggregation.server_state import Phase, ServerState
from hanse_policies.documents import AllianceCharter, BrandId
from hanse_server.store import (
    AggregationStep,
    AttemptPhase,
    AttemptRecord,
    EnvelopeRecord,
    MaskedSum,
    QuestionKey,
)
from hanse_server.store.rounds import RoundStore

_STEP_BEFORE = {
    Phase.SHARING: AggregationStep.JOIN,
    Phase.MASKING: AggregationStep.SHARE,
    Phase.ENDORSING: AggregationStep.MASK,
    Phase.UNMASKING: AggregationStep.ENDORSE,
}
"""The step whose closing leads to a phase."""

ReplyT = TypeVar("ReplyT")


class StoredRounds:
    """Records one run's sums in the operator's store."""

    def __init__(
        self,
        store: RoundStore,
        terms: AggregationTerms,
        run: int,
        clock: Callable[[], datetime],
        charter_of: Callable[[str], AllianceCharter],
    ) -> None:
        """Record for one run.

        Args:
            store: Where.
            terms: The study in its alliance.
            run: The run.
            clock: Tells the time, with its zone.
            charter_of: Finds a charter by its digest, also one that was followed before.
        """
        self._store, self._terms, self._run, self._clock = store, terms, run, clock
        self._charter_of = charter_of

    def sum_of(self, question: Question, round_number: int) -> DecodedSum | None:
        """Return the decoded sum, if there is one."""
        record = self._store.sum_of(QuestionKey(self._run, question, round_number))
        if record is None:
            return None
        values = np.frombuffer(record.cells, dtype="<i8").astype(np.int64)
        return DecodedSum(values, record.contributors)

    def attempt_of(self, question: Question, round_number: int) -> KeptAttempt | None:
        """Return the newest attempt, if one was begun and there is no sum yet."""
        key = QuestionKey(self._run, question, round_number)
        record = self._store.attempt_of(key)
        if record is None or record.phase is AttemptPhase.DECODED:
            return None
        envelopes = self._store.envelopes(key, record.attempt)
        terms = self._terms_of(record)
        session = terms.session(key.run, question, round_number, record.attempt)
        state = _state(session, record, envelopes)
        return KeptAttempt(state, _running_sum(self._store.masked_sum(key)), terms)

    def begin_attempt(self, session: Session) -> None:
        """Record that an attempt begins; the one before is over."""
        self._store.open_attempt(_key(session), self._clock(), session.charter)

    def close_step(
        self,
        state: ServerState,
        running_sum: RingVector | None,
        envelopes: Mapping[BrandId, bytes],
    ) -> None:
        """Record what closed a step, all or nothing, before the next one's requests leave."""
        session = state.session
        masked = None
        if running_sum is not None and state.phase is Phase.ENDORSING:
            masked = MaskedSum(state.survivors, session.vector.ring.bits, running_sum.tobytes())
        self._store.close_step(
            _key(session), session.attempt, _STEP_BEFORE[state.phase], envelopes, masked=masked
        )

    def keep_sum(
        self, state: ServerState, decoded: DecodedSum, envelopes: Mapping[BrandId, bytes]
    ) -> None:
        """Record a decoded sum, and the last step's replies; it never changes afterwards."""
        cells = decoded.values.astype("<i8").tobytes()
        self._store.record_sum(_key(state.session), state.session.attempt, cells, envelopes)

    def _terms_of(self, record: AttemptRecord) -> AggregationTerms:
        """Return the terms that the attempt began with: an alliance may have grown since."""
        if record.charter == self._terms.charter_digest:
            return self._terms
        charter = self._charter_of(record.charter)
        study, digest = self._terms.study, self._terms.study_digest
        return AggregationTerms(study, digest, charter, record.charter)


def _key(session: Session) -> QuestionKey:
    return QuestionKey(session.run, Question(session.question), session.round_number)


def _state(
    session: Session, record: AttemptRecord, envelopes: tuple[EnvelopeRecord, ...]
) -> ServerState:
    joined = _replies(envelopes, AggregationStep.JOIN, JoinReply)
    shared = _replies(envelopes, AggregationStep.SHARE, ShareReply)
    endorsed = _replies(envelopes, AggregationStep.ENDORSE, EndorseReply)
    return ServerState(
        session=session,
        phase=Phase(record.phase.value),
        roster=tuple(reply.advertisement for _, reply in joined),
        sharers=tuple(brand for brand, _ in shared),
        sealed=tuple(
            share
            for _, reply in shared
            for share in reply.shares
            if share.holder in {brand for brand, _ in shared}
        ),
        survivors=record.survivors,
        endorsements=tuple(Endorsement(brand, reply.signature) for brand, reply in endorsed),
    )


def _replies(
    envelopes: tuple[EnvelopeRecord, ...], step: AggregationStep, kind: type[ReplyT]
) -> list[tuple[BrandId, ReplyT]]:
    """Read the envelopes of a step, ordered by brand."""
    found = []
    for envelope in envelopes:
        if envelope.step is step and envelope.content is not None:
            reply = reply_payload_from_wire(envelope.content)
            if isinstance(reply, kind):
                found.append((envelope.brand, reply))
    return sorted(found, key=lambda pair: pair[0])


def _running_sum(masked: MaskedSum | None) -> RingVector | None:
    if masked is None:
        return None
    return np.frombuffer(masked.elements, dtype=Ring(masked.ring_bits).dtype).copy()
