"""Where the operator of a run records its sums, as an interface.

A recorder writes durably: what it was told is there after the process, or the
machine, was killed. It is never handed a masked vector of a single brand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.messages import Question
from hanse_federation.secure_aggregation.context import Session
from hanse_federation.secure_aggregation.messages import RingVector
from hanse_federation.secure_aggregation.server import DecodedSum
from hanse_federation.secure_aggregation.server_state import ServerState
from hanse_policies.documents import BrandId


@dataclass(frozen=True, slots=True, eq=False)
class KeptAttempt:
    """The newest attempt at a sum, as it was recorded.

    Attributes:
        state: Where it stands.
        running_sum: The masked sum, once the survivors are fixed.
        terms: The study under the charter that the attempt began with, whose keys, floors and
            ranges hold for it to its end.
    """

    state: ServerState
    running_sum: RingVector | None
    terms: AggregationTerms


class RoundRecord(Protocol):
    """Where a run's sums are recorded, durably; `NoRecord` keeps nothing."""

    def sum_of(self, question: Question, round_number: int) -> DecodedSum | None:
        """Return the decoded sum, if there is one."""
        ...

    def attempt_of(self, question: Question, round_number: int) -> KeptAttempt | None:
        """Return the newest attempt, if one was begun and there is no sum yet."""
        ...

    def begin_attempt(self, session: Session) -> None:
        """Record that an attempt begins; the one before is over."""
        ...

    def close_step(
        self,
        state: ServerState,
        running_sum: RingVector | None,
        envelopes: Mapping[BrandId, bytes],
    ) -> None:
        """Record what closed a step, all or nothing, before the next one's requests leave.

        Args:
            state: The attempt, in the phase that follows.
            running_sum: The masked sum, once the survivors are fixed.
            envelopes: What closed the step: the exact bytes of each reply that counts; of a
                masked vector its SHA-256 alone.
        """
        ...

    def keep_sum(
        self, state: ServerState, decoded: DecodedSum, envelopes: Mapping[BrandId, bytes]
    ) -> None:
        """Record a decoded sum, and the last step's replies; it never changes afterwards."""
        ...


class NoRecord:
    """Keeps nothing: for runs that nobody wants to go on after the process ends."""

    def sum_of(self, question: Question, round_number: int) -> DecodedSum | None:
        """Return None."""
        del question, round_number
        return None

    def attempt_of(self, question: Question, round_number: int) -> KeptAttempt | None:
        """Return None."""
        del question, round_number
        return None

    def begin_attempt(self, session: Session) -> None:
        """Do nothing."""

    def close_step(
        self,
        state: ServerState,
        running_sum: RingVector | None,
        envelopes: Mapping[BrandId, bytes],
    ) -> None:
        """Do nothing."""

    def keep_sum(
        self, state: ServerState, decoded: DecodedSum, envelopes: Mapping[BrandId, bytes]
    ) -> None:
        """Do nothing."""
