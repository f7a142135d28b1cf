"""Both ends of a real gRPC link on loopback, with stub desks and responders."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from hanse_clients.link import BrandConnection, SentMessage
from hanse_federation.desk import (
    OperatorStatus,
    ProposedStudy,
    ReleaseEntry,
    ReleaseFile,
    RunEvent,
    RunStage,
    StudyState,
    StudyStatus,
)
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.link.interface import OperatorLink
from hanse_federation.link.settings import LinkSettings
from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    Parameters,
    Reply,
    ReplyPayload,
    Request,
    RequestPayload,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId
from hanse_server.authority import Caller
from hanse_server.errors import CertificateRevokedError, CertificateUnknownError, StudyUnknownError
from hanse_server.link import GrpcOperatorLink, GrpcOperatorServer, ServerAddress
from hanse_server.store.records import CallerRole
from tests.support.certificates import Authority, der_of

STUDY = "a1" * 32
BRAND = BrandId("alpha")
QUICK = LinkSettings(heartbeat_seconds=0.1, lost_after_seconds=1.0, recheck_seconds=0.1)


def now() -> datetime:
    return datetime.now(UTC)


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.005)


def parameters(*sizes: int) -> Parameters:
    return tuple(
        Tensor(f"layer.{i}", np.arange(size, dtype=np.float32)) for i, size in enumerate(sizes)
    )


def request(payload: RequestPayload, deadline_seconds: float = 20.0) -> Request:
    return Request(Binding(7, STUDY, 1, secrets.token_hex(16)), payload, deadline_seconds)


def ask(
    link: OperatorLink, brand: BrandId, payload: RequestPayload, deadline_seconds: float = 20.0
) -> ReplyPayload:
    question = request(payload, deadline_seconds)
    link.submit(brand, question)
    (reply,) = link.collect([question.binding.request], deadline_seconds + 5)
    assert isinstance(reply, Reply)
    return reply.payload


class Echo:
    """Gives parameters back as they came."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def answer(self, request: Request) -> ReplyPayload:
        self.asked.append(request)
        match request.payload:
            case TrainRequest(sent):
                return TrainReply(sent, 1)
            case CohortRequest():
                return CohortReply(17)
            case EvaluateRequest():
                return CellsReply((1, 2, 3))
            case _:
                return CellsReply((-1, 0, 1))


class Roll:
    """Who is enrolled; revoking works at once."""

    def __init__(self) -> None:
        self._callers: dict[bytes, Caller] = {}
        self._revoked: set[bytes] = set()

    def enrol(self, credentials: TlsCredentials, brand: str) -> TlsCredentials:
        self._callers[der_of(credentials)] = Caller(CallerRole.BRAND, BrandId(brand))
        return credentials

    def enrol_operator(self, credentials: TlsCredentials) -> TlsCredentials:
        self._callers[der_of(credentials)] = Caller(CallerRole.OPERATOR, BrandId(""))
        return credentials

    def revoke(self, credentials: TlsCredentials) -> None:
        self._revoked.add(der_of(credentials))

    def __call__(self, certificate: bytes) -> Caller:
        if certificate in self._revoked:
            raise CertificateRevokedError("expected a certificate in force, got a revoked one")
        if certificate not in self._callers:
            raise CertificateUnknownError("expected an enrolled certificate, got another")
        return self._callers[certificate]


class StubBrandDesk:
    def __init__(self) -> None:
        self.verdicts: list[tuple[BrandId, bytes]] = []
        self.files = (ReleaseFile("card.json", b"{}"), ReleaseFile("empty.txt", b""))

    def charter(self) -> bytes:
        return b"charter"

    def studies(self, brand: BrandId) -> tuple[ProposedStudy, ...]:
        return (ProposedStudy(STUDY, b"study for " + brand.encode(), StudyState.PROPOSED),)

    def submit_verdict(self, brand: BrandId, envelope: bytes) -> None:
        if envelope == b"wrong":
            raise StudyUnknownError("a sentence about the secret-detail that must stay")
        if envelope == b"defect":
            raise RuntimeError("a defect with a secret-detail")
        self.verdicts.append((brand, envelope))

    def releases(self, brand: BrandId) -> tuple[ReleaseEntry, ...]:
        return (ReleaseEntry("b2" * 32, STUDY, "propensity"),)

    def release_files(self, brand: BrandId, digest: str) -> Iterator[ReleaseFile]:
        yield from self.files


class StubOperatorDesk:
    def __init__(self) -> None:
        self.closed = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.link: GrpcOperatorLink | None = None

    def propose(self, envelope: bytes) -> str:
        return STUDY

    def run(self, study: str) -> Iterator[RunEvent]:
        try:
            yield RunEvent(RunStage.STARTED, rounds=2)
            self.gate.wait(10)
            yield RunEvent(RunStage.ROUND, 1, 2, (BRAND,), ((BrandId("beta"), "no-answer"),), "x")
            yield RunEvent(RunStage.RELEASED, release="c3" * 32)
        finally:
            self.closed.set()

    def status(self) -> OperatorStatus:
        traffic = () if self.link is None else tuple(self.link.traffic())
        refused = ((BrandId("beta"), ("purpose.not-permitted",)),)
        study = StudyStatus(STUDY, "propensity", StudyState.RELEASED, (BRAND,), refused, "")
        return OperatorStatus("alliance", (BRAND,), (BRAND,), (study,), traffic)


@dataclass
class LinkBench:
    """An operator's server on loopback, and what is needed to make brands for it."""

    settings: LinkSettings = QUICK
    authority: Authority = field(default_factory=Authority)
    roll: Roll = field(default_factory=Roll)
    brand_desk: StubBrandDesk = field(default_factory=StubBrandDesk)
    operator_desk: StubOperatorDesk = field(default_factory=StubOperatorDesk)

    def __post_init__(self) -> None:
        self.link = GrpcOperatorLink(self.settings)
        self.operator_desk.link = self.link
        self._server_credentials = self.authority.server()
        self.server = self._make(0)

    def _make(self, port: int) -> GrpcOperatorServer:
        return GrpcOperatorServer(
            self.link,
            brand_desk=self.brand_desk,
            operator_desk=self.operator_desk,
            credentials=self._server_credentials,
            authorise=self.roll,
            address=ServerAddress(port=port),
        )

    def restart(self) -> None:
        port = self.server.port
        self.server.stop(0)
        self.server = self._make(port)
        self.server.start()

    def brand_credentials(self, brand: str = "alpha") -> TlsCredentials:
        return self.roll.enrol(self.authority.client(brand), brand)

    @contextmanager
    def brand(
        self,
        responder: object = None,
        credentials: TlsCredentials | None = None,
        name: str = "alpha",
        on_sent: Callable[[SentMessage], None] = lambda _: None,
        *,
        unsafe_plaintext_replies: bool = True,
    ) -> Iterator[RunningBrand]:
        connection = BrandConnection(
            self.server.address,
            credentials or self.brand_credentials(name),
            responder or Echo(),  # type: ignore[arg-type]
            clock=now,
            on_sent=on_sent,
            settings=self.settings,
            unsafe_plaintext_replies=unsafe_plaintext_replies,
        )
        running = RunningBrand(connection)
        running.thread.start()
        try:
            yield running
        finally:
            running.stop.set()
            running.thread.join(20)
            assert not running.thread.is_alive()


class RunningBrand:
    """A brand's connection on a thread, and how it ended."""

    def __init__(self, connection: BrandConnection) -> None:
        self.connection = connection
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.connection.run(self.stop)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self.error = error

    def ending(self, seconds: float = 15.0) -> BaseException | None:
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "the connection still runs"
        return self.error


@contextmanager
def running_bench(settings: LinkSettings = QUICK) -> Iterator[LinkBench]:
    bench = LinkBench(settings)
    bench.server.start()
    try:
        yield bench
    finally:
        bench.operator_desk.gate.set()
        bench.server.stop(0)
