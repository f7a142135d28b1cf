"""How long a brand keeps what it contributed.

A contribution and the nonce of its commitment are kept as long as the study's
results may be used, so that an auditor can ask for the commitment to be opened;
then vectors, nonces, secrets and replies are dropped, and digests stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hanse_clients.round_store import RoundStore
from hanse_clients.study_gate import OpenedStudy
from hanse_policies.documents import Study
from hanse_policies.instants import later


@dataclass(frozen=True, slots=True)
class RoundRetention:
    """Forgets rounds whose time is over.

    Attributes:
        rounds: What is kept.
        opened: Opens a study by its digest, verified.
    """

    rounds: RoundStore
    opened: Callable[[str], OpenedStudy]

    def forget_due(self, now: datetime) -> tuple[str, ...]:
        """Forget the rounds of every study whose retention has ended; return their digests.

        Raises:
            StateAccessError: The records cannot be read or written.
        """
        due = tuple(
            digest
            for digest in self.rounds.remembered()
            if now >= kept_until(self.opened(digest).study)
        )
        for study in due:
            self.rounds.forget_study(study)
        return due


def kept_until(study: Study) -> datetime:
    """Return until when contributions to a study are kept.

    A study may start until it expires, and its results may be used for its retention.
    """
    return later(study.expires, timedelta(days=study.retention_days))
