"""Errors of the report; part of the demo's tree.

DemoError
`-- InvalidFigureError
"""

from __future__ import annotations

from typing import ClassVar

from hanse_demo.errors import DemoError


class InvalidFigureError(DemoError):
    """A figure given to the report cannot be drawn."""

    code: ClassVar[str] = "invalid-figure"

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(
            f"a figure of the report must be drawable, expected {expected}, got {got}; "
            "leave the part out where there is no figure"
        )
