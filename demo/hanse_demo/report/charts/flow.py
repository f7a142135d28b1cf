"""The picture of what happens to a study, from proposal to release, and where.

It says what this version does: the operator adds up contributions that were
already noised at each brand, in the clear. Secure aggregation comes next, and
this picture changes with it, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from markupsafe import Markup

from hanse_demo.report.charts.drawing import Drawing


class Place(StrEnum):
    """Whose machine a stage runs on."""

    PROPOSER = "Operator 运营方"
    BRAND = "Each brand, on its own machine 品牌本地"
    WIRE = "Wire 传输"
    OPERATOR = "Operator's server 运营方"


@dataclass(frozen=True, slots=True)
class FlowStage:
    """One step of the path, in two short lines."""

    name: str
    name_zh: str
    place: Place
    lines: tuple[str, str]


STAGES = (
    FlowStage("Study", "研究", Place.PROPOSER, ("signed data,", "never code")),
    FlowStage("Policy gate", "策略闸门", Place.BRAND, ("brand decides,", "deny by default")),
    FlowStage("Minimal view", "最小视图", Place.BRAND, ("named columns,", "valid consent")),
    FlowStage("Encode", "编码", Place.BRAND, ("each person,", "public bounds")),
    FlowStage("Bound", "限幅", Place.BRAND, ("one person's", "part is capped")),
    FlowStage("Noise", "加噪", Place.BRAND, ("before anything", "leaves: (ε, δ)")),
    FlowStage("gRPC", "双向 TLS", Place.WIRE, ("mutual TLS,", "typed only")),
    FlowStage("Aggregate", "汇总", Place.OPERATOR, ("plaintext sum of", "noised parts")),
    FlowStage("Release", "发布", Place.OPERATOR, ("signed, with its", "privacy cost")),
)

TITLE = "The path of a study"
NOTE = (
    "This version: the operator sees each brand's already noised contribution and adds them up.",
    "Secure aggregation, so that only the sum over brands can be read, comes next.",
)

_BOX, _GAP, _MARGIN = 104.0, 15.0, 10.0
_TALL_BOX = 46.0


def flow_wide(*, ident: str) -> Markup:
    """Draw the path from left to right, for a screen that is wide enough."""
    width = 2 * _MARGIN + len(STAGES) * _BOX + (len(STAGES) - 1) * _GAP
    drawing = Drawing(width, 190, ident=ident, title=TITLE, description=_words())
    for place, group in groupby(range(len(STAGES)), key=lambda index: STAGES[index].place):
        members = list(group)
        start = _left(members[0]) - 6
        end = _left(members[-1]) + _BOX + 6
        drawing.rectangle((start, 6), end - start, 140, f"zone {_style(place)}", radius=8)
        drawing.text((start + 8, 25), str(place), "zone-label")
    for index, stage in enumerate(STAGES):
        left, middle = _left(index), _left(index) + _BOX / 2
        drawing.rectangle((left, 36), _BOX, 98, "box", radius=6)
        drawing.text((middle, 58), stage.name, "stage", anchor="middle")
        drawing.text((middle, 76), stage.name_zh, "note", anchor="middle")
        for row, line in enumerate(stage.lines):
            drawing.text((middle, 100 + 15 * row), line, "note", anchor="middle")
        if index:
            _arrow(drawing, (left - _GAP + 1, 85), (left - 2, 85))
    for row, line in enumerate(NOTE):
        drawing.text((width - _MARGIN, 166 + 16 * row), line, "note", anchor="end")
    return drawing.markup()


def flow_narrow(*, ident: str) -> Markup:
    """Draw the path from top to bottom, for a phone or a printed page."""
    width, step, head, gap = 372.0, _TALL_BOX + 16, 26.0, 20.0
    places = [place for place, _ in groupby(STAGES, key=lambda stage: stage.place)]
    height = len(STAGES) * step + len(places) * (head + gap) + 56
    drawing = Drawing(width, height, ident=ident, title=TITLE, description=_words())
    top = 6.0
    for place, group in groupby(STAGES, key=lambda stage: stage.place):
        members = list(group)
        tall = head + step * len(members) - 6
        drawing.rectangle((6, top), width - 12, tall, f"zone {_style(place)}", radius=8)
        drawing.text((16, top + 18), str(place), "zone-label")
        for index, stage in enumerate(members):
            _tall_box(drawing, top + head + step * index, width, stage)
            if index:
                upper = top + head + step * index
                _arrow(drawing, (width / 2, upper - 15), (width / 2, upper - 2))
        top += tall + gap
        if members[-1] is not STAGES[-1]:
            _arrow(drawing, (width / 2, top - gap + 2), (width / 2, top - 2))
    for row, line in enumerate(part for note in NOTE for part in _halves(note)):
        drawing.text((8, top + 16 * row), line, "note")
    return drawing.markup()


def _tall_box(drawing: Drawing, top: float, width: float, stage: FlowStage) -> None:
    drawing.rectangle((16, top), width - 32, _TALL_BOX, "box", radius=6)
    drawing.text((30, top + 21), stage.name, "stage")
    drawing.text((30, top + 38), stage.name_zh, "note")
    for row, line in enumerate(stage.lines):
        drawing.text((150, top + 20 + 17 * row), line, "note")


def _arrow(drawing: Drawing, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow to the right or down."""
    drawing.line(start, end, "arrow")
    x, y = end
    across = ((x - 5, y - 4), (x - 5, y + 4)) if start[1] == y else ((x - 4, y - 5), (x + 4, y - 5))
    drawing.path([across[0], end, across[1]], "arrow")


def _left(index: int) -> float:
    return _MARGIN + index * (_BOX + _GAP)


def _style(place: Place) -> str:
    return {"BRAND": "zone-brand", "WIRE": "zone-wire"}.get(place.name, "zone-operator")


def _halves(text: str) -> tuple[str, str]:
    """Break a line at the space nearest its middle."""
    spaces = [index for index, character in enumerate(text) if character == " "]
    cut = min(spaces, key=lambda index: abs(index - len(text) / 2))
    return text[:cut], text[cut + 1 :]


def _words() -> str:
    steps = "; ".join(f"{s.name} ({' '.join(s.lines)}; {s.place})" for s in STAGES)
    return f"{steps}. {' '.join(NOTE)}"
