"""How many frames per second a side may send: a token bucket without a clock."""

from __future__ import annotations

from hanse_federation.link.errors import FrameRateError


class FrameRate:
    """Lets `burst` frames through at once and `per_second` on average."""

    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._filled = now

    def count(self, now: float) -> None:
        """Count one frame at `now`, seconds on a clock that never goes back.

        Raises:
            FrameRateError: Frames come faster than allowed.
        """
        earned = (now - self._filled) * self._per_second
        self._left = min(float(self._burst), self._left + earned)
        self._filled = now
        if self._left < 1:
            raise FrameRateError(
                f"frames come too fast: expected at most {self._per_second:g} per second "
                f"after a burst of {self._burst}"
            )
        self._left -= 1
