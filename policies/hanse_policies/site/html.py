"""HTML as it is written here: elements of escaped text.

Rules: text becomes HTML in `escaped` alone, and characters that a reader does not see are
written out there, so that what a hostile document says is read as what it is.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hanse_policies.visible_text import hidden_fault


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML whose text is escaped."""

    text: str

    def __add__(self, other: Html) -> Html:
        return Html(self.text + other.text)


Content = Html | str
"""What an element holds: text is escaped, HTML is not escaped again."""

NOTHING = Html("")
_VOID = frozenset({"link", "meta"})
_LAYOUT = "\n\t"


def escaped(text: str) -> Html:
    """Write text, with every character that hides, reorders or controls spelled out."""
    seen = "".join(c if c in _LAYOUT or hidden_fault(c) is None else _spelled(c) for c in text)
    return Html(html.escape(seen, quote=True))


def element(tag: str, *content: Content, **attributes: str) -> Html:
    """Write an element.

    Args:
        tag: Its name.
        content: What it holds.
        attributes: Escaped; `class_` is `class`, and `aria_label` is `aria-label`.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escaped(value).text}"'
        for name, value in attributes.items()
    )
    if tag in _VOID:
        return Html(f"<{tag}{named}>")
    return Html(f"<{tag}{named}>{joined(content).text}</{tag}>")


def joined(content: Iterable[Content]) -> Html:
    """Put pieces one after the other."""
    return Html(
        "".join(part.text if isinstance(part, Html) else escaped(part).text for part in content)
    )


def table(caption: Content, headings: Sequence[Content], rows: Iterable[Sequence[Content]]) -> Html:
    """Write a table whose first column names its rows."""
    head = (element("th", heading, scope="col") for heading in headings)
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *map(_row, rows)),
    )


def listing(items: Iterable[Content]) -> Html:
    """Write a list."""
    return element("ul", *(element("li", item) for item in items))


def _row(cells: Sequence[Content]) -> Html:
    first, *rest = cells
    return element("tr", element("th", first, scope="row"), *(element("td", c) for c in rest))


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
