"""Whether a consent that was used once has ended since, told from the register alone.

Rules: nobody keeps a list of who was in a round, so it is the register that tells whose
consent covered an instant. What is looked at are the instants that a record holds; its
other fields, such as an age that was found to be wrong, may have been corrected since,
so they take nobody out. What is found is therefore never too little: whoever a round had
no row of, or left out for another reason, is counted too.

A register may have lost grants: an export of consent signals holds each person's present
choice alone. An end with no grant on record at or before it is therefore the end of one
that is not on record any more, which may have covered whatever came before the first
grant on record. Who always refused, and refused again after the use, is counted so too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from hanse_policies.documents.consent import ConsentRecord
from hanse_policies.documents.vocabulary import Purpose
from hanse_policies.documents.withdrawal_rules import ConsentEnd


def ended_use(
    records: Collection[ConsentRecord],
    purpose: Purpose,
    used: Sequence[datetime],
    now: datetime,
) -> ConsentEnd | None:
    """Tell how a person's consent ended that was used, or None where it did not.

    An instant was covered where the latest grant until then had not expired and no
    withdrawal at or after it had come. A use is invalidated where an invalidation at or
    after its grant is recorded by now, whatever was granted since; it is withdrawn where
    the person's latest grant of all is. Where the grant is not on record, a use before
    the first grant on record is invalidated by an invalidation before that one, and
    withdrawn by a withdrawal at or after the use and before that one. A person of whom
    it cannot be told is counted by nobody here (see `is_end_untold`).

    Args:
        records: What the register holds of one person.
        purpose: What the uses were for.
        used: When consents were judged and used; one at least.
        now: When it is asked; no use is later.
    """
    if is_end_untold(records, purpose, used, now):
        return None
    asked = [record for record in records if record.purpose is purpose]
    first = _first_grant(asked)
    is_lost = first is None or min(used) < first
    grants = [grant for at in used if (grant := _covering_grant(asked, at)) is not None]
    voids = [record.invalidated for record in asked if record.invalidated is not None]
    if any(is_lost and _is_before(void, first) for void in voids):
        return ConsentEnd.INVALIDATED
    if any(min(grants) <= void for void in voids if grants):
        return ConsentEnd.INVALIDATED
    is_used = bool(grants) or any(
        _lies(min(used), record.withdrawn, now) and _is_before(record.withdrawn, first)
        for record in asked
    )
    past = [g for r in asked if (g := r.granted) is not None and g <= now]
    latest = max(past, default=min(used))
    is_withdrawn = any(_lies(latest, record.withdrawn, now) for record in asked)
    return ConsentEnd.WITHDRAWN if is_used and is_withdrawn else None


def is_end_untold(
    records: Collection[ConsentRecord],
    purpose: Purpose,
    used: Sequence[datetime],
    now: datetime,
) -> bool:
    """Tell whether a person's records leave open if a used consent ended.

    So it is where an instant cannot be read, and where a withdrawal since the first use
    has no grant on record at or before it and its record was never synced: an import
    denies in this way whoever has a row that it cannot read. The register has to be
    corrected first.

    Args:
        records: What the register holds of one person.
        purpose: What the uses were for.
        used: When consents were judged and used; one at least.
        now: When it is asked; no use is later.
    """
    asked = [record for record in records if record.purpose is purpose]
    first = _first_grant(asked)
    denials = [r.withdrawn for r in asked if r.granted is None and r.synced is None]
    return not all(record.is_readable for record in asked) or any(
        _lies(min(used), denial, now) and _is_before(denial, first) for denial in denials
    )


def _first_grant(records: Sequence[ConsentRecord]) -> datetime | None:
    return min((r.granted for r in records if r.granted is not None), default=None)


def _is_before(end: datetime | None, first: datetime | None) -> bool:
    """Tell whether an end has no grant on record at or before it."""
    return end is not None and (first is None or end < first)


def _covering_grant(records: Sequence[ConsentRecord], at: datetime) -> datetime | None:
    """Return the latest grant at an instant that it covers, or None."""
    past = [(r.granted, r) for r in records if r.granted is not None and r.granted <= at]
    if not past:
        return None
    last = max(granted for granted, _ in past)
    is_expired = any(
        granted == last and record.expires is not None and record.expires <= at
        for granted, record in past
    )
    is_withdrawn = any(_lies(last, record.withdrawn, at) for record in records)
    return None if is_expired or is_withdrawn else last


def _lies(first: datetime, instant: datetime | None, last: datetime) -> bool:
    return instant is not None and first <= instant <= last
