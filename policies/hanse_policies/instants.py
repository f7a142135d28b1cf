"""Arithmetic of instants that documents tell, which no date may break.

Rules: a document may tell any instant of the years 1 to 9999 in UTC, as its canonical form
does; what would lie beyond is the last such instant, or the first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT: Final = datetime.max.replace(tzinfo=UTC)

_FAR_YEARS: Final = 1000
_FAR: Final = timedelta(days=300_000)
"""Fewer years than `_FAR_YEARS`: so much off the ends of time a plain sum cannot leave them."""


def later(instant: datetime, span: timedelta) -> datetime:
    """Return the instant that lies `span` after another, or the last there is.

    Args:
        instant: With time zone.
        span: How much later, 0 or more.
    """
    if _FAR_YEARS < instant.year < 9999 - _FAR_YEARS and span < _FAR:
        return instant + span  # Nearly always, and each decision asks.
    if span > LAST_INSTANT - instant:
        return LAST_INSTANT
    return FIRST_INSTANT + max(instant - FIRST_INSTANT + span, timedelta())


def earlier(instant: datetime, span: timedelta) -> datetime:
    """Return the instant that lies `span` before another, or the first there is.

    Args:
        instant: With time zone.
        span: How much earlier, 0 or more.
    """
    if span > instant - FIRST_INSTANT:
        return FIRST_INSTANT
    return LAST_INSTANT - max(LAST_INSTANT - instant + span, timedelta())
