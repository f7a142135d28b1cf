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

    Columns: `withdrawn`, `invalidated`, and `unreadable`, the persons with a record that
    cannot be read, who are in neither.
    """
    rows = _rows(asset, purpose_word)
    persons = _ended_now(rows, min(used), now)
    readable = persons.filter(~persons.is_unreadable)
    uses = _uses(rows.semi_join(readable.filter(_may_have_ended(readable)), PERSON), used)
    found = uses.group_by(PERSON).agg(
        is_used=uses.is_covered.any(), is_invalidated=uses.is_invalidated.any()
    )
    judged = found.inner_join(readable.select(PERSON, "is_withdrawn"), PERSON)
    counted = judged.aggregate(
        invalidated=_count(judged, judged.is_invalidated),
        withdrawn=_count(judged, judged.is_used & judged.is_withdrawn & ~judged.is_invalidated),
    )
    return counted.cross_join(persons.aggregate(unreadable=_count(persons, persons.is_unreadable)))


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
        invalidated=void,
        is_unreadable=is_unreadable(asset.consent, rows),
    )


def _ended_now(rows: ir.Table, first_use: datetime, now: datetime) -> ir.Table:
    """Judge each person at `now`: is the latest grant withdrawn, is anything invalidated.

    Whose last withdrawal came before the first use consented to none of the uses, or has
    consented again since; leaving them out here leaves few persons to compare.
    """
    at = instant(now)
    found = rows.group_by(PERSON).agg(
        latest=rows.granted.max(where=rows.granted <= at),
        withdrawal=rows.withdrawn.max(where=rows.withdrawn <= at),
        is_void=rows.invalidated.notnull().any(),
        is_unreadable=rows.is_unreadable.any(),
    )
    return found.select(
        PERSON,
        "is_void",
        "is_unreadable",
        is_withdrawn=_told(
            (found.withdrawal >= found.latest) & (found.withdrawal >= instant(first_use))
        ),
    )


def _may_have_ended(persons: ir.Table) -> ir.Value:
    return persons.is_withdrawn | persons.is_void


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
