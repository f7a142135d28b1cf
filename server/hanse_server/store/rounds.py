"""Secure aggregation as the operator records it, so that a killed server goes on where it was.

Rules: a question has one attempt at a time, and its phase only moves forward; what
closed a step is recorded with the phase that follows, all or nothing, so that who
answered is fixed from then on; of a masked vector only the digest is kept, ever, and
of shares that were revealed too; once unmasking began there is no further attempt, so
that no brand's part follows from two sums of one question; a sum never changes.
Sealed shares and the masked sum are dropped when an attempt is over.

A server that does not know whether a step's closing, or a sum, was recorded looks at
the attempt again; if it repeats the call instead, the same content changes nothing and
other content is refused. Opening an attempt is the one call that is not repeated: it
is what ends the attempt before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from hanse_federation.fault_points import reach
from hanse_policies.documents import BrandId
from hanse_server.errors import (
    AttemptPhaseError,
    EnvelopeConflictError,
    SumConflictError,
    UnmaskingBegunError,
)
from hanse_server.store import aggregation_rows as rows
from hanse_server.store.aggregation_records import (
    AggregationStep,
    AttemptPhase,
    AttemptRecord,
    EnvelopeRecord,
    MaskedSum,
    QuestionKey,
    SumRecord,
)
from hanse_server.store.database import Database
from hanse_server.store.runs import check_running

CELL_BYTES: Final = 8
DIGEST_BYTES: Final = 32
MAX_ENVELOPE_BYTES: Final = 2**20
"""Far above any envelope but a masked vector."""

RINGS: Final = frozenset({16, 32, 64})


@dataclass(frozen=True, slots=True)
class _Closing:
    """The phase in which a step's replies are taken, and the one that its closing begins."""

    during: AttemptPhase
    leads_to: AttemptPhase


_CLOSINGS: Final = {
    AggregationStep.JOIN: _Closing(AttemptPhase.JOINING, AttemptPhase.SHARING),
    AggregationStep.SHARE: _Closing(AttemptPhase.SHARING, AttemptPhase.MASKING),
    AggregationStep.MASK: _Closing(AttemptPhase.MASKING, AttemptPhase.ENDORSING),
    AggregationStep.ENDORSE: _Closing(AttemptPhase.ENDORSING, AttemptPhase.UNMASKING),
}
"""Every step but the last, whose closing is the sum."""

_IN_ORDER: Final = tuple(AttemptPhase)
_SPENT: Final = frozenset({AttemptPhase.UNMASKING, AttemptPhase.DECODED})


class RoundStore:
    """Attempts, envelopes and sums of every question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_attempt(self, key: QuestionKey, now: datetime, charter: str) -> AttemptRecord:
        """Begin the next attempt at a question; the one before, if any, is over.

        Args:
            key: The question; its run must be running.
            now: When it begins.
            charter: Digest of the charter that pins the keys in it.

        Returns:
            The attempt, numbered one above the one before.

        Raises:
            UnmaskingBegunError: An attempt came as far as unmasking.
            StudyRunError: The run is not running.
        """
        reach("server.persist-attempt.before")
        with self._database.writing() as connection:
            check_running(connection, key.run)
            held = rows.find_attempt(connection, key)
            if held is not None and held.phase in _SPENT:
                raise UnmaskingBegunError(
                    f"expected a question whose sum was never unmasked, got one that is "
                    f"{held.phase} in attempt {held.attempt}; finish that attempt"
                )
            number = 1 if held is None else held.attempt + 1
            opened = AttemptRecord(key, number, AttemptPhase.JOINING, now, charter)
            if held is not None:
                rows.drop_secrets(connection, held)
            rows.put_attempt(connection, opened)
        reach("server.persist-attempt.after")
        return opened

    def close_step(
        self,
        key: QuestionKey,
        attempt: int,
        step: AggregationStep,
        envelopes: Mapping[BrandId, bytes],
        masked: MaskedSum | None = None,
    ) -> None:
        """Record what closed a step, and the phase that follows, all or nothing.

        Args:
            key: The question.
            attempt: Its newest attempt.
            step: Any but the last, whose closing is `record_sum`.
            envelopes: The exact bytes of each reply that counts, by brand; for the step of
                the masked vectors their SHA-256, 32 bytes each.
            masked: Survivors and masked sum, with the step of the masked vectors alone; the
                survivors are those whose vectors came in.

        Raises:
            AttemptPhaseError: The attempt is not the newest, or has not come to this step.
            EnvelopeConflictError: The step was closed with other envelopes.
            SumConflictError: It was closed with another masked sum.
        """
        if (step is AggregationStep.MASK) != (masked is not None):
            raise ValueError("expected a masked sum with the step of masked vectors alone")
        if masked is not None:
            _check_masked(masked, envelopes)
        records = _records(attempt, step, envelopes)
        closing = _CLOSINGS[step]
        reach("server.persist-step.before")
        with self._database.writing() as connection:
            held = _current(connection, key, attempt)
            if _is_past(held.phase, closing.during):
                _check_same_envelopes(connection, key, attempt, step, records)
                if masked is not None:
                    rows.check_same_masked(connection, key, masked)
            else:
                _check_phase(held, closing.during)
                rows.add_envelopes(connection, key, records)
                if masked is not None:
                    rows.set_masked(connection, key, masked)
                rows.set_phase(connection, key, closing.leads_to)
        reach("server.persist-step.after")

    def record_sum(
        self, key: QuestionKey, attempt: int, cells: bytes, envelopes: Mapping[BrandId, bytes]
    ) -> SumRecord:
        """Record the decoded sum over the survivors; the sealed shares behind it are dropped.

        Args:
            key: The question.
            attempt: Its newest attempt, which is unmasking.
            cells: Signed 64-bit integers, little-endian.
            envelopes: The exact bytes of the replies that led to it, by brand; of the shares
                in them digests alone are kept.

        Raises:
            AttemptPhaseError: The attempt is not unmasking.
            SumConflictError: Another sum is recorded already, or this one has another length.
        """
        records = _records(attempt, AggregationStep.UNMASK, envelopes)
        reach("server.persist-sum.before")
        with self._database.writing() as connection:
            held = _current(connection, key, attempt)
            record = SumRecord(key, attempt, held.survivors, held.ring_bits or 0, cells)
            known = rows.find_sum(connection, key)
            if known is None:
                _check_phase(held, AttemptPhase.UNMASKING)
                _check_length(rows.find_masked(connection, key), cells)
                rows.add_envelopes(connection, key, records)
                rows.add_sum(connection, record)
                rows.set_phase(connection, key, AttemptPhase.DECODED)
                rows.drop_secrets(connection, held)
            elif known != record:
                raise SumConflictError("expected the sum that is recorded, got another")
        reach("server.persist-sum.after")
        return record

    def attempt_of(self, key: QuestionKey) -> AttemptRecord | None:
        """Find the newest attempt at a question."""
        with self._database.reading() as connection:
            return rows.find_attempt(connection, key)

    def rounds_of(self, run: int) -> tuple[AttemptRecord, ...]:
        """List the newest attempt at each question of a run, by round, then as begun."""
        with self._database.reading() as connection:
            return rows.list_attempts(connection, run)

    def envelopes(self, key: QuestionKey, attempt: int) -> tuple[EnvelopeRecord, ...]:
        """List the envelopes of an attempt, sorted by step name and brand."""
        with self._database.reading() as connection:
            return rows.list_envelopes(connection, key, attempt)

    def masked_sum(self, key: QuestionKey) -> MaskedSum | None:
        """Return the masked sum of an attempt that is endorsing or unmasking."""
        with self._database.reading() as connection:
            return rows.find_masked(connection, key)

    def sum_of(self, key: QuestionKey) -> SumRecord | None:
        """Return the decoded sum of a question, if there is one."""
        with self._database.reading() as connection:
            return rows.find_sum(connection, key)


def _records(
    attempt: int, step: AggregationStep, envelopes: Mapping[BrandId, bytes]
) -> list[EnvelopeRecord]:
    return [_record(attempt, step, brand, content) for brand, content in envelopes.items()]


def _record(attempt: int, step: AggregationStep, brand: BrandId, content: bytes) -> EnvelopeRecord:
    """Describe an envelope; of a masked vector `content` is the digest already."""
    if step is AggregationStep.MASK:
        if len(content) != DIGEST_BYTES:
            raise ValueError(f"expected a digest of {DIGEST_BYTES} bytes, got another length")
        return EnvelopeRecord(attempt, step, brand, content, None)
    if len(content) > MAX_ENVELOPE_BYTES:
        raise ValueError("expected a small envelope, got one as large as a masked vector")
    digest = hashlib.sha256(content).digest()
    kept = None if step is AggregationStep.UNMASK else content
    return EnvelopeRecord(attempt, step, brand, digest, kept)


def _current(connection: Connection, key: QuestionKey, attempt: int) -> AttemptRecord:
    held = rows.find_attempt(connection, key)
    if held is None or held.attempt != attempt:
        newest = "none" if held is None else f"attempt {held.attempt}"
        raise AttemptPhaseError(
            f"expected the newest attempt at the question, got attempt {attempt} where the newest "
            f"is {newest}"
        )
    return held


def _is_past(phase: AttemptPhase, other: AttemptPhase) -> bool:
    return _IN_ORDER.index(phase) > _IN_ORDER.index(other)


def _check_phase(held: AttemptRecord, wanted: AttemptPhase) -> None:
    if held.phase is not wanted:
        raise AttemptPhaseError(f"expected an attempt that is {wanted}, got one {held.phase}")


def _check_same_envelopes(
    connection: Connection,
    key: QuestionKey,
    attempt: int,
    step: AggregationStep,
    records: list[EnvelopeRecord],
) -> None:
    recorded = rows.list_envelopes(connection, key, attempt)
    held = {record.brand: record.digest for record in recorded if record.step is step}
    if held != {record.brand: record.digest for record in records}:
        raise EnvelopeConflictError(
            f"expected the envelopes that closed step {step}, got others; look at the attempt anew"
        )


def _check_masked(masked: MaskedSum, envelopes: Mapping[BrandId, bytes]) -> None:
    if not envelopes or list(masked.survivors) != sorted(envelopes):
        raise ValueError("expected as survivors, in order, those whose vectors came in, got others")
    if masked.ring_bits not in RINGS or len(masked.elements) % (masked.ring_bits // 8):
        raise ValueError("expected whole elements of a ring of 16, 32 or 64 bits, got others")


def _check_length(masked: MaskedSum | None, cells: bytes) -> None:
    expected = 0 if masked is None else len(masked.elements) * 8 // masked.ring_bits
    if len(cells) != expected * CELL_BYTES:
        raise SumConflictError(
            f"expected {expected} cells as in the masked sum, got {len(cells)} bytes"
        )
