"""The site: which address has which page, and the frame that every page stands in.

Rules: the addresses are the reference's, which are fixed, and those of the folder's files,
which are read anew for each page; whatever else is asked for does not exist.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from hanse_policies.language import Language
from hanse_policies.reference.languages import NAMES
from hanse_policies.rehearsal import ASSUMED
from hanse_policies.site.decisions import ShownDecision, decisions_of
from hanse_policies.site.document_page import DocumentView, state_of, verdict_of
from hanse_policies.site.folder import ShownFile, ShownFolder, read_shown
from hanse_policies.site.html import NOTHING, Html, element, joined, listing, table
from hanse_policies.site.reference_html import reference_html
from hanse_policies.site.reference_table import ReferenceTable
from hanse_policies.site.words import Word, said

HTML = "text/html; charset=utf-8"
STYLE = "/style.css"
HTML_LANGUAGES: Mapping[Language, str] = {Language.EN: "en", Language.ZH: "zh-Hans"}
OTHER: Mapping[Language, Language] = {Language.EN: Language.ZH, Language.ZH: Language.EN}


@dataclass(frozen=True, slots=True)
class Page:
    """What an address holds."""

    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """All pages of the reference, and of a folder's documents.

    Attributes:
        folder: Where the documents lie; None for the reference alone.
        keys: The public keys that signed files are tried with.
        clock: Tells the time that decisions are rehearsed for.
    """

    folder: Path | None
    keys: Sequence[str]
    clock: Callable[[], datetime]
    reference: ReferenceTable

    def page(self, address: str) -> Page | None:
        """Find the page of an address, as `/en/reference/lints/L09`; None for none.

        Raises:
            DocumentFileError: The folder is there no longer.
        """
        if address == STYLE:
            style = files("hanse_policies.site") / "style.css"
            return Page("text/css; charset=utf-8", style.read_bytes())
        before, *rest = address.split("/", 2)
        if before or len(rest) < 2 or rest[0] not in set(Language):
            return None
        language, path = Language(rest[0]), rest[1]
        if schema := self.reference.schema(path):
            return Page("application/json; charset=utf-8", schema.encode())
        if path == "":
            return self._index(language)
        if path.startswith("reference/"):
            return self._reference(path, language)
        return self._document(path, language)

    def not_found(self) -> Page:
        """Write the page for an address that has none."""
        title = said(Word.NOT_FOUND, Language.EN)
        return _framed(title, element("p", said(Word.NOT_FOUND, Language.ZH)), "", Language.EN)

    def _read(self) -> tuple[ShownFolder, tuple[ShownDecision, ...], datetime]:
        now = self.clock()
        if self.folder is None:
            return ShownFolder(), (), now
        shown = read_shown(self.folder, self.keys)
        return shown, decisions_of(shown, self.folder, now), now

    def _index(self, language: Language) -> Page:
        shown, decisions, now = self._read()
        parts = [element("h2", said(Word.DOCUMENTS, language))]
        if self.folder is None:
            parts.append(element("p", said(Word.NO_FOLDER, language)))
        else:
            parts += [
                _files(shown, language),
                _matrix(shown, decisions, language),
                _read_at(now, language),
            ]
        parts += [element("h2", said(Word.REFERENCE, language)), self._contents(language)]
        return _framed(said(Word.SITE, language), joined(parts), "", language)

    def _contents(self, language: Language) -> Html:
        return listing(
            element("a", title, href=name) for name, title in self.reference.contents(language)
        )

    def _reference(self, path: str, language: Language) -> Page | None:
        found = self.reference.markdown(path, language)
        if found is None:
            return None
        title, markdown = found
        body = reference_html(markdown, lambda link: self._linked(path, link))
        if language is Language.ZH and not self.reference.is_chinese(path):
            body = element("p", said(Word.ENGLISH_ONLY, language)) + body
        return _framed(title, body, path, language, is_headed=True)

    def _linked(self, page: str, link: str) -> str | None:
        """Find where a link of the reference leads, relative to its page."""
        name, _, anchor = link.partition("#")
        here = posixpath.dirname(page)
        target = posixpath.normpath(posixpath.join(here, name)).removesuffix(".md")
        if not name:
            return link
        if not self.reference.has(target):
            return None
        return posixpath.relpath(target, here or ".") + (f"#{anchor}" if anchor else "")

    def _document(self, path: str, language: Language) -> Page | None:
        if self.folder is None or not path.startswith("documents/"):
            return None
        shown, decisions, now = self._read()
        address = path.removeprefix("documents/")
        file = next((one for one in shown.files if one.address == address), None)
        if file is None:
            return None
        own = tuple(d for d in decisions if file.name in {d.study.file, d.policy.file})
        body = DocumentView(file, shown, own, language).html() + _read_at(now, language)
        return _framed(title_of(file), body, path, language)


def title_of(file: ShownFile) -> str:
    """Call a file by its kind, its id and its name."""
    named = "" if file.loaded is None else str(getattr(file.loaded.document, "id", ""))
    return " ".join(filter(None, (file.kind, named, f"({file.name})")))


def _files(shown: ShownFolder, language: Language) -> Html:
    if not shown.files:
        return element("p", said(Word.EMPTY_FOLDER, language))
    words = (Word.FILE, Word.KIND, Word.DOCUMENT, Word.VERSION, Word.STATE, Word.FINDINGS)
    counted = [finding.place.file for finding in shown.findings]
    rows = (
        (
            element("a", file.name, href=f"documents/{file.address}"),
            file.kind or "-",
            _field(file, "id"),
            _field(file, "version"),
            state_of(file, shown, language),
            str(counted.count(file.name)),
        )
        for file in shown.files
    )
    listed = table(said(Word.DOCUMENTS, language), [said(w, language) for w in words], rows)
    if not shown.left_out:
        return listed
    return listed + element("p", said(Word.LEFT_OUT, language, count=str(shown.left_out)))


def _field(file: ShownFile, name: str) -> str:
    value = None if file.loaded is None else getattr(file.loaded.document, name, None)
    return "-" if value is None else str(value)


def _matrix(shown: ShownFolder, decisions: Sequence[ShownDecision], language: Language) -> Html:
    if not decisions:
        return NOTHING
    addresses = {file.name: file.address for file in shown.files}
    words = (Word.STUDY, Word.BRAND, Word.VERDICT)
    rows = (
        (
            element(
                "a",
                one.study.document.id,
                href=f"documents/{addresses[one.study.file]}#{one.anchor}",
            ),
            one.policy.document.brand,
            verdict_of(one, language),
        )
        for one in decisions
    )
    title, headings = said(Word.DECISIONS, language), [said(word, language) for word in words]
    return element("p", ASSUMED[language]) + table(title, headings, rows)


def _read_at(now: datetime, language: Language) -> Html:
    when = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return element("p", said(Word.READ_AT, language, when=when), class_="note")


def _framed(
    title: str, body: Html, path: str, language: Language, *, is_headed: bool = False
) -> Page:
    """Put a page's content into the frame of the site.

    Args:
        title: Of the page.
        body: Its content.
        path: Of the page within its language, for the way to the other one.
        language: Of the page.
        is_headed: Whether the content begins with the page's heading.
    """
    heading = NOTHING if is_headed else element("h1", title)
    main = element("main", heading, body, id="content")
    head = element("head", *_head(title, language))
    frame = element("body", *_navigation(path, language), main)
    page = element("html", head, frame, lang=HTML_LANGUAGES[language])
    return Page(HTML, f"<!doctype html>\n{page.text}\n".encode())


def _head(title: str, language: Language) -> Iterator[Html]:
    yield element("meta", charset="utf-8")
    yield element("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield element("title", f"{title} - {said(Word.SITE, language)}")
    yield element("link", rel="stylesheet", href=STYLE)


def _navigation(path: str, language: Language) -> Iterator[Html]:
    other = OTHER[language]
    yield element("a", said(Word.SKIP, language), href="#content", class_="skip")
    switch = element(
        "a",
        NAMES[other],
        href=f"/{other}/{path}",
        lang=HTML_LANGUAGES[other],
        hreflang=HTML_LANGUAGES[other],
    )
    home = element("a", said(Word.SITE, language), href=f"/{language}/")
    yield element("header", element("nav", home, " ", switch, aria_label=said(Word.SITE, language)))
