"""The operator's lasting process: one port, the desk, and the runs.

Rules: it listens on loopback unless the configuration says otherwise; every
certificate is checked against the store at every call; runs that a killed
server left behind are marked failed before anything is served.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from hanse_policies.durable_files import held_alone
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.authority import Caller, caller_of
from hanse_server.home import OperatorHome
from hanse_server.link import GrpcOperatorLink, GrpcOperatorServer, LinkSettings, ServerAddress
from hanse_server.store import OperatorStore
from hanse_server.study_run import RunSetting
from hanse_server.tls_identity import credentials_of

Clock = Callable[[], datetime]


@contextmanager
def serving(
    home: OperatorHome,
    *,
    clock: Clock,
    deadline_seconds: float,
    settings: LinkSettings | None = None,
) -> Iterator[GrpcOperatorServer]:
    """Serve an alliance for as long as the context lasts.

    Args:
        home: The operator's folder.
        clock: Tells the time, with its zone.
        deadline_seconds: How long a brand may take for one question.
        settings: Times and limits of the link; the defaults if None.

    Raises:
        HomeInUseError: Another process serves from this folder.
        PortInUseError: Another process listens on the port.
        CertificateNotValidError: The clock is outside the server certificate's validity.
        HanseError: The home or its store cannot be read.
    """
    now = clock()
    with held_alone(home.path / "serve.lock"), home.open_store() as store:
        home.renew_own_certificates(store, now)
        store.runs.abandon(now)
        credentials = credentials_of(home.server_identity())
        credentials.check(now)
        link = GrpcOperatorLink(settings)
        desk = AllianceDesk(
            RunSetting(
                link=link,
                store=store,
                signing_key=home.signing_key(),
                releases=home.releases_folder,
                deadline_seconds=deadline_seconds,
                clock=clock,
            ),
            session=secrets.token_hex(8),
        )
        server = GrpcOperatorServer(
            link,
            brand_desk=desk,
            operator_desk=desk,
            credentials=credentials,
            authorise=_authorise(store, clock),
            address=_address(home),
        )
        with server:
            yield server


def _authorise(store: OperatorStore, clock: Clock) -> Callable[[bytes], Caller]:
    def authorise(certificate_der: bytes) -> Caller:
        return caller_of(certificate_der, store.membership, clock())

    return authorise


def _address(home: OperatorHome) -> ServerAddress:
    host, _, port = home.configuration.address.rpartition(":")
    return ServerAddress(host, int(port))
