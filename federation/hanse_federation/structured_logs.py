"""Logs for machines: one JSON object a line, with nothing personal in it.

Rules: only the message that our own code wrote is kept; of an exception only
its type, code and place, never its text, which may quote data; lines go to
standard error. The lasting processes call `start_logging` once.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

OWN_LOGGERS = ("hanse_clients", "hanse_federation", "hanse_flower", "hanse_server")


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def __init__(self, party: str) -> None:
        """Name the party in each line, as `brand-1` or `operator`."""
        super().__init__()
        self._party = party

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "party": self._party,
            "source": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= _described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def start_logging(party: str, *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send the logs of Hanse's own packages to standard error as JSON lines.

    Args:
        party: Who writes, in each line.
        level: The least serious level that is kept.
        stream: Where to write; standard error if None.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(party))
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def without_words(error: BaseException) -> str:
    """Name an exception by type and place, for whichever log; its text may quote data."""
    return f"{type(error).__name__} at {_place(error)}"


def _described(error: BaseException) -> dict[str, str]:
    return {
        "error": type(error).__name__,
        "code": str(getattr(type(error), "code", "")),
        "at": _place(error),
    }


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
