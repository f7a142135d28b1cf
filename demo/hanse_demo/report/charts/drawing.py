"""A small SVG canvas: elements are built as a tree, so all text is escaped by construction.

Rules: colours come from the page's style sheet by class, never from here, so a
figure follows light, dark and print; every figure has a title, a description
and the role of an image; numbers are written with at most two places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from markupsafe import Markup

SVG_NAMESPACE = "http://www.w3.org/2000/svg"

Point = tuple[float, float]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def coordinate(value: float) -> str:
    """Write a coordinate with at most two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text_width(text: str, size: float = 12.0) -> float:
    """Estimate the width of a text in a system font; a Chinese character is one em."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (wide + 0.56 * (len(text) - wide))


def shorten(text: str, width: float, size: float = 12.0) -> str:
    """Cut a text with an ellipsis so that it fits a width."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


class Drawing:
    """One figure. Coordinates are user units; the page scales the whole."""

    def __init__(
        self, width: float, height: float, *, ident: str, title: str, description: str
    ) -> None:
        """Start an empty figure.

        Args:
            width: Of the view box.
            height: Of the view box.
            ident: Unique within the page; letters, digits and `-`.
            title: What the figure is.
            description: What it shows, for those who cannot see it.
        """
        self.width = width
        self.height = height
        self._root = ET.Element(
            "svg",
            {
                "xmlns": SVG_NAMESPACE,
                "viewBox": f"0 0 {coordinate(width)} {coordinate(height)}",
                "width": coordinate(width),
                "height": coordinate(height),
                "role": "img",
                "aria-labelledby": f"{ident}-title {ident}-description",
                "class": "chart",
            },
        )
        self._add("title", {"id": f"{ident}-title"}, title)
        self._add("desc", {"id": f"{ident}-description"}, description)

    def line(self, start: Point, end: Point, style: str) -> None:
        """Draw a straight line."""
        ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        self._add("line", {k: coordinate(v) for k, v in ends.items()} | {"class": style})

    def path(self, points: Sequence[Point], style: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area within them; nothing for fewer than two."""
        if len(points) < 2:
            return
        steps = " L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
        self._add("path", {"d": f"M{steps}{' Z' if closed else ''}", "class": style})

    def rectangle(
        self,
        corner: Point,
        width: float,
        height: float,
        style: str,
        *,
        radius: float = 0,
        strength: float | None = None,
        tooltip: str = "",
    ) -> None:
        """Draw a rectangle; `strength` is its fill opacity in [0, 1]."""
        box = {"x": corner[0], "y": corner[1], "width": max(width, 0), "height": max(height, 0)}
        attributes = {k: coordinate(v) for k, v in box.items()} | {"class": style}
        if radius:
            attributes["rx"] = coordinate(radius)
        if strength is not None:
            attributes["fill-opacity"] = coordinate(strength)
        self._add("rect", attributes, tooltip=tooltip)

    def circle(self, centre: Point, radius: float, style: str, *, tooltip: str = "") -> None:
        """Draw a circle."""
        place = {"cx": centre[0], "cy": centre[1], "r": radius}
        attributes = {k: coordinate(v) for k, v in place.items()} | {"class": style}
        self._add("circle", attributes, tooltip=tooltip)

    def text(
        self,
        place: Point,
        text: str,
        style: str = "label",
        *,
        anchor: str = "start",
        turn: float = 0,
    ) -> None:
        """Write a text; `anchor` is start, middle or end, `turn` in degrees about its place."""
        x, y = coordinate(place[0]), coordinate(place[1])
        attributes = {"x": x, "y": y, "class": style, "text-anchor": anchor}
        if turn:
            attributes["transform"] = f"rotate({coordinate(turn)} {x} {y})"
        if any(unicodedata.east_asian_width(character) in "WF" for character in text):
            attributes["lang"] = "zh-Hans"
        self._add("text", attributes, text)

    def whisker(self, start: Point, end: Point, style: str = "whisker") -> None:
        """Draw an interval: a line with a cap at each end, level or upright."""
        upright = start[0] == end[0]
        across, along = (4.0, 0.0) if upright else (0.0, 4.0)
        self.line(start, end, style)
        for x, y in (start, end):
            self.line((x - across, y - along), (x + across, y + along), style)

    def markup(self) -> Markup:
        """Return the figure as markup that a template may print as it is."""
        return Markup(ET.tostring(self._root, encoding="unicode"))  # noqa: S704 - escaped by ElementTree

    def _add(
        self, tag: str, attributes: dict[str, str], text: str = "", *, tooltip: str = ""
    ) -> None:
        element = ET.SubElement(self._root, tag, {k: _clean(v) for k, v in attributes.items()})
        if text:
            element.text = _clean(text)
        if tooltip:
            ET.SubElement(element, "title").text = _clean(tooltip)


def _clean(text: str) -> str:
    """Drop the characters that XML does not allow."""
    return _NOT_XML.sub("", text)
