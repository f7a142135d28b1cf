"""The few pieces of Markdown that the reference pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by docs/generate_reference.py; edit the code, then run: make docs -->"


def document(title: str, parts: Iterable[str]) -> str:
    """Put a page together: a notice, a title, and the parts a blank line apart."""
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip("\n") for part in parts)]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; a cell may hold any text."""
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
