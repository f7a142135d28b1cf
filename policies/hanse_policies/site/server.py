"""The server of the local site: HTTP on loopback, GET and HEAD, nothing else.

Rules: a request is refused unless it names this very address (a page elsewhere could
otherwise reach it under a name of its own, DNS rebinding) and unless it comes from this
site or from a person's own hand. Nothing of a request is written into an answer or a log.
"""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from hanse_policies.errors import AddressError, DocumentFileError, HanseError
from hanse_policies.language import Language
from hanse_policies.site.pages import Page, Site

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost")
TIMEOUT_SECONDS = 15
TEXT = "text/plain; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer, refusals included."""


class SiteServer(ThreadingHTTPServer):
    """Serves one site on loopback."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, site: Site, port: int, language: Language) -> None:
        """Listen, and serve nothing yet.

        Args:
            site: What is served.
            port: 0 for one that is free.
            language: That `/` leads to.

        Raises:
            AddressError: The port cannot be listened on.
        """
        self.site, self.language = site, language
        self.one_at_a_time = threading.Lock()
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = (getattr(error, "strerror", None) or "refused").lower()
            raise AddressError(
                f"cannot listen on {LOOPBACK}:{port}: {reason}; name another with --port, or "
                "--port 0 for one that is free"
            ) from error

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.language}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request must name as its host, port included."""
        bare = set(NAMES) if self.server_port == 80 else set()
        return frozenset(bare | {f"{name}:{self.server_port}" for name in NAMES})

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """Say nothing of a connection that broke."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    timeout = TIMEOUT_SECONDS
    default_request_version = "HTTP/1.0"
    """Of a request that names none, so that its refusal has headers, too."""

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer with what a page's headers would be."""
        self._answer()

    def version_string(self) -> str:
        """Name the server without any version."""
        return "hanse"

    def log_message(self, *_: object) -> None:
        """Write no log: an address may hold anything."""

    def send_error(self, code: int, *_: object) -> None:
        """Refuse in plain text, with nothing of the request in it."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code = HTTPStatus.METHOD_NOT_ALLOWED
        status = HTTPStatus(code)
        self._send(status, Page(TEXT, f"{status.phrase.lower()}\n".encode()))

    def _answer(self) -> None:
        server = cast("SiteServer", self.server)
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].lower() not in server.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif self.headers.get("Sec-Fetch-Site", "none") in {"cross-site", "same-site"}:
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == "/":
            self._send(HTTPStatus.SEE_OTHER, Page(TEXT, b""), Location=f"/{server.language}/")
        else:
            self._send(*_found(server, self.path))

    def _send(self, status: HTTPStatus, page: Page, **headers: str) -> None:
        self.send_response(status)
        for name, value in (HEADERS | headers).items():
            self.send_header(name, value)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)
        self.close_connection = True


def _found(server: SiteServer, path: str) -> tuple[HTTPStatus, Page]:
    """Find a page; one is written at a time, so that many requests cost no more memory."""
    with server.one_at_a_time:
        try:
            page = server.site.page(path)
        except HanseError as error:
            told = f"{error.code}: {error}\n".encode(errors="backslashreplace")
            return HTTPStatus.SERVICE_UNAVAILABLE, Page(TEXT, told)
        except OSError as error:
            reason = (error.strerror or "refused").lower()
            told = f"{DocumentFileError.code}: cannot read the folder: {reason}\n".encode()
            return HTTPStatus.SERVICE_UNAVAILABLE, Page(TEXT, told)
    if page is None:
        return HTTPStatus.NOT_FOUND, server.site.not_found()
    return HTTPStatus.OK, page
