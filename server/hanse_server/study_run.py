"""One run of a study, from the first question to the signed release.

Rules: a study has one run, which is recorded as running before the first question;
each sum is recorded before it is used, so that a run that was stopped, by a kill or
for want of brands, is taken up where it was, asks for no sum again, and finds the
same; a release is written to disk, whole, before the store names it. Fewer brands
than the floor, or a strategy that diverges, stop the run with one plain sentence; a
server that was replaced leaves the run, as it is recorded, to the one in its place.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flwr.app import Context, RecordDict

from hanse_federation.aggregation_terms import AggregationTerms
from hanse_federation.desk import RunEvent, RunStage, StudyState
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import Question
from hanse_federation.release import Release, ReleaseCard, read_release, write_release
from hanse_federation.secure_aggregation.errors import AggregationError
from hanse_federation.secure_aggregator import AskingTerms, SecureAggregator
from hanse_flower import AnswersCollected, CohortGrid, RoundAggregated, RunStep
from hanse_policies.documents import AllianceCharter, BrandId, Study, TrainModel
from hanse_policies.errors import HanseError
from hanse_policies.signing import Envelope, SigningKey, open_envelope
from hanse_server.errors import StoreFencedError, StoreVersionError, StudyRunError
from hanse_server.release_card import card_of
from hanse_server.store import OperatorStore, ReleaseRecord, RoundRecord
from hanse_server.stored_rounds import StoredRounds
from hanse_server.study_app import Findings, NoisedCohort, build_server_app

_LOG = logging.getLogger(__name__)

Tell = Callable[[RunEvent], None]

PERSONS = "noised-persons"
"""Names the cohort's noised size among the metrics of round 0."""

PATIENCE_SECONDS = 60.0
"""How long a run waits for brands that are away before it stops."""

ARRIVAL_SECONDS = 15.0
"""How long a run that is taken up waits for every brand, so that none is left out in haste."""


@dataclass(frozen=True, slots=True)
class RunSetting:
    """What every run of this operator needs.

    Attributes:
        link: Where the brands are.
        store: Where runs are recorded.
        signing_key: Signs releases.
        releases: The folder of releases.
        deadline_seconds: How long one question may take.
        clock: Tells the time, with its zone.
        patience_seconds: How long to wait for brands that are away.
    """

    link: OperatorLink
    store: OperatorStore
    signing_key: SigningKey
    releases: Path
    deadline_seconds: float
    clock: Callable[[], datetime]
    patience_seconds: float = PATIENCE_SECONDS


class StudyRun:
    """Runs one study over the brands that approved it."""

    def __init__(
        self,
        setting: RunSetting,
        study: Study,
        digest: str,
        charter: AllianceCharter,
        charter_digest: str,
        brands: tuple[BrandId, ...],
        denials: tuple[tuple[BrandId, str], ...],
    ) -> None:
        """Prepare a run; nothing is asked or recorded yet.

        Args:
            setting: The operator's link, store and key.
            study: The study.
            digest: Its digest.
            charter: The charter in force; its floors hold.
            charter_digest: Its digest.
            brands: Who approved it.
            denials: Who refused it, with the first rule that did.
        """
        self._setting = setting
        self._study = study
        self._digest = digest
        self._charter = charter
        self._terms = AggregationTerms(study, digest, charter, charter_digest)
        self._brands = brands
        self._denials = denials
        self._run = 0
        self._is_taken_up = False
        self._refusals = 0
        self._round_refusals: dict[int, list[tuple[BrandId, str]]] = {}
        self._tell: Tell = _silent

    @property
    def minimum_brands(self) -> int:
        """The floor in force: the highest that charter, study or the protocol asks for."""
        return self._terms.rules.minimum_brands

    def execute(self, tell: Tell) -> None:
        """Run to the end; every outcome of the run is told and recorded, none is raised.

        Args:
            tell: Takes each step.

        Raises:
            StudyRunError: The study is released, or its run goes on already.
            StoreFencedError: Another server took the store over, and the run with it.
            StoreVersionError: A newer program did.
        """
        self._tell = tell
        setting = self._setting
        new_run = secrets.randbelow(2**63 - 1) + 1
        record = setting.store.runs.start_or_resume(self._digest, new_run, setting.clock())
        self._run, self._is_taken_up = record.run, record.run != new_run
        try:
            self._carry_on(tell)
        finally:
            setting.store.runs.let_go(self._run)

    def _carry_on(self, tell: Tell) -> None:
        setting = self._setting
        if len(self._brands) < self.minimum_brands:
            self._refuse()
            return
        tell(RunEvent(RunStage.STARTED, rounds=self._rounds, brands=self._brands))
        try:
            findings = self._ask()
            release = self._release(findings)
        except (StoreFencedError, StoreVersionError):
            raise
        except HanseError as error:
            _LOG.warning("run ended without a release: %s", error.code)
            setting.store.runs.end(self._run, StudyState.FAILED, setting.clock())
            lost = tuple(r for held in self._round_refusals.values() for r in held)
            lost += error.missing if isinstance(error, AggregationError) else ()
            tell(RunEvent(RunStage.FAILED, refusals=lost, detail=f"{error.code}: {error}"))
            return
        except BaseException:
            setting.store.runs.end(self._run, StudyState.FAILED, setting.clock())
            raise
        tell(
            RunEvent(
                RunStage.RELEASED,
                round_number=self._rounds,
                rounds=self._rounds,
                brands=self._brands,
                release=release.digest,
            )
        )

    def _refuse(self) -> None:
        self._setting.store.runs.end(self._run, StudyState.REFUSED, self._setting.clock())
        detail = (
            f"study {self._study.id} needs the approval of {self.minimum_brands} brands, "
            f"{len(self._brands)} gave it"
        )
        self._tell(
            RunEvent(RunStage.REFUSED, brands=self._brands, refusals=self._denials, detail=detail)
        )

    @property
    def _rounds(self) -> int:
        computation = self._study.computation
        return computation.rounds if isinstance(computation, TrainModel) else 0

    def _ask(self) -> Findings:
        findings = Findings()
        app = build_server_app(
            self._study,
            self._digest,
            findings=findings,
            on_cohort=self._take_cohort,
            observer=self._watch,
        )
        context = Context(
            run_id=self._run,
            node_id=0,
            node_config={},
            state=RecordDict(),
            run_config={"study": self._digest},
        )
        app(CohortGrid(self._aggregator(), self._run, observer=self._watch), context)
        return findings

    def _aggregator(self) -> SecureAggregator:
        setting = self._setting
        return SecureAggregator(
            setting.link,
            self._terms,
            self._run,
            self._brands,
            AskingTerms(
                setting.deadline_seconds,
                setting.patience_seconds,
                ARRIVAL_SECONDS if self._is_taken_up else 0.0,
            ),
            record=StoredRounds(
                setting.store.rounds, self._terms, self._run, setting.clock, self._charter_of
            ),
        )

    def _charter_of(self, digest: str) -> AllianceCharter:
        setting = self._setting
        for record in setting.store.membership.charters():
            if record.digest == digest:
                envelope = Envelope.from_json(record.envelope)
                return open_envelope(envelope, AllianceCharter, setting.signing_key.public_hex)
        raise StudyRunError("expected a charter that this operator signed, got another digest")

    def _watch(self, step: RunStep) -> None:
        if isinstance(step, AnswersCollected):
            self._collected(step)
        elif isinstance(step, RoundAggregated) and step.question is Question.EVALUATE:
            _LOG.info("round %d of %d ended", step.round_number, self._rounds)

    def _collected(self, step: AnswersCollected) -> None:
        refusals = tuple((refused.brand, refused.code) for refused in step.refused)
        held = self._round_refusals.setdefault(step.round_number, [])
        held.extend(refusals)
        if step.question is Question.EVALUATE:
            self._end_round(RunStage.ROUND, step.round_number, step.answered)
        elif step.question is Question.MEASURE:
            self._end_round(RunStage.MEASURED, step.round_number, step.answered)

    def _take_cohort(self, cohort: NoisedCohort) -> None:
        metrics = ((PERSONS, float(cohort.persons)),)
        self._end_round(RunStage.COHORT, 0, cohort.brands, metrics)

    def _end_round(
        self,
        stage: RunStage,
        round_number: int,
        brands: tuple[BrandId, ...],
        metrics: tuple[tuple[str, float], ...] = (),
    ) -> None:
        refusals = tuple(self._round_refusals.pop(round_number, []))
        if stage is not RunStage.MEASURED:
            # A round that a killed server recorded stays as it was recorded.
            record = self._setting.store.runs.record_round(
                self._run,
                RoundRecord(round_number, self._setting.clock(), brands, refusals, metrics),
            )
            refusals = record.refusals
        self._refusals += len(refusals)
        self._tell(
            RunEvent(
                stage,
                round_number=round_number,
                rounds=self._rounds,
                brands=brands,
                refusals=refusals,
            )
        )

    def _release(self, findings: Findings) -> Release:
        setting, now = self._setting, self._setting.clock()
        directory = setting.releases / f"{self._study.id}-{self._run:016x}"
        if directory.exists():
            # Written whole by a server that was killed before its store could name it.
            release = read_release(directory, setting.signing_key.public_hex, now)
        else:
            card = self._card(findings, now)
            release = write_release(directory, card, findings.parameters, setting.signing_key)
        setting.store.runs.release(
            ReleaseRecord(
                digest=release.digest,
                study=self._digest,
                run=self._run,
                directory=directory.name,
                recipients=release.card.recipients,
                released_at=now,
            )
        )
        return release

    def _card(self, findings: Findings, now: datetime) -> ReleaseCard:
        return card_of(
            self._study,
            self._digest,
            self._charter,
            findings,
            release_id=f"{self._study.id[:36].rstrip('-_')}-v{self._study.version}-{self._run:016x}",
            refusals=self._refusals,
            now=now,
        )


def _silent(event: RunEvent) -> None:
    del event
