"""How long to wait before dialling again: doubling, with a cap, jittered."""

from __future__ import annotations

from collections.abc import Callable

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 30.0


class BackOff:
    """Waits between attempts; brands that lost the same server do not return as one crowd."""

    def __init__(self, draw: Callable[[], float], longest_seconds: float = LONGEST_SECONDS) -> None:
        """Begin without a failure.

        Args:
            draw: Gives a number in [0, 1), anew each time.
            longest_seconds: The cap.
        """
        self._draw = draw
        self._longest = longest_seconds
        self._bound = FIRST_SECONDS

    def succeed(self) -> None:
        """Note that a connection was made."""
        self._bound = FIRST_SECONDS

    def next_seconds(self) -> float:
        """Give the next wait: between half of the bound and the bound, then double the bound."""
        bound = min(self._bound, self._longest)
        self._bound = bound * 2
        return bound * (1 + self._draw()) / 2
