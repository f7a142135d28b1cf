from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hanse_demo.door import DoorCheck, knock
from tests.support.certificates import Authority

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@contextmanager
def server(context: ssl.SSLContext | None) -> Iterator[str]:
    """Answer whoever gets in as an HTTP/2 server greets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, context))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _answer(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    for _ in range(3):
        connection, _ = listener.accept()
        with connection:
            try:
                if context is None:
                    connection.recv(64)
                    connection.sendall(SETTINGS)
                else:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(64)
                        secured.sendall(SETTINGS)
            except OSError:
                continue


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, authority = tmp_path_factory.mktemp("tls"), Authority()
    issued = authority.server()
    (folder / "server.pem").write_bytes(issued.private_key_pem + issued.certificate_pem)
    (folder / "authority.pem").write_bytes(authority.pem)
    return folder


def tls(folder: Path, *, mutual: bool, least: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.minimum_version = least
    if mutual:
        context.load_verify_locations(folder / "authority.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_server_without_tls_is_told_to_be_open() -> None:
    with server(None) as address:
        assert not knock(address).refuses_plaintext


def test_a_server_that_asks_for_no_certificate_is_told_to_let_strangers_in(
    certificate: Path,
) -> None:
    with server(tls(certificate, mutual=False, least=ssl.TLSVersion.TLSv1_2)) as address:
        told = knock(address)
    assert told == DoorCheck(
        refuses_plaintext=True, refuses_strangers=False, refuses_older_tls=False
    )


def test_a_server_of_mutual_tls_is_told_to_be_shut(certificate: Path) -> None:
    with server(tls(certificate, mutual=True, least=ssl.TLSVersion.TLSv1_3)) as address:
        assert knock(address).is_shut
