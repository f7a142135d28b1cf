"""What a study left at the brand goes, once consents have ended that went into it.

Rules: a purge is planned on disk before anything goes, and done on disk after all of it
went, so one that was cut short goes on where it is asked for next; doing it twice changes
nothing. It takes contributions, nonces, secrets, replies and stored answers, and the rows
that a training keeps in memory. It never frees budget: charges and totals stay, and that a
question was answered stays, so that none is answered a second time. Digests stay for
audits. A study that still runs stops at this brand where its records go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from hanse_clients.end_records import EndRecords, PlannedPurge
from hanse_clients.errors import PurgeIncompleteError
from hanse_clients.round_store import RoundStore
from hanse_clients.sources import BrandSources
from hanse_federation.privacy.ledger import Ledger


@dataclass(frozen=True, slots=True)
class StudyPurge:
    """Purges studies.

    Attributes:
        records: What is planned and done.
        rounds: Contributions and steps.
        ledger: Stored answers.
        sources: Rows in memory.
    """

    records: EndRecords
    rounds: RoundStore
    ledger: Ledger
    sources: BrandSources

    def open(self) -> tuple[PlannedPurge, ...]:
        """List what is planned and not done."""
        return tuple(one for one in self.records.purges() if one.done_at is None)

    def purge_due(self, now: datetime, over: Collection[str] = ()) -> tuple[str, ...]:
        """Purge each study whose date has come, or that is over; return their digests.

        Args:
            now: The time.
            over: Studies that need nothing of what is kept any more.

        Raises:
            StateAccessError: The records cannot be read or written; the purge stays planned.
            LedgerWriteError: The same, of the ledger.
        """
        due = [one.study for one in self.open() if one.purge_by <= now or one.study in over]
        for study in due:
            self._purge(study, now)
        return tuple(due)

    def forget_rows(self) -> None:
        """Drop the rows in memory, which a purge by another process cannot reach."""
        self.sources.forget_rows()

    def check_gone(self, studies: Collection[str]) -> None:
        """Check that nothing is kept of studies, where nothing can answer in the meantime.

        Raises:
            PurgeIncompleteError: Something is.
        """
        kept = set(self.rounds.remembered()) | {s for s in studies if self.ledger.keeps_answers(s)}
        left = sorted(kept.intersection(studies))
        if left:
            raise PurgeIncompleteError(
                f"expected nothing to be kept of study {left[0][:12]}, got contributions or "
                "answers; purge again while no other process answers for this brand"
            )

    def _purge(self, study: str, now: datetime) -> None:
        self.rounds.forget_study(study)
        self.ledger.purge_answers(study)
        self.sources.forget_rows()
        self.records.purge_is_done(study, now)
