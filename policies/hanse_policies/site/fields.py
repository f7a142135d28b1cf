"""A document's fields as people read them: sections, tables and values, each with its line.

Rules: every field that a document has is shown, those left to their defaults, too; nothing
is judged here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import cast

from hanse_policies.documents import LegalPack
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.legal_pack import BilingualText
from hanse_policies.language import Language
from hanse_policies.site.html import NOTHING, Content, Html, element, joined, table
from hanse_policies.site.labels import label_of
from hanse_policies.site.words import Word, said
from hanse_policies.source import FieldPath, Source

SHOWN_ELSEWHERE: Mapping[type[StrictModel], frozenset[str]] = {
    LegalPack: frozenset({"checks", "example"}),
}
"""Fields that a page of their kind shows in a form of their own."""
DEEPEST_HEADING = 6


@dataclass(frozen=True, slots=True)
class FieldPage:
    """Where on a page, and where in the document.

    Attributes:
        language: Of labels, and of texts that are there in both.
        source: Where the fields were written.
        path: From the document's root.
        level: Of the headings below.
    """

    language: Language
    source: Source
    path: FieldPath = ()
    level: int = 3

    def below(self, *steps: str | int) -> FieldPage:
        """Return the place of a field's own fields."""
        level = min(self.level + 1, DEEPEST_HEADING)
        return replace(self, path=(*self.path, *steps), level=level)

    def say(self, word: Word) -> str:
        """Say one of the site's words."""
        return said(word, self.language)

    def label(self, field: str) -> str:
        """Name a field."""
        return label_of(field, self.language)

    def place(self, *steps: str | int) -> Html:
        """Name the line of a field."""
        return element("code", self.source.line_of(*self.path, *steps), class_="place")


def fields_html(model: StrictModel, page: FieldPage, title: str) -> Html:
    """Show all fields of a document or of a part of it.

    Args:
        model: The document, or the part.
        page: Where it stands.
        title: What the table of its plain fields is called.
    """
    left_out = SHOWN_ELSEWHERE.get(type(model), frozenset())
    fields = [(n, getattr(model, n)) for n in type(model).model_fields if n not in left_out]
    plain = [(name, value) for name, value in fields if not _is_block(value)]
    rows = ((page.label(name), value_html(value, page), page.place(name)) for name, value in plain)
    headings = (page.say(Word.FIELD), page.say(Word.VALUE), page.say(Word.WHERE))
    blocks = (_block(name, value, page) for name, value in fields if _is_block(value))
    return joined((table(title, headings, rows) if plain else NOTHING, *blocks))


def value_html(value: object, page: FieldPage) -> Content:
    """Show one value."""
    if value is None:
        return element("em", page.say(Word.NOT_STATED))
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return _listed([element("code", f"{key}: {word}") for key, word in pairs], page)
    if isinstance(value, tuple | frozenset):
        return _listed([value_html(one, page) for one in value], page)
    if isinstance(value, BilingualText):
        return value.zh if page.language is Language.ZH else value.en
    return _plain(value, page)


def _plain(value: object, page: FieldPage) -> Content:
    match value:
        case bool():
            return page.say(Word.YES if value else Word.NO)
        case StrictModel():
            return element("code", _json(value))
        case StrEnum():
            return element("code", value.value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return str(value)


def _listed(parts: list[Content], page: FieldPage) -> Content:
    if not parts:
        return element("em", page.say(Word.NONE))
    first, *rest = parts
    return joined((first, *(part for one in rest for part in (", ", one))))


def _json(model: StrictModel) -> str:
    return json.dumps(model.model_dump(mode="json", exclude_none=True), ensure_ascii=False)


def _is_block(value: object) -> bool:
    """Tell whether a value is shown in a section of its own."""
    if isinstance(value, tuple):
        return bool(value) and isinstance(value[0], StrictModel)
    is_short = isinstance(value, BilingualText) or _is_constant(value)
    return isinstance(value, StrictModel) and not is_short


def _is_constant(value: object) -> bool:
    return isinstance(value, StrictModel) and set(type(value).model_fields) == {"constant"}


def _block(name: str, value: object, page: FieldPage) -> Html:
    title, below = page.label(name), page.below(name)
    heading = element(f"h{page.level}", title)
    if isinstance(value, StrictModel):
        return heading + fields_html(value, below, title)
    items = cast("tuple[StrictModel, ...]", value)
    if any(_has_blocks(item) for item in items):
        return joined((heading, *(_item(i, one, title, below) for i, one in enumerate(items))))
    return heading + _rows(items, title, below)


def _has_blocks(model: StrictModel) -> bool:
    return any(_is_block(getattr(model, name)) for name in type(model).model_fields)


def _item(index: int, model: StrictModel, title: str, page: FieldPage) -> Html:
    """Show one of several parts that have parts themselves, as a permit does."""
    below = page.below(index)
    name = f"{title} {index + 1}: {_name_of(model)}".removesuffix(": ")
    return element(f"h{page.level}", name) + fields_html(model, below, name)


def _name_of(model: StrictModel) -> str:
    names = (getattr(model, field, None) for field in ("id", "purpose", "name", "kind"))
    return str(next((name for name in names if name is not None), ""))


def _rows(items: tuple[StrictModel, ...], title: str, page: FieldPage) -> Html:
    """Show parts without parts of their own in one table, all their fields as columns."""
    names = list(dict.fromkeys(n for item in items for n in _named_first(item)))
    headings = (*(page.label(name) for name in names), page.say(Word.WHERE))
    return table(title, headings, _cells(items, names, page))


def _named_first(item: StrictModel) -> tuple[str, ...]:
    fields = tuple(type(item).model_fields)
    first = next((n for n in ("id", "name", "column", "purpose", "brand") if n in fields), "")
    return tuple(sorted(fields, key=lambda name: name != first))


def _cells(
    items: tuple[StrictModel, ...], names: list[str], page: FieldPage
) -> Iterator[tuple[Content, ...]]:
    for index, item in enumerate(items):
        has = type(item).model_fields
        cells = (value_html(getattr(item, n), page) if n in has else "" for n in names)
        yield (*cells, page.place(index))
