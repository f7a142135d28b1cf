"""The operator's lasting process: one port, the desk, and the runs.

Rules: it listens on loopback unless the configuration says otherwise; every
certificate is checked against the store at every call; one server at a time
acts on a store, and one that was replaced stops serving, and its runs stop asking;
runs that a killed server left behind stay running in the store, to be taken up again,
and so do those that could not write down that they stopped.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from hanse_policies.durable_files import held_alone
from hanse_server.alliance_desk import AllianceDesk
from hanse_server.authority import Caller, caller_of
from hanse_server.home import OperatorHome
from hanse_server.lease_keeper import LEASE_LIFETIME, LeaseKeeper, held_lease
from hanse_server.leased_link import LeasedLink
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
    lease_lifetime: timedelta = LEASE_LIFETIME,
    on_lost: Callable[[], None] | None = None,
) -> Iterator[GrpcOperatorServer]:
    """Serve an alliance for as long as the context lasts.

    Args:
        home: The operator's folder.
        clock: Tells the time, with its zone.
        deadline_seconds: How long a brand may take for one question.
        settings: Times and limits of the link; the defaults if None.
        lease_lifetime: How long after this process was last heard of one from another
            folder may serve in its place.
        on_lost: Called when another server took the store over and this one stopped
            serving; whoever waits within the context should leave it then.

    Raises:
        HomeInUseError: Another process serves from this folder.
        StoreLeasedError: Another server acts on the store.
        StoreFencedError: When the context ends: another server took the store over.
        PortInUseError: Another process listens on the port.
        CertificateNotValidError: The clock is outside the server certificate's validity.
        HanseError: The home or its store cannot be read.
    """
    with (
        held_alone(home.path / "serve.lock"),
        home.open_store() as opened,
        held_lease(opened, _holder(home), clock, lease_lifetime) as lease,
    ):

        def lost() -> None:
            server.stop(grace_seconds=0)
            if on_lost is not None:
                on_lost()

        def renewed() -> None:
            desk.resume()

        keeper = LeaseKeeper(opened, lease, clock, lease_lifetime, on_renewed=renewed, on_lost=lost)
        link = GrpcOperatorLink(settings)
        setting = RunSetting(
            link=LeasedLink(link, keeper.check),
            store=opened.under(lease),
            signing_key=home.signing_key(),
            releases=home.releases_folder,
            deadline_seconds=deadline_seconds,
            clock=clock,
        )
        desk = AllianceDesk(setting, session=secrets.token_hex(8))
        server = _server(home, link, desk, setting)
        with server, keeper:
            desk.resume()
            yield server
        keeper.check()


def _server(
    home: OperatorHome, link: GrpcOperatorLink, desk: AllianceDesk, setting: RunSetting
) -> GrpcOperatorServer:
    now = setting.clock()
    home.renew_own_certificates(setting.store, now)
    credentials = credentials_of(home.server_identity())
    credentials.check(now)
    return GrpcOperatorServer(
        link,
        brand_desk=desk,
        operator_desk=desk,
        credentials=credentials,
        authorise=_authorise(setting.store, setting.clock),
        address=_address(home),
    )


def _holder(home: OperatorHome) -> str:
    """Name the one process that may serve from this folder on this host.

    The folder's lock makes sure that there is no other, so that a server started anew
    need not wait until the lease of the one that was killed expires.
    """
    return f"{socket.gethostname()}:{home.path.resolve()}"


def _authorise(store: OperatorStore, clock: Clock) -> Callable[[bytes], Caller]:
    def authorise(certificate_der: bytes) -> Caller:
        return caller_of(certificate_der, store.membership, clock())

    return authorise


def _address(home: OperatorHome) -> ServerAddress:
    host, _, port = home.configuration.address.rpartition(":")
    return ServerAddress(host, int(port))
