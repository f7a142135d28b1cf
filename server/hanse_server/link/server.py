"""The operator's gRPC server: mutual TLS 1.3 on one port, an event loop on one thread.

Rules: it listens on loopback unless told otherwise; nobody without a
certificate from the alliance's CA gets as far as a call; the port is its own
(no other process may share it); it proves before it serves that TLS 1.2 is
refused; stopping tells every brand, waits for calls for a while, then ends them.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Thread
from typing import Self

import grpc
import grpc.aio

from hanse_federation.desk import BrandDesk, OperatorDesk
from hanse_federation.link.channel import MAX_FRAME_BYTES, TUNING
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.link.tls import verify_tls_1_3_only
from hanse_server.errors import ListenError, PortInUseError
from hanse_server.link.admission import Admission, Authorise
from hanse_server.link.brand_stream import Ending, EndingKind
from hanse_server.link.desk_calls import DeskCalls
from hanse_server.link.desk_services import BrandDeskService, OperatorDeskService
from hanse_server.link.link_service import LinkService
from hanse_server.link.operator_link import GrpcOperatorLink
from hanse_server.store.records import CallerRole
from hanse_wire.v1.brand_desk_pb2_grpc import add_BrandDeskServiceServicer_to_server
from hanse_wire.v1.link_pb2_grpc import add_LinkServiceServicer_to_server
from hanse_wire.v1.operator_desk_pb2_grpc import add_OperatorDeskServiceServicer_to_server

DESK_THREADS = 8
ADMISSION_THREADS = 4
HANDSHAKE_MILLISECONDS = 5000
STOPPING = Ending(EndingKind.STOPPING, "server-stopping")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server listens; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0


class GrpcOperatorServer:
    """Serves a link and the two desks; a context manager that starts and stops."""

    def __init__(
        self,
        link: GrpcOperatorLink,
        *,
        brand_desk: BrandDesk,
        operator_desk: OperatorDesk,
        credentials: TlsCredentials,
        authorise: Authorise,
        address: ServerAddress = ServerAddress(),
    ) -> None:
        """Prepare a server that does not listen yet.

        Args:
            link: The link whose streams it holds.
            brand_desk: What brands may ask.
            operator_desk: What the operator's own commands may ask.
            credentials: The server's key and certificate, and the alliance's CA;
                checked by the caller for the time being.
            authorise: Judges a client certificate (DER) at every call, at every
                request and reply of a stream, and while a stream is idle.
            address: Where to listen.
        """
        self._link = link
        self._desks = (brand_desk, operator_desk)
        self._credentials = credentials
        self._authorise = authorise
        self._address = address
        self._bound = 0
        self._started: Future[int] = Future()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._grace_seconds = 0.0
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the start."""
        return self._bound

    @property
    def address(self) -> str:
        """Where to dial it, as `host:port`."""
        return _join(self._address.host, self._bound)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and serve on a thread of its own.

        Raises:
            PortInUseError: Another process listens on the port.
            ListenError: The address cannot be listened on.
            TlsVersionError: The process would accept TLS below 1.3.
        """
        _check_free(self._address)
        self._thread = Thread(target=self._run, name="hanse-link", daemon=True)
        self._thread.start()
        self._bound = self._started.result()
        try:
            verify_tls_1_3_only(self._address.host, self._bound)
        except BaseException:
            self.stop(grace_seconds=0)
            raise

    def stop(self, grace_seconds: float = 1.0) -> None:
        """Tell every brand, let calls end for a while, then end them; idempotent."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._grace_seconds = grace_seconds
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def wait(self) -> None:
        """Wait until the server has stopped."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except ListenError as error:
            self._started.set_exception(error)
        finally:
            if not self._started.done():
                self._started.set_exception(ListenError("the server ended before it listened"))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        with (
            ThreadPoolExecutor(ADMISSION_THREADS, "hanse-admission") as admission_threads,
            ThreadPoolExecutor(DESK_THREADS, "hanse-desk") as desk_threads,
        ):
            server = self._assemble(Admission(self._authorise, admission_threads), desk_threads)
            bound = self._bind(server)
            await server.start()
            self._started.set_result(bound)
            await self._stop.wait()
            self._link.close_streams(STOPPING)
            await server.stop(self._grace_seconds)

    def _assemble(self, admission: Admission, threads: ThreadPoolExecutor) -> grpc.aio.Server:
        options = (
            *TUNING,
            ("grpc.so_reuseport", 0),
            # Whoever does not finish the handshake must not hold a connection.
            ("grpc.server_handshake_timeout_ms", HANDSHAKE_MILLISECONDS),
            ("grpc.max_receive_message_length", MAX_FRAME_BYTES),
        )
        cap = self._link.settings.stream_cap
        server = grpc.aio.server(options=options, maximum_concurrent_rpcs=cap)
        self._link.admit_by(self._authorise)
        brand_desk, operator_desk = self._desks
        brands = DeskCalls(admission, CallerRole.BRAND, threads)
        operators = DeskCalls(admission, CallerRole.OPERATOR, threads)
        add_LinkServiceServicer_to_server(LinkService(self._link, admission), server)
        add_BrandDeskServiceServicer_to_server(BrandDeskService(brand_desk, brands), server)
        add_OperatorDeskServiceServicer_to_server(
            OperatorDeskService(operator_desk, operators), server
        )
        return server

    def _bind(self, server: grpc.aio.Server) -> int:
        pair = (self._credentials.private_key_pem, self._credentials.certificate_pem)
        credentials = grpc.ssl_server_credentials(
            [pair], self._credentials.ca_pem, require_client_auth=True
        )
        target = _join(self._address.host, self._address.port)
        try:
            return server.add_secure_port(target, credentials)
        except RuntimeError as error:
            _check_free(self._address)
            raise ListenError(
                f"cannot listen on {target}: expected a usable key, certificate and address"
            ) from error


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_free(address: ServerAddress) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        with socket.create_server((address.host, address.port), family=family):
            return
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"port {address.port} on {address.host} is in use: expected a free one; stop the "
                "process that listens there or choose another with --port"
            ) from error
        raise ListenError(
            f"cannot listen on {_join(address.host, address.port)}: "
            f"expected an address of this machine ({error.strerror})"
        ) from error
