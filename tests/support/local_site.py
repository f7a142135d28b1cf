"""A real server of the local site on loopback, and what a browser would see of its pages."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from hanse_policies.language import Language
from hanse_policies.site.server import SiteServer
from hanse_policies.site.serving import open_site

VOID = frozenset({"link", "meta", "br", "hr", "img", "input"})


@dataclass
class Answer:
    """What came back of one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Seen(HTMLParser):
    """A page as a reader of HTML takes it."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.unclosed or self.unclosed.pop() != tag:
            self.mismatched.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for _, attributes in self.elements if "href" in attributes]

    def tags(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def seen(text: str) -> Seen:
    """Read a page."""
    page = Seen()
    page.feed(text)
    page.close()
    return page


def now() -> datetime:
    """Tell the time."""
    return datetime.now(tz=UTC)


@contextmanager
def served(folder: Path | None = None, keys: tuple[str, ...] = ()) -> Iterator[SiteServer]:
    """Serve a site until the block ends."""
    with open_site(folder, 0, keys, Language.EN, now) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def raw(server: SiteServer, request: bytes) -> Answer:
    """Send bytes as they are; no client puts anything right."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as file:
            data = file.read()
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status.split()[1]), headers, body)


def ask(
    server: SiteServer, path: str, method: str = "GET", host: str | None = None, more: str = ""
) -> Answer:
    """Ask for a path, by default as the browser does that the address was typed into."""
    named = f"127.0.0.1:{server.server_port}" if host is None else host
    return raw(server, f"{method} {path} HTTP/1.1\r\nHost: {named}\r\n{more}\r\n".encode("latin-1"))


@dataclass
class Crawl:
    """Every page that links lead to, and the links that lead nowhere."""

    pages: dict[str, Answer] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)


def crawl(server: SiteServer, start: str) -> Crawl:
    """Follow every link from a page."""
    found, waiting = Crawl(), [start]
    links: list[tuple[str, str]] = []
    while waiting:
        path = waiting.pop()
        if path in found.pages:
            continue
        answer = found.pages[path] = ask(server, path)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        for link in seen(answer.text).links:
            target = urljoin(f"http://site{path}", link)
            links.append((path, target))
            if urlsplit(target).netloc == "site":
                waiting.append(urlsplit(target).path)
    ids = {path: seen(page.text).ids for path, page in found.pages.items() if page.status == 200}
    found.broken = [(page, link) for page, link in links if not _leads(ids, link)]
    return found


def _leads(ids: dict[str, set[str]], link: str) -> bool:
    address, anchor = urldefrag(link)
    parts = urlsplit(address)
    if parts.netloc != "site" or parts.path not in ids:
        return False
    return not anchor or anchor in ids[parts.path]
