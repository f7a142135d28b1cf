"""The picture of what happens to a study, from proposal to release, and where.

It says what this version does: a brand's answer is noised and masked before it
leaves, and the operator can read the sum over brands alone. The two trust modes
differ in how much noise a brand adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from markupsafe import Markup

from hanse_demo.report.charts.drawing import Drawing
from hanse_policies.documents import TrustMode


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


_NOISE = {
    TrustMode.LOCAL: ("all of it here:", "part has (ε, δ)"),
    TrustMode.DISTRIBUTED: ("a share of it:", "sum has (ε, δ)"),
}


def stages(mode: TrustMode) -> tuple[FlowStage, ...]:
    """List the steps of the path in a trust mode."""
    return (
        FlowStage("Study", "研究", Place.PROPOSER, ("signed data,", "never code")),
        FlowStage("Policy gate", "策略闸门", Place.BRAND, ("brand decides,", "deny by default")),
        FlowStage("Minimal view", "最小视图", Place.BRAND, ("named columns,", "valid consent")),
        FlowStage("Encode", "编码", Place.BRAND, ("each person,", "public bounds")),
        FlowStage("Bound", "限幅", Place.BRAND, ("one person's", "part is capped")),
        FlowStage("Noise", "加噪", Place.BRAND, _NOISE[mode]),
        FlowStage("Mask", "掩码", Place.BRAND, ("agreed between", "brands, per sum")),
        FlowStage("gRPC", "双向 TLS", Place.WIRE, ("mutual TLS,", "masked only")),
        FlowStage("Unmask", "去掩码", Place.OPERATOR, ("the sum alone,", "of 3 brands up")),
        FlowStage("Release", "发布", Place.OPERATOR, ("signed, with its", "privacy cost")),
    )


TITLE = "The path of a study"
_SUMS = "The operator reads no brand's answer by itself: masks come off the sum over brands alone."
_NOTES = {
    TrustMode.LOCAL: (_SUMS, "Each answer is private by itself; the masks are a second wall."),
    TrustMode.DISTRIBUTED: (_SUMS, "Each answer holds a share of the noise, and the sum enough."),
}

BOX, _GAP, _MARGIN = 104.0, 15.0, 10.0
_TALL_BOX = 46.0


def flow_wide(mode: TrustMode, *, ident: str) -> Markup:
    """Draw the path from left to right, for a screen that is wide enough."""
    path = stages(mode)
    width = 2 * _MARGIN + len(path) * BOX + (len(path) - 1) * _GAP
    drawing = Drawing(width, 190, ident=ident, title=TITLE, description=_words(mode))
    for place, group in groupby(range(len(path)), key=lambda index: path[index].place):
        members = list(group)
        start = _left(members[0]) - 6
        end = _left(members[-1]) + BOX + 6
        drawing.rectangle((start, 6), end - start, 140, f"zone {_style(place)}", radius=8)
        drawing.text((start + 8, 25), str(place), "zone-label")
    for index, stage in enumerate(path):
        left, middle = _left(index), _left(index) + BOX / 2
        drawing.rectangle((left, 36), BOX, 98, "box", radius=6)
        drawing.text((middle, 58), stage.name, "stage", anchor="middle")
        drawing.text((middle, 76), stage.name_zh, "note", anchor="middle")
        for row, line in enumerate(stage.lines):
            drawing.text((middle, 100 + 15 * row), line, "note", anchor="middle")
        if index:
            _arrow(drawing, (left - _GAP + 1, 85), (left - 2, 85))
    for row, line in enumerate(_NOTES[mode]):
        drawing.text((width - _MARGIN, 166 + 16 * row), line, "note", anchor="end")
    return drawing.markup()


def flow_narrow(mode: TrustMode, *, ident: str) -> Markup:
    """Draw the path from top to bottom, for a phone or a printed page."""
    path = stages(mode)
    width, step, head, gap = 372.0, _TALL_BOX + 16, 26.0, 20.0
    places = [place for place, _ in groupby(path, key=lambda stage: stage.place)]
    height = len(path) * step + len(places) * (head + gap) + 56
    drawing = Drawing(width, height, ident=ident, title=TITLE, description=_words(mode))
    top = 6.0
    for place, group in groupby(path, key=lambda stage: stage.place):
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
        if members[-1] is not path[-1]:
            _arrow(drawing, (width / 2, top - gap + 2), (width / 2, top - 2))
    for row, line in enumerate(part for note in _NOTES[mode] for part in _halves(note)):
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
    return _MARGIN + index * (BOX + _GAP)


def _style(place: Place) -> str:
    return {"BRAND": "zone-brand", "WIRE": "zone-wire"}.get(place.name, "zone-operator")


def _halves(text: str) -> tuple[str, str]:
    """Break a line at the space nearest its middle."""
    spaces = [index for index, character in enumerate(text) if character == " "]
    cut = min(spaces, key=lambda index: abs(index - len(text) / 2))
    return text[:cut], text[cut + 1 :]


def _words(mode: TrustMode) -> str:
    steps = "; ".join(f"{s.name} ({' '.join(s.lines)}; {s.place})" for s in stages(mode))
    return f"{steps}. {' '.join(_NOTES[mode])}"
