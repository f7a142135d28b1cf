"""What a measurement is, and the figures that come out of one.

A measurement maps each person to a bounded vector of integers; a brand adds up
its persons and its noise, the operator adds up the brands, and decoding turns
the sum into figures. Figures are computed from noised sums alone and each says
how far it may be off. A figure whose noise could flip its verdict says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

CONFIDENCE = 0.95
NORMAL_QUANTILE = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included."""

    lower: float
    upper: float
    level: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its confidence interval.

    Attributes:
        value: The estimate.
        interval: Covers the true value in `level` of all cases.
        insufficient_evidence: The noise is too large for what the figure is
            used for; show it as such, not as a number.
    """

    value: float
    interval: Interval
    insufficient_evidence: bool = False


class Measurement(Protocol):
    """What the mechanism has to know of a measurement."""

    @property
    def cell_count(self) -> int:
        """Length of the vector."""
        ...

    @property
    def l2_sensitivity(self) -> float:
        """The most that one person moves the vector, as a Euclidean distance."""
        ...


def ratio_figure(value: float, square: float, linear: float, constant: float) -> Figure:
    """Make a figure in [0, 1] from Fieller's inequality `square t^2 + linear t + constant <= 0`.

    The interval is all t in [0, 1] that fulfil it. Where the denominator cannot
    be told from zero (`square` <= 0) that set is not an interval, and the figure
    is the whole range with insufficient evidence.

    Source: Fieller, J. R. Stat. Soc. B 16 (1954).
    """
    discriminant = linear * linear - 4 * square * constant
    if square <= 0 or discriminant < 0 or not math.isfinite(value):
        return Figure(0.5, Interval(0.0, 1.0), insufficient_evidence=True)
    root = math.sqrt(discriminant)
    lower = _into_unit((-linear - root) / (2 * square))
    upper = _into_unit((-linear + root) / (2 * square))
    # Of large counts the interval is narrower than floats are fine; the value is in it still.
    held = _into_unit(value)
    return Figure(held, Interval(min(lower, held), max(upper, held)))


def _into_unit(value: float) -> float:
    return min(1.0, max(0.0, value))
