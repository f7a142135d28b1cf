"""A brand's part after consent: what follows for studies, what is purged, how a brand leaves.

Rules: what the brand must be able to account for is signed before anything is purged;
an exit is on disk before anything else of it, so that the brand answers nothing from
then on whatever happens next, and one that was cut short is finished by the same call.
No budget is freed, and no person is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanse_clients.consent_ends import ConsentEnds, SignedWithdrawal, StudyEnds
from hanse_clients.end_records import PlannedPurge
from hanse_clients.home import BrandHome
from hanse_clients.lineage import Lineage
from hanse_clients.purging import StudyPurge
from hanse_policies.documents import BrandExit
from hanse_policies.durable_files import make_folder, replace
from hanse_policies.signing import Envelope, open_envelope


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

        Raises:
            PurgeIncompleteError: Something is still kept.
            StateAccessError, LedgerWriteError: The disk is full; the same call goes on.
        """
        records = self.purge.records
        begun = records.begin_exit(reason, now)
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

    def _write(self, standing: tuple[SignedWithdrawal, ...]) -> None:
        """Put each signed withdrawal beside the brand's documents, for those who may ask."""
        folder = self.home.withdrawals_folder
        make_folder(folder)
        for signed in standing:
            file = folder / f"{signed.document.id}.dsse.json"
            if not file.exists():
                replace(file, signed.envelope)
