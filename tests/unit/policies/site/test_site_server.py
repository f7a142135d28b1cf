"""The local site as a browser, and as a hostile one, meets it: a real server on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from hanse_policies.lint import LINTS
from hanse_policies.site.server import HEADERS, SiteServer
from tests.support.local_site import Crawl, ask, crawl, raw, seen, served

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"


@pytest.fixture(scope="module")
def server() -> Iterator[SiteServer]:
    with served(SAMPLES / "cross-border") as running:
        yield running


@pytest.fixture(scope="module")
def crawled(server: SiteServer) -> Crawl:
    return crawl(server, "/en/")


def test_no_link_of_the_site_leads_nowhere(crawled: Crawl) -> None:
    assert crawled.broken == []


def test_all_pages_are_reached_in_both_languages(crawled: Crawl) -> None:
    documents = [path for path in crawled.pages if path.startswith("/en/documents/")]
    files = list((SAMPLES / "cross-border").rglob("*.yaml"))
    assert len(documents) == len(files)
    top = ("lints", "rules", "packs", "vocabulary", "documents", "examples", "errors", "commands")
    expected = {f"reference/{name}" for name in top} | {f"reference/lints/{x}" for x in LINTS}
    for language in ("en", "zh"):
        assert {f"/{language}/{path}" for path in expected} <= crawled.pages.keys()
        assert {f"/{language}/{path[4:]}" for path in documents} <= crawled.pages.keys()
    assert "/en/reference/documents/BrandPolicy.schema.json" in crawled.pages


def test_every_answer_bears_every_header(crawled: Crawl) -> None:
    for answer in crawled.pages.values():
        assert HEADERS.items() <= answer.headers.items()
        assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_pages_are_well_formed_and_can_be_read_by_everybody(crawled: Crawl) -> None:
    for path, answer in crawled.pages.items():
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = seen(answer.text)
        assert (page.mismatched, page.unclosed) == ([], []), path
        assert page.tags("html") == [{"lang": "zh-Hans" if path[1:3] == "zh" else "en"}]
        assert len(page.tags("h1")) == 1, path
        assert all("scope" in cell for cell in page.tags("th")), path
        levels = [int(tag[1]) for tag, _ in page.elements if tag[0] == "h" and tag[1:].isdigit()]
        assert all(b - a <= 1 for a, b in pairwise(levels)), path
        assert len(page.ids) == sum("id" in attributes for _, attributes in page.elements), path


def test_nothing_runs_and_nothing_comes_from_elsewhere(crawled: Crawl) -> None:
    allowed = {"html", "head", "meta", "title", "link", "body", "header", "nav", "main", "a"}
    allowed |= {"h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "li", "ol", "em", "strong", "span"}
    allowed |= {"table", "caption", "thead", "tbody", "tr", "th", "td", "code", "pre"}
    for path, answer in crawled.pages.items():
        if answer.headers["Content-Type"].startswith("text/html"):
            page = seen(answer.text)
            assert {tag for tag, _ in page.elements} <= allowed, path
            assert not any(link.startswith(("http", "//", "javascript")) for link in page.links)
            names = {name for _, attributes in page.elements for name in attributes}
            assert not {n for n in names if n.startswith("on")} | names & {"src", "style"}


def test_the_same_words_are_said_in_the_language_that_was_chosen(server: SiteServer) -> None:
    english = seen(ask(server, "/en/reference/lints/L09").text).text
    chinese = seen(ask(server, "/zh/reference/lints/L09").text).text
    assert LINTS["L09"].en.why in english
    assert LINTS["L09"].zh.why in chinese
    assert LINTS["L09"].zh.why not in english
    assert LINTS["L09"].en.why not in chinese


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}", ""],
)
def test_another_host_is_refused(server: SiteServer, host: str) -> None:
    """DNS rebinding: a name of somebody else's that leads to this machine."""
    answer = ask(server, "/en/", host=host.format(port=server.server_port))
    assert (answer.status, answer.body) == (421, b"misdirected request\n")


def test_localhost_is_this_host_in_any_case(server: SiteServer) -> None:
    assert ask(server, "/en/", host=f"LocalHost:{server.server_port}").status == 200


def test_no_host_and_two_hosts_are_refused(server: SiteServer) -> None:
    host = f"Host: 127.0.0.1:{server.server_port}\r\n"
    assert raw(server, b"GET /en/ HTTP/1.0\r\n\r\n").status == 421
    assert raw(server, f"GET /en/ HTTP/1.1\r\n{host}{host}\r\n".encode()).status == 421
    both = f"GET /en/ HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n"
    assert raw(server, both.encode()).status == 421


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_another_site_makes_is_refused(server: SiteServer, site: str) -> None:
    assert ask(server, "/en/", more=f"Sec-Fetch-Site: {site}\r\n").status == 403
    assert ask(server, "/en/", more="Sec-Fetch-Site: same-origin\r\n").status == 200


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "SERVE", "<script>"]
)
def test_no_method_but_get_and_head_is_taken(server: SiteServer, method: str) -> None:
    answer = ask(server, "/en/", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert HEADERS.items() <= answer.headers.items()
    assert answer.body == b"method not allowed\n"


def test_head_tells_the_length_and_sends_nothing(server: SiteServer) -> None:
    head, whole = (ask(server, "/en/reference/rules", method) for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_a_refused_head_sends_nothing_either(server: SiteServer) -> None:
    for answer in (ask(server, "/none", "HEAD"), ask(server, "/en/", "HEAD", host="evil.example")):
        assert answer.status in {404, 421}
        assert answer.body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/en/../../../etc/passwd",
        "/en/documents/../../../../etc/passwd",
        "/en/documents/%2e%2e/%2e%2e/etc/passwd",
        "/en/documents/charter.yaml",
        "/en/documents/",
        "/en/documents//etc/passwd",
        "//etc/passwd",
        "//127.0.0.1/en/",
        "/en/reference/lints/../../../style.css",
        "/en/reference/lints/L99",
        "/en/reference/lints/L09.md",
        "/en/reference/documents/../lints",
        "/en/reference/wire",
        "/fr/",
        "/en",
        "/en/?<script>alert(1)</script>",
        "/EN/",
        "/site/words.py",
        "http://evil.example/en/",
        "*",
        "/en/\x00",
        "/" + "a" * 30_000,
    ],
)
def test_what_is_not_in_the_table_does_not_exist(server: SiteServer, path: str) -> None:
    answer = ask(server, path)
    assert answer.status == 404
    assert b"script" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    "request_line",
    [b"GET", b"GET /en/", b"\x16\x03\x01\x02\x00", b"GET /en/ HTTP/9.9", b"GET /en/ more HTTP/1.1"],
)
def test_what_is_no_request_is_refused_in_plain_text(
    server: SiteServer, request_line: bytes
) -> None:
    answer = raw(server, request_line + b"\r\n\r\n")
    assert answer.status in {400, 421, 505}
    assert HEADERS.items() <= answer.headers.items()
    assert ask(server, "/en/").status == 200


def test_the_root_leads_to_the_first_language(server: SiteServer) -> None:
    answer = ask(server, "/")
    assert (answer.status, answer.headers["Location"]) == (303, "/en/")


def test_it_listens_on_loopback_alone(server: SiteServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_it_stays_up_when_a_caller_goes_away(server: SiteServer) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
            connection.sendall(b"GET /en/ HT")
    assert ask(server, "/en/").status == 200


def test_a_folder_that_is_gone_is_said_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    with served(folder) as server:
        assert ask(server, "/en/").status == 200
        folder.rename(tmp_path / "elsewhere")
        answer = ask(server, "/en/")
        assert answer.status == 503
        assert answer.text.startswith("document-file: ")
        (tmp_path / "elsewhere").rename(folder)
        assert ask(server, "/en/").status == 200
