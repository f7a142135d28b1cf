"""How the `hanse policy` commands read `--now`."""

from __future__ import annotations

from datetime import UTC, datetime

from hanse_policies.errors import UsageError


def instant(text: str) -> datetime:
    """Read an instant with time zone; the time now where nothing was given.

    Raises:
        UsageError: The text is no instant, or has no time zone.
    """
    if not text:
        return datetime.now(tz=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now: expected an instant, got `{text[:40]}`") from error
    if found.tzinfo is None:
        raise UsageError(f"--now: expected an instant with time zone, got `{text[:40]}`")
    return found
