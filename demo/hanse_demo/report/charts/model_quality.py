"""Figures of a model's quality: learning curve, ROC, calibration. Pure functions of values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from hanse_demo.report import numerals
from hanse_demo.report.charts.axes import Axis, Scale, draw_axes, round_out
from hanse_demo.report.charts.drawing import Drawing, Point
from hanse_demo.report.model import (
    CalibrationBin,
    DemoReference,
    Estimate,
    RocPoint,
    RoundQuality,
)

WIDTH = 460.0
HEIGHT = 372.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 446.0, 66.0, 322.0

DEMO_ONLY = "demo only: needs the pooled data, which no league has"


def learning_curve(
    rounds: Sequence[RoundQuality], pooled_auc: float | None, *, level: float, ident: str
) -> Markup:
    """Draw the noised AUC by round with its interval band, and the pooled AUC if known.

    Args:
        rounds: In order; rounds without a figure leave a gap in the line.
        pooled_auc: The non-private reference, demo only.
        level: Confidence level of the band.
        ident: Unique within the page.
    """
    known = [(r.round_number, r.auc) for r in rounds if r.auc is not None]
    drawing = Drawing(
        WIDTH, HEIGHT, ident=ident, title="Learning curve",
        description=_learning_words(rounds, pooled_auc),
    )  # fmt: skip
    x, y = _learning_axes(drawing, rounds, pooled_auc)
    for run in _unbroken(rounds):
        upper = [(x.at(n), y.at(a.high)) for n, a in run]
        lower = [(x.at(n), y.at(a.low)) for n, a in reversed(run)]
        drawing.path([*upper, *lower], "band", closed=True)
        drawing.path([(x.at(n), y.at(a.value)) for n, a in run], "series")
    for number, auc in known:
        tooltip = f"round {number}: {numerals.rate_interval(auc)}"
        if len(known) == 1:
            drawing.whisker((x.at(number), y.at(auc.low)), (x.at(number), y.at(auc.high)))
        drawing.circle((x.at(number), y.at(auc.value)), 3, "dot", tooltip=tooltip)
    _learning_key(drawing, y, pooled_auc, level)
    if known:
        number, auc = known[-1]
        below = y.at(auc.low) + 17
        place = below if below < BOTTOM - 4 else y.at(auc.high) - 7
        drawing.text((x.at(number), place), numerals.rate(auc.value), "value", anchor="end")
    return drawing.markup()


def _learning_axes(
    drawing: Drawing, rounds: Sequence[RoundQuality], pooled_auc: float | None
) -> tuple[Scale, Scale]:
    """Draw the axes around all intervals and the reference, and return both scales."""
    known = [r.auc for r in rounds if r.auc is not None]
    values = [end for auc in known for end in (max(auc.low, 0.0), min(auc.high, 1.0), auc.value)]
    values += [0.5] if pooled_auc is None else [0.5, pooled_auc]
    low, high = round_out(min(values), max(*values, 0.6))
    numbers = [r.round_number for r in rounds] or [0]
    x = Scale(min(numbers), max(*numbers, min(numbers) + 1), LEFT + 12, RIGHT - 12)
    y = Scale(max(low, 0.0), min(high, 1.0), BOTTOM, TOP)
    draw_axes(
        drawing,
        Axis(Scale(x.low, x.high, LEFT, RIGHT), "round", _nothing, ()),
        Axis(y, "AUC on held-out persons (noised)", _hundredth, y.ticks()),
    )
    for tick in (t for t in x.ticks(8) if t == int(t)):
        drawing.line((x.at(tick), BOTTOM), (x.at(tick), BOTTOM + 4), "axis")
        drawing.text((x.at(tick), BOTTOM + 18), f"{tick:.0f}", "tick", anchor="middle")
    return x, y


def _learning_key(drawing: Drawing, y: Scale, pooled_auc: float | None, level: float) -> None:
    drawing.line((LEFT, 14), (LEFT + 26, 14), "series")
    drawing.text((LEFT + 33, 18), f"this league, noised; band: {numerals.level(level)} interval")
    if pooled_auc is None:
        return
    drawing.line((LEFT, y.at(pooled_auc)), (RIGHT, y.at(pooled_auc)), "reference")
    drawing.line((LEFT, 32), (LEFT + 26, 32), "reference")
    name = f"pooled, not private: {numerals.rate(pooled_auc)}"
    drawing.text((LEFT + 33, 36), name)
    drawing.text((LEFT, 51), DEMO_ONLY, "note")


def roc_curve(
    noised: Sequence[RocPoint],
    exact: DemoReference | None,
    pooled: DemoReference | None,
    *,
    auc: float | None,
    ident: str,
) -> Markup:
    """Draw the noised ROC, and the exact ones that only the demo can know.

    Args:
        noised: From the noised score histogram; any order.
        exact: The same model without noise, demo only.
        pooled: The non-private pooled model, demo only.
        auc: The noised AUC, for the key.
        ident: Unique within the page.
    """
    series = _roc_series(noised, exact, pooled, auc)
    drawing = Drawing(
        WIDTH, HEIGHT, ident=ident, title="ROC curve",
        description=f"True over false positive rate. {'; '.join(s[0] for s in series)}",
    )  # fmt: skip
    x = Scale(0, 1, LEFT, RIGHT)
    y = Scale(0, 1, BOTTOM, TOP - 46)
    draw_axes(
        drawing,
        Axis(x, "false positive rate", _tenth, x.ticks()),
        Axis(y, "true positive rate", _tenth, y.ticks()),
    )
    drawing.line((x.at(0), y.at(0)), (x.at(1), y.at(1)), "diagonal")
    top = BOTTOM - 22 - 18 * len(series)
    for index, (name, points, style) in enumerate(series):
        drawing.path([(x.at(a), y.at(b)) for a, b in _with_corners(points)], style)
        height = top + 18 * index
        drawing.line((LEFT + 150, height - 4), (LEFT + 176, height - 4), style)
        drawing.text((LEFT + 183, height), name)
    for point in _with_corners(noised)[1:-1] if noised else ():
        drawing.circle((x.at(point[0]), y.at(point[1])), 2.5, "dot")
    drawing.text((RIGHT - 4, BOTTOM - 10), "grey diagonal: guessing", "note", anchor="end")
    return drawing.markup()


def _roc_series(
    noised: Sequence[RocPoint],
    exact: DemoReference | None,
    pooled: DemoReference | None,
    auc: float | None,
) -> list[tuple[str, Sequence[RocPoint], str]]:
    """List name, points and style of each curve that has points."""
    figure = "" if auc is None else f", AUC {numerals.rate(auc)}"
    series: list[tuple[str, Sequence[RocPoint], str]] = [(f"noised{figure}", noised, "series")]
    if exact is not None:
        name = f"exact, demo only, AUC {numerals.rate(exact.auc)}"
        series.append((name, exact.roc, "second"))
    if pooled is not None:
        name = f"pooled, demo only, AUC {numerals.rate(pooled.auc)}"
        series.append((name, pooled.roc, "reference"))
    return [entry for entry in series if entry[1]]


def calibration_plot(bins: Sequence[CalibrationBin], *, level: float, ident: str) -> Markup:
    """Draw the observed share over each score bin, with whiskers at the interval.

    Args:
        bins: Any order; the scores are in [0, 1]; each is drawn at its middle.
        level: Confidence level of the whiskers.
        ident: Unique within the page.
    """
    words = "; ".join(map(_bin_words, bins))
    drawing = Drawing(
        WIDTH, HEIGHT, ident=ident, title="Calibration",
        description=f"Observed share by score bin. {words}",
    )  # fmt: skip
    x = Scale(0, 1, LEFT, RIGHT)
    y = Scale(0, 1, BOTTOM, TOP - 28)
    draw_axes(
        drawing,
        Axis(x, "score, by bin", _tenth, x.ticks()),
        Axis(y, "share with the label (noised)", _tenth, y.ticks()),
    )
    drawing.line((x.at(0), y.at(0)), (x.at(1), y.at(1)), "diagonal")
    for entry in bins:
        observed, middle = entry.observed, x.at((entry.lower + entry.upper) / 2)
        height = y.at(observed.value)
        drawing.line((x.at(entry.lower), height), (x.at(entry.upper), height), "span")
        drawing.whisker((middle, y.at(observed.low)), (middle, y.at(observed.high)))
        drawing.circle((middle, height), 4, "dot", tooltip=_bin_words(entry))
    key = f"whiskers: {numerals.level(level)} interval; grey diagonal: perfect calibration"
    drawing.text((LEFT, 18), key)
    return drawing.markup()


def _bin_words(entry: CalibrationBin) -> str:
    scores = f"score {numerals.rate(entry.lower)} to {numerals.rate(entry.upper)}"
    return f"{scores}: observed {numerals.rate_interval(entry.observed)}"


def _unbroken(rounds: Sequence[RoundQuality]) -> list[list[tuple[int, Estimate]]]:
    """Cut the rounds where one has no figure."""
    runs: list[list[tuple[int, Estimate]]] = [[]]
    for entry in rounds:
        if entry.auc is None:
            runs.append([])
        else:
            runs[-1].append((entry.round_number, entry.auc))
    return [run for run in runs if run]


def _with_corners(points: Sequence[RocPoint]) -> list[Point]:
    """Sort a curve's points within the unit square and join it to both corners."""
    inside = sorted((_unit(p.false_positive_rate), _unit(p.true_positive_rate)) for p in points)
    return [(0.0, 0.0), *inside, (1.0, 1.0)]


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _learning_words(rounds: Sequence[RoundQuality], pooled_auc: float | None) -> str:
    known = [f"round {r.round_number}: {numerals.rate_interval(r.auc)}" for r in rounds if r.auc]
    words = "Noised AUC with interval by round. " + ("; ".join(known) or "No round has a figure")
    if pooled_auc is None:
        return f"{words}."
    return f"{words}. Pooled reference without privacy ({DEMO_ONLY}): {numerals.rate(pooled_auc)}."


def _tenth(value: float) -> str:
    return f"{value:.1f}"


def _hundredth(value: float) -> str:
    return f"{value:.2f}"


def _nothing(_value: float) -> str:
    return ""
