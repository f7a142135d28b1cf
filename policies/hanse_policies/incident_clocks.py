"""The clocks of legal packs, held against a breach record: what is due when, and was it told.

Rules: pure. A clock runs from when the record says that it started, else from when the
breach was discovered; which incidents a clock is for is for counsel to say, so a clock is
left out only where the record says why. What answers a clock names it. A law that gives
no number of hours gives no instant to be late at, so such a clock is never called met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hanse_policies.documents import BreachRecord, LegalPack
from hanse_policies.documents.legal_pack import IncidentClock
from hanse_policies.errors import DocumentError


class ClockState(StrEnum):
    """How a clock stands."""

    MET = "met"
    """Told in time."""
    LATE = "late"
    """Told, but after it was due."""
    OPEN = "open"
    """Not told yet, and not due yet."""
    OVERDUE = "overdue"
    """Not told, and due."""
    TOLD = "told"
    """Told; the law gives no number of hours to hold it against."""
    NOT_TOLD = "not-told"
    """Not told yet, though the law says at once or without delay."""
    DOES_NOT_RUN = "does-not-run"
    """The record says why it is not for this breach."""

    @property
    def is_failed(self) -> bool:
        """Whether the clock is not kept, or may not be."""
        return self in {ClockState.LATE, ClockState.OVERDUE, ClockState.NOT_TOLD}


@dataclass(frozen=True, slots=True)
class ClockStanding:
    """One clock of one pack for one breach.

    Attributes:
        pack: `eu-gdpr@1.0.0`.
        clock: What the pack says of it.
        started: When it started; None where it does not run.
        due: When it must have been told; None where the law gives no number.
        told: When it was told first; None where it was not by now.
        state: How it stands.
        why_not: Why it does not run; empty where it does.
    """

    pack: str
    clock: IncidentClock
    started: datetime | None
    due: datetime | None
    told: datetime | None
    state: ClockState
    why_not: str = ""


def clock_standings(
    breach: BreachRecord, packs: Sequence[LegalPack], now: datetime
) -> tuple[ClockStanding, ...]:
    """Hold every clock of some packs against a breach record.

    Args:
        breach: The record.
        packs: The packs; those whose clocks the record names must be among them.
        now: When it is asked, with a time zone.

    Raises:
        DocumentError: The record names a clock that none of the packs has, two versions of
            one pack are given, or a clock ends after all dates.
    """
    ids = [pack.id for pack in packs]
    if len(set(ids)) < len(ids):
        raise DocumentError(
            f"expected one version of each pack, got {', '.join(pack.name for pack in packs)}; "
            "name the one that holds"
        )
    clocks = {f"{pack.id}/{clock.id}": (pack, clock) for pack in packs for clock in pack.clocks}
    stated = [one.clock for one in breach.clocks]
    unknown = {*stated, *(name for one in breach.told for name in one.clocks)} - set(clocks)
    if unknown:
        raise DocumentError(
            f"expected clocks of the packs given ({', '.join(clocks) or 'none'}), got "
            f"{', '.join(sorted(unknown))}; name its pack with --pack, or correct the record"
        )
    return tuple(_standing(breach, name, *clocks[name], now) for name in clocks)


def _standing(
    breach: BreachRecord, name: str, pack: LegalPack, clock: IncidentClock, now: datetime
) -> ClockStanding:
    statement = next((one for one in breach.clocks if one.clock == name), None)
    answers = (one.told for one in breach.told if name in one.clocks and one.told <= now)
    told = min(answers, default=None)
    if statement is not None and statement.does_not_run is not None:
        why = statement.does_not_run
        return ClockStanding(pack.name, clock, None, None, told, ClockState.DOES_NOT_RUN, why)
    started = breach.discovered
    if statement is not None and statement.started is not None:
        started = statement.started
    due = _due(started, clock.hours) if clock.hours else None
    return ClockStanding(pack.name, clock, started, due, told, _state(due, told, now))


def _due(started: datetime, hours: int) -> datetime:
    try:
        return started + timedelta(hours=hours)
    except OverflowError as error:
        raise DocumentError(
            f"expected a clock that ends before the year 10000, got one of {hours} hours from "
            f"{started.isoformat()}; correct the instant"
        ) from error


def _state(due: datetime | None, told: datetime | None, now: datetime) -> ClockState:
    if due is None:
        return ClockState.NOT_TOLD if told is None else ClockState.TOLD
    if told is None:
        return ClockState.OPEN if now <= due else ClockState.OVERDUE
    return ClockState.MET if told <= due else ClockState.LATE
