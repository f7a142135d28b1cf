"""The lineage list of a brand: every study it answered, by which documents, at what cost.

Rules: it is made from records alone, and holds digests, codes, dates and privacy cost: no
vector, no answer, no number of persons, nor a digest from which one could be guessed. It
can always be made: who else asks decides how much there is to list, so each list names its
newest entries and says how many older ones there are, and the whole fits in one envelope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from hanse_clients.consent_ends import ConsentEnds
from hanse_clients.end_records import BegunExit
from hanse_clients.errors import SignedDocumentError
from hanse_clients.home import BrandHome
from hanse_clients.round_records import KeptContribution, RoundKey
from hanse_clients.round_store import RoundStore
from hanse_clients.state import BrandState
from hanse_clients.study_gate import StudyGate
from hanse_federation.audit import EgressJournal
from hanse_federation.desk import ReleaseEntry
from hanse_federation.privacy.ledger import Ledger
from hanse_policies.canonical import canonical_json, digest
from hanse_policies.documents import (
    BrandExit,
    BrandPolicy,
    KeptRecord,
    LineageRest,
    LineageRound,
    LineageSpending,
    LineageStudy,
    ReleaseConsequence,
)
from hanse_policies.documents.withdrawal import MAXIMUM_STUDIES
from hanse_policies.errors import DocumentError
from hanse_policies.signing import MAXIMUM_ENVELOPE_BYTES

Entry = TypeVar("Entry")

MAXIMUM_ENTRIES: Final = 1000
"""How many entries a list names where the whole has room for them."""

ROUNDS_AND_DECISIONS: Final = 10
"""How many times as many rounds and decisions are named: a training has many."""

_EXIT: Final = "-exit"

MAXIMUM_PAYLOAD: Final = MAXIMUM_ENVELOPE_BYTES * 3 // 4 - 4096
"""What an envelope holds in base64, besides the rest of it."""

PURGED: Final = (
    "contributions and the nonces of their commitments",
    "secrets and replies of secure aggregation",
    "stored answers to questions",
    "rows of persons kept in memory",
)
KEPT: Final = (
    KeptRecord(
        what="the privacy ledger: charges and totals",
        why="what persons' privacy was spent does not become unspent (GDPR Art. 5(2), PIPL Art. 9)",
    ),
    KeptRecord(
        what="the egress journal: digests of every message that left",
        why="to show what left and by which decision (GDPR Art. 5(2), 30; PIPL Art. 54)",
    ),
    KeptRecord(
        what="studies, decisions, verdicts, approvals, charters and policies as signed",
        why="to show on what ground data was used (GDPR Art. 7(1), 30; PIPL Art. 54, 56)",
    ),
    KeptRecord(
        what="digests of contributions and of replies, here alone",
        why="to answer whoever claims that something else was contributed (GDPR Art. 17(3)(e))",
    ),
    KeptRecord(
        what="withdrawals and this list, as signed",
        why="to show what was done once consents had ended (GDPR Art. 5(2), 17(3)(b))",
    ),
    KeptRecord(
        what="releases that were fetched",
        why="they may be used until their retention ends, or a consequence is due",
    ),
    KeptRecord(
        what="the brand's own data and consent register",
        why="they were never the alliance's; the brand's own rules go on for them",
    ),
)


@dataclass(frozen=True, slots=True)
class Lineage:
    """Lists what a brand took part in, from its records."""

    home: BrandHome
    state: BrandState
    gate: StudyGate
    ledger: Ledger
    rounds: RoundStore
    journal: EgressJournal
    ends: ConsentEnds

    def studies(self) -> tuple[str, ...]:
        """List the studies that this brand was charged for or contributed to, oldest first."""
        charged = [entry.charge.study_digest for entry in self.ledger.entries()]
        contributed = [one.contribution.round.study for one in self.rounds.contributions()]
        return tuple(dict.fromkeys((*charged, *contributed)))

    def check(self, begun: BegunExit, now: datetime) -> None:
        """Check, before anything is purged, that the list can be made; raises as `list`."""
        self.journal.verify()
        self._list(begun, now, 0)

    def list(self, begun: BegunExit, now: datetime) -> BrandExit:
        """Write the list; the caller signs it.

        Raises:
            JournalBrokenError: The egress journal was changed.
        """
        self.journal.verify()
        most = MAXIMUM_ENTRIES
        while most:
            document = self._list(begun, now, most)
            if len(canonical_json(document)) <= MAXIMUM_PAYLOAD:
                return document
            most //= 2
        return self._list(begun, now, 0)

    def _list(self, begun: BegunExit, now: datetime, most: int) -> BrandExit:
        policy, held = self._policy(), self.state.charter()
        releases = self.ends.releases(now)
        configuration = self.home.configuration
        studies, left_out = _newest(self.studies(), MAXIMUM_STUDIES)
        return BrandExit(
            kind="BrandExit",
            id=exit_id(configuration.brand),
            alliance=configuration.alliance,
            brand=configuration.brand,
            exited=begun.began_at,
            policy=None if policy is None else digest(policy),
            policy_version=None if policy is None else policy.version,
            charter=None if held is None else held.digest,
            reason=begun.reason,
            studies=tuple(self._study(one, releases, most) for one in studies),
            studies_left_out=left_out,
            purged=PURGED,
            kept=KEPT,
        )

    def _study(self, study: str, of_all: tuple[ReleaseEntry, ...], most: int) -> LineageStudy:
        opened = self.gate.open(study).study
        let_out = {r.record.decision for r in self.journal.entries() if r.record.study == study}
        all_decisions = {one.digest: one.policy for one in self.state.decisions(study)}
        named = [name for name in all_decisions if name in let_out]
        fetched = tuple(entry.digest for entry in of_all if entry.study == study)
        rounds, rounds_left = _newest(self.rounds.contributions(study), most * ROUNDS_AND_DECISIONS)
        decisions, decisions_left = _newest(named, most * ROUNDS_AND_DECISIONS)
        policies, policies_left = _newest(
            tuple(dict.fromkeys(all_decisions[name] for name in named)), most
        )
        releases, releases_left = _newest(fetched, most)
        consequences, consequences_left = _newest(self._consequences(study, fetched), most)
        return LineageStudy(
            study=study,
            id=opened.id,
            version=opened.version,
            purpose=opened.purpose,
            asset=opened.asset,
            rounds=self._rounds(study, rounds, most),
            decisions=decisions,
            policies=policies,
            spent=self._spent(study, opened.privacy.delta),
            releases=releases,
            consequences=consequences,
            left_out=LineageRest(
                rounds=rounds_left,
                decisions=decisions_left,
                policies=policies_left,
                releases=releases_left,
                consequences=consequences_left,
            ),
        )

    def _rounds(
        self, study: str, contributions: tuple[KeptContribution, ...], most: int
    ) -> tuple[LineageRound, ...]:
        replies: dict[RoundKey, list[str]] = {}
        for step in self.rounds.steps(study):
            replies.setdefault(step.attempt.round, []).append(step.reply_digest)
        listed = []
        for kept in contributions:
            key = kept.contribution.round
            newest, left_out = _newest(replies.get(key, ()), most)
            listed.append(
                LineageRound(
                    question=key.question.value,
                    round_number=key.round_number,
                    replies=newest,
                    replies_left_out=left_out,
                    is_summed=kept.is_spent,
                )
            )
        return tuple(listed)

    def _spent(self, study: str, delta: float) -> LineageSpending:
        entries = self.ledger.entries()
        charges = sum(entry.charge.study_digest == study for entry in entries)
        spent = self.ledger.spent_on_study(study, delta)
        return LineageSpending(epsilon=spent.epsilon, delta=delta, charges=charges)

    def _consequences(
        self, study: str, releases: tuple[str, ...]
    ) -> tuple[ReleaseConsequence, ...]:
        found = (self.ends.consequence_of(study, release) for release in (*releases, None))
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def _policy(self) -> BrandPolicy | None:
        try:
            return self.home.documents.policy().document
        except (DocumentError, SignedDocumentError):
            return None


def exit_id(brand: str) -> str:
    """Name a brand's lineage list, within what an id may be long."""
    return f"{brand[: 64 - len(_EXIT)].rstrip('-_')}{_EXIT}"


def _newest(entries: Sequence[Entry], most: int) -> tuple[tuple[Entry, ...], int]:
    """Return the newest of entries in their order, oldest first, and how many are left out."""
    left_out = max(len(entries) - most, 0)
    return tuple(entries[left_out:]), left_out
