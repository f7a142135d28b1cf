"""Pages of the reference, from Markdown to HTML.

Rules: the Markdown is Hanse's own; HTML within it is text all the same. A link leads to a
page of the site, or is no link: the base install holds no other pages, and nothing here
leads elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hanse_policies.reference.markdown import NOTICE
from hanse_policies.site.html import Html

Linked = Callable[[str], str | None]
"""Where a link of the reference leads within the site; None for nowhere."""

_WIDE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def reference_html(markdown: str, linked: Linked) -> Html:
    """Write a page's body.

    Args:
        markdown: As the reference is written.
        linked: Finds where a link leads.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = reader.parse(markdown.removeprefix(NOTICE))
    met: Counter[str] = Counter()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            anchor = anchor_of(tokens[index + 1].content)
            token.attrSet("id", f"{anchor}-{met[anchor]}" if met[anchor] else anchor)
            met[anchor] += 1
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        elif token.children:
            token.children = list(_kept(token.children, linked))
    return Html(str(reader.renderer.render(tokens, reader.options, {})))


def anchor_of(heading: str) -> str:
    """Name a heading as forges do."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _kept(children: Sequence[Token], linked: Linked) -> Iterator[Token]:
    is_link = True
    for index, token in enumerate(children):
        if token.type == "link_open":
            target = linked(str(token.attrGet("href") or ""))
            is_link = target is not None
            token.attrs = {"href": target or ""}
        if token.type in {"link_open", "link_close"} and not is_link:
            continue
        if token.type == "softbreak" and _is_within_chinese(children, index):
            continue
        yield token


def _is_within_chinese(children: Sequence[Token], index: int) -> bool:
    """Tell whether a line ends between two Chinese characters, where no space belongs."""
    before = children[index - 1].content[-1:] if index else ""
    after = children[index + 1].content[:1] if index + 1 < len(children) else ""
    return bool(_WIDE.match(before) or _WIDE.match(after))
