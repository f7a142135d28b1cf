"""What a brand asks the operator's desk, over the same credentials as its stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Self, TypeVar

import grpc

from hanse_federation.codec.brand_desk import (
    proposed_study_from_wire,
    release_entry_from_wire,
    release_files_from_wire,
)
from hanse_federation.codec.checks import check_count, check_envelope
from hanse_federation.desk import ProposedStudy, ReleaseEntry, ReleaseFile
from hanse_federation.link.channel import failure_of, open_channel
from hanse_federation.link.credentials import TlsCredentials
from hanse_wire.v1 import brand_desk_pb2 as wire
from hanse_wire.v1.brand_desk_pb2_grpc import BrandDeskServiceStub

CALL_SECONDS = 30.0
FETCH_SECONDS = 600.0
MAX_LISTED = 10_000
"""Most studies or releases taken from the operator in one list."""

ResultT = TypeVar("ResultT")


class BrandDeskClient:
    """A brand's calls to the operator; a context manager that closes the connection.

    The operator knows the brand by its certificate. Every method raises
    `ServerUnreachableError`, `ServerNotTrustedError`, `CertificateRefusedError`,
    `DeskRefusedError` with the code of the refusal, or `InvalidMessageError`.
    """

    def __init__(
        self, address: str, credentials: TlsCredentials, clock: Callable[[], datetime]
    ) -> None:
        """Prepare the connection.

        Args:
            address: `host:port` of the operator's server.
            credentials: The brand's key and certificate, and the alliance's CA;
                checked before every call.
            clock: Tells the time, with its zone.

        Raises:
            CertificateNotValidError: The clock is outside the certificate's validity.
            CredentialsError: Key, certificate and CA do not belong together.
        """
        credentials.check(clock())
        self._credentials = credentials
        self._clock = clock
        self._address = address
        self._channel = open_channel(address, credentials)
        self._stub = BrandDeskServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def charter(self) -> bytes:
        """Return the charter in force, signed; to be opened with the operator's key."""
        request = wire.GetCharterRequest()
        response = self._call(lambda: self._stub.GetCharter(request, timeout=CALL_SECONDS))
        return check_envelope("envelope", response.envelope)

    def studies(self) -> tuple[ProposedStudy, ...]:
        """List the studies proposed to this brand, signed."""
        request = wire.ListStudiesRequest()
        return self._call(
            lambda: tuple(
                proposed_study_from_wire(response.study)
                for response in _listed(self._stub.ListStudies(request, timeout=CALL_SECONDS))
            )
        )

    def submit_verdict(self, envelope: bytes) -> None:
        """Hand in a signed verdict."""
        request = wire.SubmitVerdictRequest(envelope=check_envelope("envelope", envelope))
        self._call(lambda: self._stub.SubmitVerdict(request, timeout=CALL_SECONDS))

    def releases(self) -> tuple[ReleaseEntry, ...]:
        """List the releases that this brand may fetch."""
        request = wire.ListReleasesRequest()
        return self._call(
            lambda: tuple(
                release_entry_from_wire(response.release)
                for response in _listed(self._stub.ListReleases(request, timeout=CALL_SECONDS))
            )
        )

    def release_files(self, digest: str) -> tuple[ReleaseFile, ...]:
        """Fetch all files of a release; to be verified against its signed card."""
        request = wire.FetchReleaseRequest(digest=digest)
        return self._call(
            lambda: tuple(
                release_files_from_wire(self._stub.FetchRelease(request, timeout=FETCH_SECONDS))
            )
        )

    def _call(self, call: Callable[[], ResultT]) -> ResultT:
        self._credentials.check(self._clock())
        try:
            return call()
        except grpc.RpcError as error:
            raise failure_of(error, self._address) from error


def _listed(responses: Iterable[ResultT]) -> Iterator[ResultT]:
    for count, response in enumerate(responses, start=1):
        check_count("responses", count, 0, MAX_LISTED)
        yield response
