"""The gRPC services of the two desks: they carry, the application answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hanse_federation.codec.brand_desk import (
    proposed_study_to_wire,
    release_entry_to_wire,
    release_files_to_wire,
)
from hanse_federation.codec.checks import check_digest, check_envelope
from hanse_federation.codec.operator_desk import operator_status_to_wire, run_event_to_wire
from hanse_federation.desk import BrandDesk, OperatorDesk
from hanse_server.authority import Caller
from hanse_server.link.admission import ServicerContext
from hanse_server.link.desk_calls import DeskCalls
from hanse_wire.v1 import brand_desk_pb2 as brand
from hanse_wire.v1 import operator_desk_pb2 as operator
from hanse_wire.v1.brand_desk_pb2_grpc import BrandDeskServiceServicer
from hanse_wire.v1.operator_desk_pb2_grpc import OperatorDeskServiceServicer

# The names of the methods are those of the .proto files.
# ruff: noqa: N802


class BrandDeskService(BrandDeskServiceServicer):
    """Serves `BrandDeskService`; the brand is that of the caller's certificate."""

    def __init__(self, desk: BrandDesk, calls: DeskCalls) -> None:
        self._desk = desk
        self._calls = calls

    async def GetCharter(
        self, _: brand.GetCharterRequest, context: ServicerContext
    ) -> brand.GetCharterResponse:
        """Hand out the charter in force."""
        return await self._calls.unary(
            context, lambda _: brand.GetCharterResponse(envelope=self._desk.charter())
        )

    async def ListStudies(
        self, _: brand.ListStudiesRequest, context: ServicerContext
    ) -> AsyncIterator[brand.ListStudiesResponse]:
        """List the proposed studies."""
        async for study in self._calls.stream(
            context, lambda caller: iter(self._desk.studies(caller.brand))
        ):
            yield brand.ListStudiesResponse(study=proposed_study_to_wire(study))

    async def SubmitVerdict(
        self, request: brand.SubmitVerdictRequest, context: ServicerContext
    ) -> brand.SubmitVerdictResponse:
        """Take a verdict."""

        def submit(caller: Caller) -> brand.SubmitVerdictResponse:
            envelope = check_envelope("envelope", request.envelope)
            self._desk.submit_verdict(caller.brand, envelope)
            return brand.SubmitVerdictResponse()

        return await self._calls.unary(context, submit)

    async def ListReleases(
        self, _: brand.ListReleasesRequest, context: ServicerContext
    ) -> AsyncIterator[brand.ListReleasesResponse]:
        """List the releases that the brand may fetch."""
        async for entry in self._calls.stream(
            context, lambda caller: iter(self._desk.releases(caller.brand))
        ):
            yield brand.ListReleasesResponse(release=release_entry_to_wire(entry))

    async def FetchRelease(
        self, request: brand.FetchReleaseRequest, context: ServicerContext
    ) -> AsyncIterator[brand.FetchReleaseResponse]:
        """Hand out a release in pieces."""
        async for part in self._calls.stream(
            context,
            lambda caller: release_files_to_wire(
                self._desk.release_files(caller.brand, check_digest("digest", request.digest))
            ),
        ):
            yield part


class OperatorDeskService(OperatorDeskServiceServicer):
    """Serves `OperatorDeskService` to the operator's own commands."""

    def __init__(self, desk: OperatorDesk, calls: DeskCalls) -> None:
        self._desk = desk
        self._calls = calls

    async def ProposeStudy(
        self, request: operator.ProposeStudyRequest, context: ServicerContext
    ) -> operator.ProposeStudyResponse:
        """Take a signed study."""

        def propose(_: Caller) -> operator.ProposeStudyResponse:
            envelope = check_envelope("envelope", request.envelope)
            return operator.ProposeStudyResponse(digest=self._desk.propose(envelope))

        return await self._calls.unary(context, propose)

    async def RunStudy(
        self, request: operator.RunStudyRequest, context: ServicerContext
    ) -> AsyncIterator[operator.RunStudyResponse]:
        """Run a study, telling each step."""
        async for event in self._calls.stream(
            context, lambda _: self._desk.run(check_digest("study", request.study))
        ):
            yield operator.RunStudyResponse(event=run_event_to_wire(event))

    async def GetStatus(
        self, _: operator.GetStatusRequest, context: ServicerContext
    ) -> operator.GetStatusResponse:
        """Describe the alliance now."""
        return await self._calls.unary(
            context,
            lambda _: operator.GetStatusResponse(
                status=operator_status_to_wire(self._desk.status())
            ),
        )
