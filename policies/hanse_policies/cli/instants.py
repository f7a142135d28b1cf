"""How the `hanse policy` commands read an instant."""

from __future__ import annotations

from datetime import UTC, datetime

from hanse_policies.errors import UsageError


def instant(text: str) -> datetime:
    """Read `--now`; empty text is the present instant.

    Raises:
        UsageError: The text is not an instant with time zone.
    """
    if not text:
        return datetime.now(tz=UTC)
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now: expected an instant, got `{text[:40]}`") from error
    if read.tzinfo is None:
        raise UsageError(f"--now: expected an instant with time zone, got `{text[:40]}`")
    return read
