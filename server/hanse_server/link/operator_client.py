"""The operator's own commands as clients of the operator's server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Self, TypeVar

import grpc

from hanse_federation.codec.checks import check_digest
from hanse_federation.codec.operator_desk import operator_status_from_wire, run_event_from_wire
from hanse_federation.desk import OperatorStatus, RunEvent
from hanse_federation.link.channel import MAX_STATUS_BYTES, failure_of, open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_wire.v1 import operator_desk_pb2 as wire
from hanse_wire.v1.operator_desk_pb2_grpc import OperatorDeskServiceStub

CALL_SECONDS = 30.0

ResultT = TypeVar("ResultT")


class OperatorClient:
    """An `OperatorDesk` at the other end of a connection; a context manager that closes it.

    Every method raises `ServerUnreachableError`, `ServerNotTrustedError`,
    `CertificateRefusedError`, or `DeskRefusedError` with the code of the refusal.
    """

    def __init__(self, address: str, credentials: TlsCredentials, now: datetime) -> None:
        """Check the credentials and prepare the connection.

        Args:
            address: `host:port` of the operator's server.
            credentials: The operator's key and certificate, and the alliance's CA.
            now: The time, with its zone.

        Raises:
            CertificateNotValidError: The clock is outside the certificate's validity.
            CredentialsError: Key, certificate and CA do not belong together.
        """
        credentials.check(now)
        self._address = address
        self._channel = open_channel(address, credentials, MAX_STATUS_BYTES)
        self._stub = OperatorDeskServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def propose(self, envelope: bytes) -> str:
        """Hand in a signed study; return its digest."""
        request = wire.ProposeStudyRequest(envelope=envelope)
        response = self._call(lambda: self._stub.ProposeStudy(request, timeout=CALL_SECONDS))
        return check_digest("digest", response.digest)

    def run(self, study: str) -> Iterator[RunEvent]:
        """Run a study to its end, telling each step."""
        try:
            for response in self._stub.RunStudy(wire.RunStudyRequest(study=study)):
                yield run_event_from_wire(response.event)
        except grpc.RpcError as error:
            raise failure_of(error, self._address) from error

    def status(self) -> OperatorStatus:
        """Describe the alliance now."""
        request = wire.GetStatusRequest()
        response = self._call(lambda: self._stub.GetStatus(request, timeout=CALL_SECONDS))
        return operator_status_from_wire(response.status)

    def _call(self, call: Callable[[], ResultT]) -> ResultT:
        try:
            return call()
        except grpc.RpcError as error:
            raise failure_of(error, self._address) from error
