"""What a stranger meets at the operator's door: TLS 1.3, and nothing without a certificate.

Rules: a knock sends no document and asks no question; whatever keeps a stranger
out, an alert or a closed connection, counts as kept out; an answer counts as
let in. For the demo's report only; the tests of the link are the proof.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

KNOCK_SECONDS = 5.0
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_HTTP2_FRAME_HEADER = 9
_SETTINGS = 4


@dataclass(frozen=True, slots=True)
class DoorCheck:
    """How the server answered strangers.

    Attributes:
        refuses_plaintext: It does not speak without TLS.
        refuses_strangers: It does not speak to a client without a certificate.
        refuses_older_tls: It does not speak TLS 1.2 or older.
    """

    refuses_plaintext: bool
    refuses_strangers: bool
    refuses_older_tls: bool

    @property
    def is_shut(self) -> bool:
        """Tell whether no stranger got in."""
        return self.refuses_plaintext and self.refuses_strangers and self.refuses_older_tls


def knock(address: str) -> DoorCheck:
    """Knock at a server without TLS, without a certificate, and with an older TLS.

    Args:
        address: `host:port`.
    """
    stranger = _stranger()
    older = _stranger()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    return DoorCheck(
        refuses_plaintext=not _is_answered(address, None),
        refuses_strangers=not _is_answered(address, stranger),
        refuses_older_tls=not _is_answered(address, older),
    )


def _stranger() -> ssl.SSLContext:
    """Make a client that checks nothing: here it is the server that has to refuse."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def _is_answered(address: str, context: ssl.SSLContext | None) -> bool:
    """Greet as an HTTP/2 client does and tell whether the greeting is returned."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), KNOCK_SECONDS) as plain:
            if context is None:
                return _greet(plain)
            with context.wrap_socket(plain, server_hostname=host) as secured:
                return _greet(secured)
    except OSError:
        return False


def _greet(connection: socket.socket) -> bool:
    connection.sendall(_HTTP2_PREFACE)
    answer = connection.recv(_HTTP2_FRAME_HEADER)
    return len(answer) == _HTTP2_FRAME_HEADER and answer[3] == _SETTINGS
