"""Whether a consent that was used once has ended since, told from the register alone.

Rules: nobody keeps a list of who was in a round, so it is the register that tells whose
consent covered an instant. What is looked at are the instants that a record holds; its
other fields, such as an age that was found to be wrong, may have been corrected since,
so they take nobody out. What is found is therefore never too little: whoever a round had
no row of, or left out for another reason, is counted too.
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
    the person's latest grant of all is. A person with a record that cannot be read is
    counted by nobody here; the register has to be corrected first.

    Args:
        records: What the register holds of one person.
        purpose: What the uses were for.
        used: When consents were judged and used.
        now: When it is asked; no use is later.
    """
    asked = [record for record in records if record.purpose is purpose]
    if not all(record.is_readable for record in asked):
        return None
    grants = [grant for at in used if (grant := _covering_grant(asked, at)) is not None]
    if any(r.invalidated is not None and min(grants) <= r.invalidated for r in asked if grants):
        return ConsentEnd.INVALIDATED
    latest = max((g for r in asked if (g := r.granted) is not None and g <= now), default=None)
    is_withdrawn = any(_lies(latest, record.withdrawn, now) for record in asked)
    return ConsentEnd.WITHDRAWN if grants and is_withdrawn else None


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


def _lies(first: datetime | None, instant: datetime | None, last: datetime) -> bool:
    return first is not None and instant is not None and first <= instant <= last
