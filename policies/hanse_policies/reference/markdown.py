"""The few pieces of Markdown that the reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by docs/generate_reference.py; edit the code, then run: make docs -->"
LINE = "\n"


def document(title: str, parts: Iterable[str]) -> str:
    """Put a page together: a notice, a title, and the parts a blank line apart."""
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip(LINE) for part in parts)]) + LINE


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; a cell may hold any text."""
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return LINE.join(lines)


def fenced(text: str, language: str = "") -> str:
    """Write text as it stands; no line of it can end the block."""
    longest = max((len(run) for run in _runs_of_ticks(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return LINE.join([f"{fence}{language}", text.strip(LINE), fence])


def _runs_of_ticks(text: str) -> Iterable[str]:
    return (run for line in text.splitlines() for run in line.split() if set(run) == {"`"})


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
