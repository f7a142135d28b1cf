"""A brand's part after consent: what follows for studies, what is purged, how a brand leaves.

Rules: what the brand must be able to account for is signed before anything is purged;
an exit that could not be accounted for does not begin; one that begins is on disk before
anything else of it, so that the brand answers nothing from then on whatever happens next,
and one that was cut short is finished by the same call.
No budget is freed, and no person is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hanse_clients.consent_ends import ConsentEnds, SignedWithdrawal, StudyEnds
from hanse_clients.end_records import BegunExit, PlannedPurge
from hanse_clients.errors import ExitReasonError
from hanse_clients.home import BrandHome
from hanse_clients.lineage import Lineage
from hanse_clients.purging import StudyPurge
from hanse_policies.documents import BrandExit
from hanse_policies.documents.base import ShortText
from hanse_policies.durable_files import make_folder, replace
from hanse_policies.signing import Envelope, open_envelope
from hanse_policies.visible_text import line_fault

_REASON: Final[TypeAdapter[str]] = TypeAdapter(ShortText)


@dataclass(frozen=True, slots=True)
class EndReport:
    """What ended consents went into, what follows, and what went.

    Attributes:
        found: Each study that this brand answered, as the register tells now.
        signed: What was signed this time.
        standing: All that is signed, oldest first.
        purged: Digests of the studies purged this time.
        planned: Purges whose date is to come.
    """

    found: tuple[StudyEnds, ...]
    signed: tuple[SignedWithdrawal, ...]
    standing: tuple[SignedWithdrawal, ...]
    purged: tuple[str, ...]
    planned: tuple[PlannedPurge, ...]


@dataclass(frozen=True, slots=True)
class SignedExit:
    """The lineage list of a brand that left, and where it lies."""

    document: BrandExit
    digest: str
    file: Path


@dataclass(frozen=True, slots=True)
class EndDesk:
    """Does what a brand owes once consents have ended, or it leaves.

    Attributes:
        home: The brand's folder.
        ends: Finds ended consents and signs what follows.
        purge: Purges.
        lineage: Lists what the brand took part in.
    """

    home: BrandHome
    ends: ConsentEnds
    purge: StudyPurge
    lineage: Lineage

    def look(self, now: datetime) -> EndReport:
        """Find ended consents; nothing is signed, nothing goes.

        Raises:
            DataError: The register cannot be read.
        """
        found, planned = self.ends.find(now), self.purge.open()
        return EndReport(found, (), self.ends.withdrawals(), (), planned)

    def settle(self, now: datetime, *, purges_all: bool = False) -> EndReport:
        """Find ended consents, sign what follows and purge what is due.

        What a study left goes at its date, or as soon as a release of it was fetched, for
        then the study needs none of it.

        Args:
            now: The time.
            purges_all: Purge before the date too; a study that runs stops at this brand.

        Raises:
            DataError: The register cannot be read.
            SignedDocumentError: There is no policy in force.
            StateAccessError, LedgerWriteError: The disk is full; the same call goes on.
        """
        found = self.ends.find(now)
        signed = self.ends.record(found, now)
        standing = self.ends.withdrawals()
        self._write(standing)
        over = {entry.study for entry in self.ends.releases(now)}
        if purges_all:
            over |= {one.study for one in self.purge.open()}
        purged = self.purge.purge_due(now, over)
        return EndReport(found, signed, standing, purged, self.purge.open())

    def leave(self, reason: str, now: datetime) -> SignedExit:
        """Leave the alliance; the caller holds the folder alone (see `held_alone`).

        Args:
            reason: Why, on one line; the first one that can be signed stands.
            now: The time.

        Raises:
            ExitReasonError: The reason cannot be signed; nothing is recorded or purged.
            JournalBrokenError: The egress journal was changed; nothing is recorded or purged.
            PurgeIncompleteError: Something is still kept.
            StateAccessError, LedgerWriteError: The disk is full; the same call goes on.
        """
        records = self.purge.records
        begun = self._begin_exit(reason, now)
        studies = self.lineage.studies()
        if begun.envelope is None:
            for study in studies:
                records.plan_purge(study, begun.began_at)
        self.purge.purge_due(max(now, begun.began_at))
        self.purge.check_gone(studies)
        key = self.home.signing_key()
        if begun.envelope is None:
            made = key.sign(self.lineage.list(begun, now))
            records.finish_exit(made.to_json())
            begun = records.begin_exit(reason, now)
        envelope = Envelope.from_json(begun.envelope or b"")
        document = open_envelope(envelope, BrandExit, key.public_hex)
        replace(self.home.exit_file, envelope.to_json())
        return SignedExit(document, envelope.payload_digest, self.home.exit_file)

    def _begin_exit(self, reason: str, now: datetime) -> BegunExit:
        """Begin an exit whose list can be made, or take up the one that was begun."""
        begun = self.purge.records.exit()
        if begun is None:
            check_reason(reason)
            self.lineage.check(BegunExit(reason, now, None), now)
            return self.purge.records.begin_exit(reason, now)
        if begun.envelope is None and reason_fault(begun.reason) is not None:
            check_reason(reason)
            return self.purge.records.replace_reason(reason)
        return begun

    def _write(self, standing: tuple[SignedWithdrawal, ...]) -> None:
        """Put each signed withdrawal beside the brand's documents, for those who may ask."""
        folder = self.home.withdrawals_folder
        make_folder(folder)
        for signed in standing:
            file = folder / f"{signed.document.id}.dsse.json"
            if not file.exists():
                replace(file, signed.envelope)


def check_reason(reason: str) -> None:
    """Check that a reason for leaving can be signed as it is.

    Raises:
        ExitReasonError: It cannot.
    """
    fault = reason_fault(reason)
    if fault is not None:
        raise ExitReasonError(
            f"expected a reason of 1 to 500 characters on one line, got one that cannot be signed: "
            f"{fault}; nothing was recorded for it, so give another with --reason"
        )


def reason_fault(reason: str) -> str | None:
    """Tell why a reason cannot be signed; None where it can."""
    try:
        _REASON.validate_python(reason)
    except ValidationError:
        fault = line_fault(reason)
        return f"{len(reason)} characters" if fault is None else fault.rule
    return None
