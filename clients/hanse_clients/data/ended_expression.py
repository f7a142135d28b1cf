"""Whose used consent has ended since, as ibis expressions over the canonical consent table.

Rules: these expressions are exactly `hanse_policies.documents.ended_use`, person for
person (a property test holds them together), so what counts is told there. Only numbers
of persons leave the warehouse. The few persons whose consent is withdrawn or invalidated
now are found first; only their rows are compared with every instant of use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from hanse_clients.data.consent_expression import instant, is_unreadable, purpose_rows
from hanse_clients.data.queries import PERSON
from hanse_policies.documents import ConsentField, DataAsset

_USED = "hanse_used"


def ended_counts_expression(
    asset: DataAsset, purpose_word: str, used: Sequence[datetime], now: datetime
) -> ir.Table:
    """Count the persons whose used consent ended: one row of true numbers.

    Columns: `withdrawn`, `invalidated`, and `unreadable`, the persons of whom it cannot be
    told (`hanse_policies.documents.is_end_untold`), who are in neither.
    """
    rows = _rows(asset, purpose_word)
    persons = _ended_now(rows, min(used), now)
    ended = persons.filter(~persons.is_untold & (persons.is_withdrawn | persons.is_void))
    uses = _uses(rows.semi_join(ended.filter(ended.has_grant), PERSON), used)
    found = uses.group_by(PERSON).agg(
        is_used=uses.is_covered.any(), is_invalidated=uses.is_invalidated.any()
    )
    judged = ended.left_join(found, PERSON)
    is_invalidated = _told(judged.is_invalidated) | judged.is_lost_void
    is_used = _told(judged.is_used) | judged.is_lost_use
    counted = judged.aggregate(
        invalidated=_count(judged, is_invalidated),
        withdrawn=_count(judged, is_used & judged.is_withdrawn & ~is_invalidated),
    )
    return counted.cross_join(persons.aggregate(unreadable=_count(persons, persons.is_untold)))


def _rows(asset: DataAsset, purpose_word: str) -> ir.Table:
    """Take the register's rows of a purpose with the instants that matter, each under its name."""
    rows = purpose_rows(asset, purpose_word)
    void: ir.Value = ibis.null("timestamp(6)")
    if ConsentField.INVALIDATED in rows.columns:
        void = rows.invalidated
    return rows.select(
        PERSON,
        "granted",
        "expires",
        "withdrawn",
        "synced",
        invalidated=void,
        is_unreadable=is_unreadable(asset.consent, rows),
    )


def _ended_now(rows: ir.Table, first_use: datetime, now: datetime) -> ir.Table:
    """Judge each person at `now`: is the latest grant withdrawn, is anything invalidated.

    Whose last withdrawal came before the first use consented to none of the uses, or has
    consented again since; leaving them out here leaves few persons to compare. An end
    before the first grant on record, or without any, ended one that is not on record.
    """
    at, use = instant(now), instant(first_use)
    is_since = rows.withdrawn.between(use, at)
    found = rows.group_by(PERSON).agg(
        first=rows.granted.min(),
        latest=rows.granted.max(where=rows.granted <= at),
        withdrawal=rows.withdrawn.max(where=is_since),
        earliest=rows.withdrawn.min(where=is_since),
        denial=rows.withdrawn.min(where=is_since & rows.granted.isnull() & rows.synced.isnull()),
        void=rows.invalidated.min(),
        is_unreadable=rows.is_unreadable.any(),
    )
    return found.select(
        PERSON,
        has_grant=found.first.notnull(),
        is_untold=found.is_unreadable | _is_before(found.denial, found.first),
        is_withdrawn=_told(found.withdrawal >= ibis.coalesce(found.latest, use)),
        is_void=found.void.notnull(),
        is_lost_use=_is_before(found.earliest, found.first),
        is_lost_void=_is_before(found.void, found.first) & _is_before(use, found.first),
    )


def _is_before(end: ir.Value, first: ir.Value) -> ir.Value:
    """Tell whether an end has no grant on record at or before it."""
    return end.notnull() & (first.isnull() | _told(end < first))


def _uses(rows: ir.Table, used: Sequence[datetime]) -> ir.Table:
    """Judge each person at each use: was it covered, and by a grant found to be none."""
    crossed = rows.mutate(**{_USED: ibis.array([instant(at) for at in used]).unnest()})
    at = crossed[_USED]
    is_expired = _told(crossed.expires <= at)
    found = crossed.group_by(PERSON, _USED).agg(
        grant=crossed.granted.max(where=(crossed.granted <= at) & ~is_expired),
        expired=crossed.granted.max(where=(crossed.granted <= at) & is_expired),
        withdrawal=crossed.withdrawn.max(where=crossed.withdrawn <= at),
        invalidation=crossed.invalidated.max(),
    )
    denying = (found.expired, found.withdrawal)
    is_denied = reduce(or_, (_told(one >= found.grant) for one in denying))
    covered = found.mutate(is_covered=found.grant.notnull() & ~is_denied)
    return covered.mutate(
        is_invalidated=covered.is_covered & _told(covered.invalidation >= covered.grant)
    )


def _told(condition: ir.Value) -> ir.Value:
    """Take what is null for false."""
    return ibis.coalesce(condition, ibis.literal(value=False))


def _count(table: ir.Table, condition: ir.Value) -> ir.Value:
    return table.count(where=_told(condition))
