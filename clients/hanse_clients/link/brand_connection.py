"""A brand's lasting connection: it dials out, answers, and dials again until told to stop.

Rules: the brand listens on no port; the certificate's validity is compared with
the clock before each dialling; a server that is away is dialled again with
back-off, for as long as it takes; one that refuses the certificate, or is not
the alliance's, ends the connection with an error, because only a person can
help. Requests are answered one at a time, also across streams.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event, Thread

import grpc

from hanse_clients.link.backoff import BackOff
from hanse_clients.link.brand_session import Answering, BrandSession, SentHook, SentMessage
from hanse_federation.errors import LinkError
from hanse_federation.link.channel import failure_of, open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.link.errors import (
    CredentialsError,
    DeskRefusedError,
    HandshakeRefusedError,
)
from hanse_federation.link.interface import Responder
from hanse_federation.link.settings import LinkSettings
from hanse_wire.v1.link_pb2_grpc import LinkServiceStub

HANDSHAKE_ATTEMPTS = 5
"""Handshakes refused one after another until the certificate is taken for refused."""
WATCH_SECONDS = 0.25

_FINAL_REFUSALS = frozenset({"protocol-version", "role-refused"})

_SYSTEM_RANDOM = secrets.SystemRandom()

_logger = logging.getLogger(__name__)


class BrandConnection:
    """Keeps one brand connected to its operator."""

    def __init__(  # noqa: PLR0913 - what weakens the link is an argument of its own
        self,
        address: str,
        credentials: TlsCredentials,
        responder: Responder,
        *,
        clock: Callable[[], datetime],
        on_sent: SentHook = lambda _: None,
        settings: LinkSettings | None = None,
        ticks: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = _SYSTEM_RANDOM.random,
        unsafe_plaintext_replies: bool = False,
    ) -> None:
        """Prepare a connection that does not dial yet.

        Args:
            address: `host:port` of the operator's server.
            credentials: The brand's key and certificate, and the alliance's CA.
            responder: Answers requests; called on one thread, one request at a time.
            clock: Tells the time, with its zone.
            on_sent: Called before the first byte of each reply leaves; if it raises
                an error of Hanse, the reply stays and the request is refused.
            settings: Limits, and the times until the operator's `Welcome` states others.
            ticks: Seconds that never go back, for deadlines and silence.
            draw: Gives numbers in [0, 1) for the jitter of the back-off.
            unsafe_plaintext_replies: Whether answers leave that are not masked; for
                tests and measurements of the link itself.
        """
        self._address = address
        self._credentials = credentials
        self._responder = responder
        self._clock = clock
        self._on_sent = on_sent
        self._settings = settings or LinkSettings()
        self._ticks = ticks
        self._unsafe_plaintext_replies = unsafe_plaintext_replies
        self._back_off = BackOff(draw)
        self._session: BrandSession | None = None

    @property
    def is_connected(self) -> bool:
        """Tell whether a stream is open now."""
        session = self._session
        return session is not None and session.was_welcomed and not session.has_ended

    def run(self, stop: Event) -> None:
        """Stay connected and answer until `stop` is set; let an answer under way end.

        Raises:
            CertificateNotValidError: The clock is outside the certificate's validity.
            CredentialsError: Key, certificate and CA do not belong together.
            CertificateRefusedError: The server does not let this brand in.
            ServerNotTrustedError: Whoever answers is not the operator's server.
            HandshakeRefusedError: The server ends every handshake.
            DeskRefusedError: The server speaks another version of the link.
        """
        refused_handshakes = 0
        with ThreadPoolExecutor(1, "hanse-answer") as worker:
            answering = Answering(
                self._responder,
                worker,
                self._on_sent,
                self._ticks,
                self._unsafe_plaintext_replies,
            )
            while not stop.is_set():
                self._credentials.check(self._clock())
                failure = self._hold(BrandSession(answering, self._settings), stop)
                if stop.is_set():
                    return
                refused = isinstance(failure, HandshakeRefusedError)
                refused_handshakes = refused_handshakes + 1 if refused else 0
                if refused_handshakes == HANDSHAKE_ATTEMPTS or _is_final(failure):
                    raise failure
                wait = self._back_off.next_seconds()
                reason = failure.refusal if isinstance(failure, DeskRefusedError) else failure.code
                _logger.info("not connected (%s); dialling again in %.1f s", reason, wait)
                stop.wait(wait)

    def _hold(self, session: BrandSession, stop: Event) -> LinkError:
        self._session = session
        Thread(target=_watch, args=(session, stop), name="hanse-watch", daemon=True).start()
        channel = open_channel(self._address, self._credentials)
        try:
            session.run(LinkServiceStub(channel))
        except grpc.RpcError as error:
            return failure_of(error, self._address)
        except LinkError as error:
            return error
        finally:
            channel.close()
            if session.was_welcomed:
                self._back_off.succeed()
        return DeskRefusedError("stream-ended")


def _watch(session: BrandSession, stop: Event) -> None:
    """End the session when the brand stops or the operator is silent for too long."""
    while not session.has_ended:
        if stop.wait(WATCH_SECONDS) or session.is_silent():
            session.end()


def _is_final(failure: LinkError) -> bool:
    if isinstance(failure, DeskRefusedError):
        return failure.refusal in _FINAL_REFUSALS
    return isinstance(failure, CredentialsError)


__all__ = ["BrandConnection", "SentHook", "SentMessage"]
