"""TLS 1.3 and nothing below it, for every gRPC connection of this process.

gRPC for Python has no option for the lowest version, but its list of TLS 1.2
suites can be set. The one suite named here needs a pre-shared key that no party
has, so that a handshake below 1.3 finds no common suite, whatever kind of key a
certificate holds; TLS 1.3 has suites of its own. gRPC reads the list once, when
it is loaded: whoever loads gRPC (Flower does) imports this module before. A
server proves on its own port that this was done, and does not serve if not.
gRPC's own lines on standard error are switched off too, unless asked for:
everything it could say reaches the caller as an error.
"""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import suppress

from hanse_federation.link.errors import TlsVersionError

CIPHER_VARIABLE = "GRPC_SSL_CIPHER_SUITES"
UNUSABLE_SUITE = "ECDHE-PSK-CHACHA20-POLY1305"

os.environ[CIPHER_VARIABLE] = UNUSABLE_SUITE
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

_HANDSHAKE_RECORD = 0x16
_PATIENCE_SECONDS = 5.0


def verify_tls_1_3_only(host: str, port: int) -> None:
    """Offer TLS 1.2 to a server and see that it does not take it.

    Raises:
        TlsVersionError: The server went on with a TLS 1.2 handshake.
        OSError: The server cannot be reached.
    """
    offer = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    offer.check_hostname = False
    offer.verify_mode = ssl.CERT_NONE
    offer.maximum_version = ssl.TLSVersion.TLSv1_2
    offer.set_alpn_protocols(["h2"])
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    # This writes the first flight; nothing but the first byte of the answer matters.
    with suppress(ssl.SSLWantReadError):
        offer.wrap_bio(received, sent).do_handshake()
    with socket.create_connection((host, port), _PATIENCE_SECONDS) as connection:
        connection.sendall(sent.read())
        try:
            answer = connection.recv(1)
        except ConnectionResetError:
            return
    if answer and answer[0] == _HANDSHAKE_RECORD:
        raise TlsVersionError(
            "the server would accept TLS 1.2: expected 1.3 alone, which needs "
            "hanse_federation.link to be imported before anything that loads grpc; import it "
            f"first, or set the environment variable {CIPHER_VARIABLE} to {UNUSABLE_SUITE}"
        )
