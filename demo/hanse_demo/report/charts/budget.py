"""The figure of privacy spent against budget, one bar a brand. A pure function of values."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hanse_demo.report import numerals
from hanse_demo.report.charts.axes import Scale, round_out
from hanse_demo.report.charts.drawing import Drawing, shorten, text_width

WIDTH = 460.0
ROW = 30.0
BAR = 14.0
TOP = 30.0
LONGEST_LABEL = 150.0
VALUE_ROOM = 106.0


def budget_bars(rows: Sequence[tuple[str, float, float]], *, purpose: str, ident: str) -> Markup:
    """Draw epsilon spent as a filled bar within the outline of the budget.

    Args:
        rows: Brand, epsilon spent, epsilon of the budget; at least one.
        purpose: Whose budget this is, for the title.
        ident: Unique within the page.
    """
    told = [
        f"{brand}: {numerals.epsilon(spent)} of {numerals.epsilon(budget)}"
        for brand, spent, budget in rows
    ]
    bottom = TOP + ROW * len(rows)
    drawing = Drawing(
        WIDTH, bottom + 48, ident=ident, title=f"Epsilon spent against budget, {purpose}",
        description="; ".join(told),
    )  # fmt: skip
    longest = max((text_width(brand) for brand, _, _ in rows), default=0.0)
    left = 14 + min(longest, LONGEST_LABEL)
    _, high = round_out(0.0, max((max(s, b) for _, s, b in rows), default=1.0), 5)
    x = Scale(0.0, high, left, WIDTH - VALUE_ROOM)
    for tick in x.ticks(5):
        drawing.line((x.at(tick), TOP - 6), (x.at(tick), bottom), "grid")
        drawing.text((x.at(tick), bottom + 17), numerals.plain(tick), "tick", anchor="middle")
    for index, (brand, spent, budget) in enumerate(rows):
        middle = TOP + ROW * index + ROW / 2
        upper = middle - BAR / 2
        drawing.text((left - 9, middle + 4), shorten(brand, LONGEST_LABEL), "label", anchor="end")
        drawing.rectangle((left, upper), x.at(budget) - left, BAR, "limit", radius=2)
        style, width = "bar" if spent <= budget else "bar over", x.at(spent) - left
        drawing.rectangle((left, upper), width, BAR, style, radius=2, tooltip=told[index])
        drawing.line((x.at(budget), upper - 4), (x.at(budget), upper + BAR + 4), "limit-mark")
        figures = told[index].removeprefix(f"{brand}: ")
        drawing.text((WIDTH - VALUE_ROOM + 12, middle + 4), figures, "value")
    drawing.line((left, TOP - 6), (left, bottom), "axis")
    middle = (x.start + x.end) / 2
    drawing.text((middle, bottom + 37), "ε of the current period", "axis-label", anchor="middle")
    drawing.text((left, 14), "filled: spent; outline and mark: budget")
    return drawing.markup()
