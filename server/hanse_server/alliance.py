"""An operator's alliance in a few lines, for a notebook or a command.

    alliance = Alliance.open("operator")
    digest = alliance.propose("repurchase-propensity.yaml")
    for event in alliance.run(digest):
        print(event.stage, event.round_number)
    print(alliance.status().studies)

The server (`alliance.serve()` or `hanse operator serve`) runs elsewhere; these
calls reach it over mutual TLS with the operator's own certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hanse_federation.link.tls  # noqa: F401 - before anything loads gRPC
from hanse_federation.desk import OperatorStatus, RunEvent
from hanse_federation.release import Release, read_release
from hanse_policies.advice import Advice, advise
from hanse_policies.documents import AllianceCharter, BrandId
from hanse_policies.loading import load_study
from hanse_policies.source import Sources
from hanse_server.enrolment import (
    EnrolledBrand,
    charter_in_force,
    check_request,
    enrol,
    revoke,
)
from hanse_server.errors import ReleaseNotFoundError, StudyUnknownError
from hanse_server.home import OperatorHome
from hanse_server.link import GrpcOperatorServer, OperatorClient
from hanse_server.tls_identity import credentials_of

DEADLINE_SECONDS = 300.0
SHORTEST_PREFIX = 8


def system_clock() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


class Alliance:
    """What an operator does, on its own folder and through its own server."""

    def __init__(self, home: OperatorHome, clock: Callable[[], datetime] = system_clock) -> None:
        """Use an operator's folder that was founded before."""
        self.home = home
        self._clock = clock

    @classmethod
    def open(cls, path: str | Path) -> Alliance:
        """Open the folder of an operator.

        Raises:
            OperatorHomeMissingError: The folder holds no operator.
        """
        return cls(OperatorHome.open(Path(path)))

    def serve(
        self,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        on_lost: Callable[[], None] | None = None,
    ) -> AbstractContextManager[GrpcOperatorServer]:
        """Serve the alliance for as long as the context lasts; see `service.serving`."""
        # Flower takes half a second to load, which every other use does without.
        from hanse_server.service import serving  # noqa: PLC0415

        return serving(
            self.home, clock=self._clock, deadline_seconds=deadline_seconds, on_lost=on_lost
        )

    def charter(self) -> AllianceCharter:
        """Return the charter in force."""
        with self.home.open_store() as store:
            return charter_in_force(self.home, store)

    def enrol(self, request: bytes) -> EnrolledBrand:
        """Make a brand a member; its bundle goes back to the brand.

        Raises:
            EnrolmentError: The request is not good, or the brand is a member already.
        """
        with self.home.open_store() as store:
            return enrol(
                self.home,
                store,
                check_request(request, self.home.alliance),
                lifetime=timedelta(days=self.home.configuration.certificate_days),
                now=self._clock(),
            )

    def revoke(self, brand: str, reason: str) -> int:
        """End a brand's membership; return the version of the charter without it."""
        with self.home.open_store() as store:
            return revoke(self.home, store, BrandId(brand), reason=reason, now=self._clock())

    def propose(self, study: str | Path) -> str:
        """Sign a study and hand it to the brands; return its digest.

        Raises:
            DocumentError: The file is not a valid study.
            DeskRefusedError: The server refuses it.
        """
        document = load_study(Path(study)).document
        envelope = self.home.signing_key().sign(document)
        with self._client() as client:
            return client.propose(envelope.to_json())

    def advise(self, study: str | Path) -> Advice:
        """Say what the charter lets every brand find about a study; the brands decide.

        Raises:
            DocumentError: The file is not a valid study.
        """
        loaded = load_study(Path(study))
        return advise(
            loaded.document,
            charter=self.charter(),
            now=self._clock(),
            sources=Sources(study=loaded.source),
        )

    def run(self, study: str) -> Iterator[RunEvent]:
        """Run a study, named by its id or digest, telling each step.

        Raises:
            StudyUnknownError: No study goes by that name.
            DeskRefusedError: The server refuses to run it.
        """
        digest = self.digest_of(study)
        with self._client() as client:
            yield from client.run(digest)

    def status(self) -> OperatorStatus:
        """Describe the alliance now."""
        with self._client() as client:
            return client.status()

    def digest_of(self, study: str) -> str:
        """Find a study by its id (the newest version), its digest or the digest's first digits.

        Raises:
            StudyUnknownError: None goes by that name.
        """
        with self.home.open_store() as store:
            records = store.studies.studies()
        for record in reversed(records):
            is_prefix = len(study) >= SHORTEST_PREFIX and record.digest.startswith(study)
            if record.study_id == study or is_prefix:
                return record.digest
        raise StudyUnknownError(
            f"expected a study that was proposed, got {study[:64]}; hanse operator status lists "
            "them"
        )

    def release_folder(self, digest: str) -> Path:
        """Find a release's folder on the operator's disk.

        Raises:
            ReleaseNotFoundError: No such release.
        """
        with self.home.open_store() as store:
            for record in store.runs.releases():
                if record.digest == digest:
                    return self.home.releases_folder / record.directory
        raise ReleaseNotFoundError("expected a release of this operator, got another digest")

    def release(self, digest: str) -> Release:
        """Read and verify a release of this operator."""
        key = self.home.signing_key().public_hex
        return read_release(self.release_folder(digest), key, self._clock())

    def _client(self) -> OperatorClient:
        credentials = credentials_of(self.home.command_identity())
        return OperatorClient(self.home.configuration.address, credentials, self._clock())
