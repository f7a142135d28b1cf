"""Instants as the store writes them: ISO 8601 in UTC with microseconds, so that text sorts."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(instant: datetime) -> str:
    """Write an instant; one without a time zone has no meaning here and is a defect."""
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone, got one without")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """Read an instant written by `to_text`."""
    return datetime.fromisoformat(text)
