"""Figures of an audience: bars over one axis, a heat map over two. Pure functions of values."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hanse_demo.report import numerals
from hanse_demo.report.charts.axes import Scale, round_out
from hanse_demo.report.charts.drawing import Drawing, shorten, text_width
from hanse_demo.report.model import AudienceCell, AudienceResult

BARS_WIDTH = 760.0
ROW = 34.0
BAR = 16.0
TOP = 30.0
LONGEST_LABEL = 190.0
VALUE_ROOM = 190.0

CELL_WIDTH = 92.0
CELL_HEIGHT = 46.0
LEAST_WIDTH = 260.0
STRONGEST = 0.5
"""Fill opacity of the fullest cell; up to here the text keeps its contrast in light and dark."""


def audience_figure(result: AudienceResult, *, ident: str) -> Markup:
    """Draw an audience result: bars for one axis, a heat map for two.

    Args:
        result: At least one cell.
        ident: Unique within the page.
    """
    draw = audience_bars if len(result.axes) == 1 else audience_heat_map
    return draw(result, ident=ident)


def audience_bars(result: AudienceResult, *, ident: str) -> Markup:
    """Draw one bar a cell with a whisker at its interval and the figures beside it."""
    cells = result.cells
    bottom = TOP + ROW * len(cells)
    drawing = Drawing(
        BARS_WIDTH, bottom + 50, ident=ident,
        title=f"Persons by {result.axes[0]}", description=_words(result),
    )  # fmt: skip
    longest = max((text_width(cell.labels[0]) for cell in cells), default=0.0)
    left = 14 + min(longest, LONGEST_LABEL)
    low, high = round_out(*_domain(cells))
    x = Scale(low, high, left, BARS_WIDTH - VALUE_ROOM)
    for tick in x.ticks():
        drawing.line((x.at(tick), TOP - 6), (x.at(tick), bottom), "grid")
        drawing.text((x.at(tick), bottom + 17), numerals.whole(tick), "tick", anchor="middle")
    for index, cell in enumerate(cells):
        _bar(drawing, x, TOP + ROW * index + ROW / 2, cell, result.minimum_persons)
    drawing.line((x.at(0), TOP - 6), (x.at(0), bottom), "axis")
    middle = (x.start + x.end) / 2
    drawing.text((middle, bottom + 38), "persons (noised)", "axis-label", anchor="middle")
    key = f"whiskers and ±: {numerals.level(result.interval_level)} interval"
    drawing.text((x.start, 14), key)
    return drawing.markup()


def _bar(
    drawing: Drawing, x: Scale, middle: float, cell: AudienceCell, minimum_persons: int
) -> None:
    name = shorten(cell.labels[0], LONGEST_LABEL)
    drawing.text((x.start - 9, middle + 4), name, "label", anchor="end")
    if cell.persons is None:
        drawing.rectangle((x.at(0), middle - BAR / 2), 64, BAR, "hidden", radius=2)
        words = f"suppressed: not shown below {numerals.whole(minimum_persons)} (noised)"
        drawing.text((x.at(0) + 73, middle + 4), words, "note")
        return
    ends = sorted((x.at(0), x.at(cell.persons.value)))
    drawing.rectangle(
        (ends[0], middle - BAR / 2), ends[1] - ends[0], BAR, "bar", radius=2, tooltip=_told(cell)
    )
    drawing.whisker((x.at(cell.persons.low), middle), (x.at(cell.persons.high), middle))
    place = max(x.at(cell.persons.high), ends[1]) + 10
    drawing.text((place, middle + 4), _figures(cell), "value")


def audience_heat_map(result: AudienceResult, *, ident: str) -> Markup:
    """Draw one tile a cell, the first axis down and the second across, figures in each tile."""
    down = tuple(dict.fromkeys(cell.labels[0] for cell in result.cells))
    across = tuple(dict.fromkeys(cell.labels[1] for cell in result.cells))
    left = 20 + min(max((text_width(label) for label in down), default=0.0), 150.0)
    top = 46.0
    drawing = Drawing(
        max(left + CELL_WIDTH * len(across) + 6, left + LEAST_WIDTH),
        top + CELL_HEIGHT * len(down) + 46, ident=ident,
        title=f"Persons by {result.axes[0]} and {result.axes[1]}", description=_words(result),
    )  # fmt: skip
    drawing.text((left, 14), f"{result.axes[1]} →", "axis-label")
    drawing.text((left - 8, top - 10), f"{result.axes[0]} ↓", "axis-label", anchor="end")
    for index, label in enumerate(across):
        place = (left + CELL_WIDTH * (index + 0.5), top - 10)
        drawing.text(place, shorten(label, CELL_WIDTH - 6), "label", anchor="middle")
    for index, label in enumerate(down):
        place = (left - 8, top + CELL_HEIGHT * (index + 0.5) + 4)
        drawing.text(place, shorten(label, left - 16), "label", anchor="end")
    fullest = max((c.persons.value for c in result.cells if c.persons), default=0.0)
    for cell in result.cells:
        column, row = across.index(cell.labels[1]), down.index(cell.labels[0])
        _tile(drawing, (left + CELL_WIDTH * column, top + CELL_HEIGHT * row), cell, fullest)
    foot = top + CELL_HEIGHT * len(down) + 20
    key = (
        f"persons (noised) ± {numerals.level(result.interval_level)} interval, share",
        f"dashed: suppressed, below {numerals.whole(result.minimum_persons)} (noised)",
    )
    for index, line in enumerate(key):
        drawing.text((left, foot + 16 * index), line, "note")
    return drawing.markup()


def _tile(
    drawing: Drawing, corner: tuple[float, float], cell: AudienceCell, fullest: float
) -> None:
    inner = (corner[0] + 1.5, corner[1] + 1.5)
    width, height = CELL_WIDTH - 3, CELL_HEIGHT - 3
    middle = corner[0] + CELL_WIDTH / 2
    if cell.persons is None:
        drawing.rectangle(inner, width, height, "hidden", radius=3)
        drawing.text((middle, corner[1] + 27), "suppressed", "note", anchor="middle")
        return
    share = cell.persons.value / fullest if fullest > 0 else 0.0
    strength = STRONGEST * min(max(share, 0.06), 1.0)
    drawing.rectangle(
        inner, width, height, "tile", radius=3, strength=strength, tooltip=_told(cell)
    )
    upper = corner[1] + (20 if cell.share else 27)
    drawing.text((middle, upper), numerals.persons(cell.persons), "value", anchor="middle")
    if cell.share:
        text = numerals.percent(cell.share.value)
        drawing.text((middle, corner[1] + 36), text, "small", anchor="middle")


def _domain(cells: Sequence[AudienceCell]) -> tuple[float, float]:
    """Span zero and all intervals."""
    known = [cell.persons for cell in cells if cell.persons is not None]
    ends = [end for e in known for end in (e.low, e.value, e.high)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    return (low, high) if high > low else (0.0, 10.0)


def _figures(cell: AudienceCell) -> str:
    if cell.persons is None:
        return ""
    count = numerals.persons(cell.persons)
    return count if cell.share is None else f"{count} · {numerals.percent(cell.share.value)}"


def _told(cell: AudienceCell) -> str:
    return f"{', '.join(cell.labels)}: {_figures(cell) or 'suppressed'}"


def _words(result: AudienceResult) -> str:
    """Describe the figure for those who cannot see it."""
    return "Noised persons with interval. " + ("; ".join(map(_told, result.cells)) or "No cells")
