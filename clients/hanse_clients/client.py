"""A brand's side in a few lines, for a notebook or a command.

    brand = BrandClient.open("brand-1")
    for standing in brand.studies():
        print(standing.judgement.decision.explain())
    brand.approve("repurchase-propensity")
    folder = brand.fetch("repurchase-propensity")
    brand.score(folder, out="scores.parquet")

The lasting process (`brand.run(stop)` or `hanse brand run`) answers approved
studies; everything else here is one look or one word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import hanse_federation.link.tls  # noqa: F401 - before anything loads gRPC
from hanse_clients.assembly import end_desk
from hanse_clients.brand_views import BudgetStanding, StudyPreflight
from hanse_clients.consent_ends import check_in_use
from hanse_clients.data import view_for
from hanse_clients.data.data_check import DataCheck, check_schema, check_view
from hanse_clients.ending import EndReport, SignedExit
from hanse_clients.errors import StudyDataError, StudyNameError
from hanse_clients.fetching import fetch_release
from hanse_clients.floor_watches import FloorWatches
from hanse_clients.home import BrandHome, Membership
from hanse_clients.link import BrandConnection, BrandDeskClient
from hanse_clients.round_opening import opened_contribution
from hanse_clients.round_records import RoundKey
from hanse_clients.round_retention import RoundRetention
from hanse_clients.sources import BrandSources, row_salt
from hanse_clients.study_gate import StudyGate
from hanse_clients.study_names import StudyLabel, digest_named
from hanse_clients.verdicts import OperatorContact, StudyStanding, VerdictDesk
from hanse_federation.audit import EgressEntry, EgressJournal
from hanse_federation.desk import StudyState
from hanse_federation.link.credentials import TlsCredentials
from hanse_federation.messages import Question
from hanse_federation.opened_contribution import OpenedContribution
from hanse_federation.privacy import Ledger, LedgerEntry
from hanse_federation.randomness import Randomness, SystemRandomness
from hanse_federation.release import read_release
from hanse_policies.documents import Purpose, StudyVerdict
from hanse_policies.durable_files import held_alone

if TYPE_CHECKING:
    from hanse_clients.scoring import ScoreSummary


def system_clock() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)


class BrandClient:
    """What a brand does, on its own folder; a context manager that closes its records."""

    def __init__(
        self,
        home: BrandHome,
        clock: Callable[[], datetime] = system_clock,
        randomness: Randomness | None = None,
    ) -> None:
        """Open a brand's records.

        Args:
            home: The brand's folder.
            clock: Tells the time, with its zone.
            randomness: Where noise and samples come from; the system's if None.
        """
        self.home = home
        self._clock = clock
        self._randomness = randomness or SystemRandomness()
        home.check_records()
        with ExitStack() as opened:
            self._state = opened.enter_context(home.open_state())
            self._rounds = opened.enter_context(home.open_rounds())
            self._floors = opened.enter_context(FloorWatches.of_brand(home.path))
            self._ledger = Ledger(home.ledger_file)
            self._journal = EgressJournal(home.journal_file)
            asset = home.documents.asset().document
            self._sources = BrandSources(asset, home.documents.asset_file.parent)
            opened.callback(self._sources.close)
            self._salt = row_salt(home.keys().agreement, asset)
            self._gate = StudyGate(home, self._state, self._ledger, self._sources)
            self._desk = VerdictDesk(home, self._state, self._gate)
            self._ends = end_desk(
                home, self._state, self._gate, self._ledger, self._sources, self._rounds
            )
            self._opened = opened.pop_all()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the folder of a brand that has joined.

        Raises:
            BrandHomeMissingError: The folder holds no brand.
            DocumentError: `asset.yaml` is missing or not valid.
        """
        return cls(BrandHome.open(Path(path)))

    def close(self) -> None:
        """Give back the brand's records."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def sync(self) -> tuple[str, ...]:
        """Hear of the studies proposed now; return their digests."""
        with self._contact() as contact:
            return self._desk.hear(contact, self._clock())

    def studies(self, *, sync: bool = True) -> tuple[StudyStanding, ...]:
        """List the studies this brand heard of, each judged as things stand now.

        Args:
            sync: Ask the operator first; without it, what is known here.
        """
        states: dict[str, StudyState] = {}
        if sync:
            with self._contact() as contact:
                self._desk.hear(contact, self._clock())
                states = {p.digest: p.state for p in contact.studies()}
        now = self._clock()
        return tuple(
            StudyStanding(
                seen.digest,
                self._gate.judge(seen.digest, now),
                self._desk.verdict(seen.digest),
                states.get(seen.digest, StudyState.PROPOSED),
            )
            for seen in self._state.studies()
        )

    def preflight(self, study: str) -> StudyPreflight:
        """Tell what a study would run and send, without reading a row.

        The decision assumes a consent register that is fresh and complete; it is
        made again, on the register itself, before every question.

        Raises:
            StudyNameError: No study goes by that name here, or several do.
        """
        # The query compiler takes 30 MB, which the lasting process does without.
        from hanse_clients.data.preflight import preflight  # noqa: PLC0415

        judgement = self._gate.rehearse(self.digest_of(study), self._clock())
        try:
            plan = preflight(
                judgement.opened.study,
                judgement.asset.document,
                judgement.policy.document,
                self._clock(),
            )
        except StudyDataError:
            plan = None
        return StudyPreflight(judgement, plan)

    def check(self, study: str | None = None) -> DataCheck:
        """Look at this brand's own data, for the brand's own eyes.

        While the brand answers, no row refuses a question; a fault leaves its person
        out. Here the exact fault is raised, and the figures are true ones: show
        neither to anybody outside the brand.

        Args:
            study: Whose columns, population and consent to look at; None for the
                schemas alone.

        Raises:
            StudyNameError: No study goes by that name here, or several do.
            DataError: What is wrong, by its exact kind; see `check_schema` and `check_view`.
        """
        source, asset = self._sources.rows(), self.home.documents.asset().document
        if study is None:
            return check_schema(source, asset.id)
        opened = self._gate.open(self.digest_of(study))
        policy = self.home.documents.policy().document
        return check_view(source, view_for(opened.study, asset, policy, self._clock(), self._salt))

    def approve(self, study: str) -> StudyVerdict:
        """Approve a study as a person, and tell the operator.

        Raises:
            StudyNameError: No study goes by that name here, or several do.
            PolicyDeniedError: The rules refuse it; no person can overrule them.
        """
        return self._say(study, self._desk.approve)

    def refuse(self, study: str) -> StudyVerdict:
        """Refuse a study as a person, and tell the operator; a running one stops here.

        Raises:
            StudyNameError: No study goes by that name here, or several do.
        """
        return self._say(study, self._desk.refuse)

    def budgets(self) -> tuple[BudgetStanding, ...]:
        """Show each purpose's budget and what is spent of it in the present period."""
        now = self._clock()
        standings = []
        for budget in self.home.documents.policy().document.budgets:
            period = budget.period_at(now)
            spent = None if period is None else self._ledger.spent(budget.purpose, budget, now)
            standings.append(BudgetStanding(budget, period and period[1], spent))
        return tuple(standings)

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """List every charge, oldest first."""
        return self._ledger.entries()

    def egress(self) -> tuple[EgressEntry, ...]:
        """List every message that left, after checking that the journal is whole.

        Raises:
            JournalBrokenError: The journal was changed.
        """
        self._journal.verify()
        return tuple(self._journal.entries())

    def open_contribution(
        self, study: str, question: Question, round_number: int
    ) -> OpenedContribution:
        """Open the commitment to one of this brand's contributions, for an auditor's eyes.

        Raises:
            StudyNameError: No study goes by that name here, or several do.
            ContributionMissingError: This brand contributed nothing there, or forgot it when
                the study's retention ended.
        """
        key = RoundKey(self.digest_of(study), question, round_number)
        return opened_contribution(self._rounds, key, self.home.name)

    def fetch(self, study: str) -> Path:
        """Fetch the newest release of a study, verify it and keep it; return its folder.

        Raises:
            StudyNameError: There is no release of that study for this brand.
            ReleaseTamperedError: What the server sent is not what the operator signed.
        """
        with self._contact() as contact:
            return fetch_release(self.home, contact, study, self._clock())

    def score(
        self,
        release: str | Path,
        out: str | Path,
        *,
        purpose: Purpose = Purpose.PERSONALISED_MARKETING,
    ) -> ScoreSummary:
        """Score this brand's own customers who consent to what the scores are for.

        Args:
            release: The folder of a release.
            out: The Parquet file to write; must not exist.
            purpose: What the scores are for; consent to it is needed.

        Raises:
            ReleaseError: The release is not good, or its retention has ended.
            ReleaseNotModelError: It holds no model.
            ReleaseRetiredError: Consents that went into it have ended, and its time is over.
            ReleaseRetrainDueError: The same; another release should have replaced it.
            ScoresFileError: The file exists or cannot be written.
        """
        # pyarrow takes 50 MB, which the lasting process does without.
        from hanse_clients.scoring import score, scoring_view  # noqa: PLC0415

        key, now = self.home.membership().operator_key, self._clock()
        verified = read_release(Path(release), key, now)
        study = self._gate.open(verified.card.study).study
        follows = self._ends.ends.consequence_of(verified.card.study, verified.digest)
        check_in_use(study.id, follows, now)
        asset = self.home.documents.signed_asset().document
        policy = self.home.documents.policy_in_force(now)
        view = scoring_view(study, asset, policy, purpose=purpose, row_salt=self._salt, now=now)
        scored = score(verified, view, self._sources.rows(), Path(out))
        return replace(scored, consequence=follows)

    def withdrawals(self, *, is_dry: bool = False, purges_all: bool = False) -> EndReport:
        """Find consents that studies used and that have ended, and do what follows.

        Args:
            is_dry: Only look; nothing is signed and nothing goes.
            purges_all: Purge before the date too; a study that runs stops at this brand.

        Raises:
            DataError: The consent register cannot be read.
            SignedDocumentError: There is no policy in force to say what follows.
        """
        if is_dry:
            return self._ends.look(self._clock())
        return self._ends.settle(self._clock(), purges_all=purges_all)

    def leave(self, reason: str) -> SignedExit:
        """Leave the alliance for good: sign the lineage list, purge, answer nothing any more.

        Raises:
            ExitReasonError: The reason cannot be signed; nothing is recorded or purged.
            HomeInUseError: A process answers for this brand; stop it first.
            PurgeIncompleteError: Something is still kept.
        """
        with held_alone(self.home.path / "run.lock"):
            return self._ends.leave(reason, self._clock())

    def run(self, stop: threading.Event, *, poll_seconds: float = 1.0) -> None:
        """Listen for studies and answer approved ones until `stop` is set.

        Raises:
            CertificateRefusedError: The operator no longer lets this brand in.
            HomeInUseError: Another process answers for this brand.
            BrandExitedError: The brand left the alliance.
        """
        self._gate.check_member()
        # Flower takes half a second to load, which every other use does without.
        from hanse_clients.agent import BrandAgent, journal_writer  # noqa: PLC0415
        from hanse_clients.assembly import BrandRecords, aggregating_responder  # noqa: PLC0415

        responder = aggregating_responder(
            self.home,
            BrandRecords(self._state, self._ledger, self._rounds, self._floors),
            self._gate,
            self._sources,
            randomness=self._randomness,
            clock=self._clock,
        )
        membership = self.home.membership()
        connection = BrandConnection(
            membership.address,
            credentials_of(membership),
            responder,
            on_sent=journal_writer(self._journal, responder, self._clock),
            clock=self._clock,
        )
        with held_alone(self.home.path / "run.lock"), self._contact() as contact:
            agent = BrandAgent(
                connection,
                contact,
                self._desk,
                retention=RoundRetention(self._rounds, self._gate.open),
                purge=self._ends.purge,
                poll_seconds=poll_seconds,
                clock=self._clock,
            )
            agent.run(stop)

    def digest_of(self, study: str) -> str:
        """Find a study by its digest, the first digits of it, or else its id; see `study_names`.

        Raises:
            StudyNameError: None goes by that name here.
            StudyNameAmbiguousError: Several do.
        """
        heard = (seen.digest for seen in self._state.studies())
        found = digest_named(study, heard, lambda one: StudyLabel.of(self._gate.open(one).study))
        if found is not None:
            return found
        raise StudyNameError(
            f"expected a study that this brand heard of, got {study[:64]}; hanse brand studies "
            "lists them"
        )

    def _say(self, study: str, word: Callable[[str, datetime], StudyVerdict]) -> StudyVerdict:
        digest = self.digest_of(study)
        verdict = word(digest, self._clock())
        with self._contact() as contact:
            self._desk.send(contact, digest)
        return verdict

    @contextmanager
    def _contact(self) -> Iterator[OperatorContact]:
        membership = self.home.membership()
        with BrandDeskClient(
            membership.address, credentials_of(membership), self._clock
        ) as contact:
            yield contact


def credentials_of(membership: Membership) -> TlsCredentials:
    """Hand a brand's TLS identity to the link."""
    tls = membership.tls
    return TlsCredentials(tls.key, tls.certificate, tls.authority)
