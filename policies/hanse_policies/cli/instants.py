"""How the `hanse policy` commands read `--now`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from hanse_policies.errors import UsageError

FIRST: Final = datetime.fromisoformat("1971-01-01T00:00:00Z")
LAST: Final = datetime.fromisoformat("8999-12-31T23:59:59.999999Z")
"""Between these, what is reckoned from an instant has a year that a calendar knows."""


def instant(text: str) -> datetime:
    """Read an instant with time zone; the time now where nothing was given.

    Raises:
        UsageError: The text is no instant, has no time zone, or is out of bounds.
    """
    if not text:
        return datetime.now(tz=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now: expected an instant, got `{text[:40]}`") from error
    if found.tzinfo is None:
        raise UsageError(f"--now: expected an instant with time zone, got `{text[:40]}`")
    if not FIRST <= found <= LAST:
        raise UsageError(
            f"--now: expected an instant of the years {FIRST.year} to {LAST.year} in UTC, got "
            f"`{text[:40]}`; terms and periods are reckoned from it"
        )
    return found
