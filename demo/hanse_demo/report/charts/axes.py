"""Scales and axes: the one place where a value becomes a position."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hanse_demo.report.charts.drawing import Drawing
from hanse_demo.report.errors import InvalidFigureError


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values [low, high] to positions [start, end].

    Upright axes have `start` below, so `start` > `end` there.
    """

    low: float
    high: float
    start: float
    end: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidFigureError(expected="a scale with low below high", got=repr(self))

    def at(self, value: float) -> float:
        """Return the position of a value; values beyond the scale stop at its ends."""
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, at_most: int = 6) -> tuple[float, ...]:
        """Choose round values within the scale: multiples of 1, 2 or 5 times a power of ten."""
        step = tick_step(self.low, self.high, at_most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(round(index * step, 10) for index in range(first, last + 1))


def tick_step(low: float, high: float, at_most: int) -> float:
    """Find the smallest round step that cuts [low, high] by at most so many ticks."""
    rough = (high - low) / max(at_most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))


def round_out(low: float, high: float, at_most: int = 6) -> tuple[float, float]:
    """Widen [low, high] to whole steps, so that the axis ends on a tick."""
    if low == high:
        high = low + 1.0
    step = tick_step(low, high, at_most)
    return (
        round(math.floor(low / step + 1e-9) * step, 10),
        round(math.ceil(high / step - 1e-9) * step, 10),
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale with its ticks, their text and what it measures, unit included."""

    scale: Scale
    label: str
    write: Callable[[float], str]
    ticks: Sequence[float]


def draw_axes(drawing: Drawing, x: Axis, y: Axis) -> None:
    """Draw light gridlines, tick texts and labels of a plot with two number axes."""
    left, right = x.scale.start, x.scale.end
    bottom, top = y.scale.start, y.scale.end
    for tick in y.ticks:
        position = y.scale.at(tick)
        drawing.line((left, position), (right, position), "grid")
        drawing.text((left - 7, position + 4), y.write(tick), "tick", anchor="end")
    for tick in x.ticks:
        position = x.scale.at(tick)
        drawing.line((position, bottom), (position, bottom + 4), "axis")
        drawing.text((position, bottom + 18), x.write(tick), "tick", anchor="middle")
    drawing.line((left, bottom), (right, bottom), "axis")
    drawing.text(((left + right) / 2, bottom + 37), x.label, "axis-label", anchor="middle")
    drawing.text((left - 42, (top + bottom) / 2), y.label, "axis-label", anchor="middle", turn=-90)
