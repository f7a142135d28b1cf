"""What is asked of the operator outside the rounds of a run, as interfaces.

The gRPC services carry these; the operator's application implements them.
Documents travel as signed DSSE envelopes in JSON, so that whoever receives one
can check it without trusting the carrier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId


class StudyState(StrEnum):
    """Where a proposed study stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"


class RunStage(StrEnum):
    """What a running study is doing."""

    STARTED = "started"
    COHORT = "cohort"
    ROUND = "round"
    MEASURED = "measured"
    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProposedStudy:
    """A study as the operator's server hands it out."""

    digest: str
    envelope: bytes
    state: StudyState


@dataclass(frozen=True, slots=True)
class ReceivedVerdict:
    """One brand's signed verdict as the operator holds it."""

    brand: BrandId
    study: str
    envelope: bytes


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A release that a brand may fetch."""

    digest: str
    study: str
    study_id: str


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of a release directory."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RunEvent:
    """A step of a run, for whoever watches.

    Attributes:
        stage: What happened.
        round_number: The round that ended; 0 outside rounds.
        rounds: How many rounds the run has.
        brands: Brands whose answers count in this step.
        refusals: Brand and code of each answer that is missing.
        detail: One plain sentence, of the operator's own making.
        release: Digest of the release, once there is one.
    """

    stage: RunStage
    round_number: int = 0
    rounds: int = 0
    brands: tuple[BrandId, ...] = ()
    refusals: tuple[tuple[BrandId, str], ...] = ()
    detail: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """A study and what the brands said of it."""

    digest: str
    study_id: str
    state: StudyState
    approved: tuple[BrandId, ...]
    refused: tuple[tuple[BrandId, tuple[str, ...]], ...]
    release: str


@dataclass(frozen=True, slots=True)
class OperatorStatus:
    """The operator's view of the alliance now."""

    alliance: str
    enrolled: tuple[BrandId, ...]
    connected: tuple[BrandId, ...]
    studies: tuple[StudyStatus, ...]
    traffic: tuple[TrafficCount, ...]


class BrandDesk(Protocol):
    """What a brand may ask; `brand` is the identity of the caller's certificate."""

    def charter(self) -> bytes:
        """Return the charter in force, as a signed envelope."""
        ...

    def studies(self, brand: BrandId) -> tuple[ProposedStudy, ...]:
        """List the studies proposed to the alliance."""
        ...

    def submit_verdict(self, brand: BrandId, envelope: bytes) -> None:
        """Take a brand's signed verdict.

        Raises:
            VerdictRefusedError: Wrong signature, wrong brand or unknown study.
        """
        ...

    def releases(self, brand: BrandId) -> tuple[ReleaseEntry, ...]:
        """List the releases that this brand may fetch."""
        ...

    def release_files(self, brand: BrandId, digest: str) -> Iterator[ReleaseFile]:
        """Hand out a release, file by file.

        Raises:
            ReleaseNotFoundError: No such release, or not for this brand.
        """
        ...


class OperatorDesk(Protocol):
    """What the operator's own commands may ask; only the operator's certificate gets in."""

    def propose(self, envelope: bytes) -> str:
        """Take a signed study and hand it to the brands; return its digest."""
        ...

    def run(self, study: str) -> Iterator[RunEvent]:
        """Run a study to its end, telling each step."""
        ...

    def status(self) -> OperatorStatus:
        """Describe the alliance now."""
        ...
