"""One run of a study, from the first question to the signed release.

Rules: a run is recorded as running before the first question and as ended
whatever happens; each step is told to whoever watches and kept in the store; a
release is written to disk, whole, before the store names it. Fewer brands than
the floor, or a strategy that diverges, end the run with one plain sentence.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flwr.app import Context, RecordDict

from hanse_federation.desk import RunEvent, RunStage, StudyState
from hanse_federation.link.interface import OperatorLink
from hanse_federation.messages import Question
from hanse_federation.release import Release, write_release
from hanse_flower import (
    AnswerRules,
    AnswersCollected,
    LinkGrid,
    Observer,
    RoundAggregated,
    RunStep,
)
from hanse_policies.documents import AllianceCharter, BrandId, Study, TrainModel
from hanse_policies.errors import HanseError
from hanse_policies.signing import SigningKey
from hanse_server.release_card import card_of
from hanse_server.store import OperatorStore, ReleaseRecord, RoundRecord
from hanse_server.study_app import Findings, NoisedCohort, build_server_app

_LOG = logging.getLogger(__name__)

Tell = Callable[[RunEvent], None]

PERSONS_OF = "noised-persons."
"""Begins the name of a brand's noised cohort among the metrics of round 0."""


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
    """

    link: OperatorLink
    store: OperatorStore
    signing_key: SigningKey
    releases: Path
    deadline_seconds: float
    clock: Callable[[], datetime]


class StudyRun:
    """Runs one study over the brands that approved it."""

    def __init__(
        self,
        setting: RunSetting,
        study: Study,
        digest: str,
        charter: AllianceCharter,
        brands: tuple[BrandId, ...],
        denials: tuple[tuple[BrandId, str], ...],
    ) -> None:
        """Prepare a run; nothing is asked or recorded yet.

        Args:
            setting: The operator's link, store and key.
            study: The study.
            digest: Its digest.
            charter: The charter in force; its floors hold.
            brands: Who approved it.
            denials: Who refused it, with the first rule that did.
        """
        self._setting = setting
        self._study = study
        self._digest = digest
        self._charter = charter
        self._brands = brands
        self._denials = denials
        self._run = secrets.randbelow(2**63 - 1) + 1
        self._refusals = 0
        self._round_refusals: dict[int, list[tuple[BrandId, str]]] = {}
        self._tell: Tell = _silent

    @property
    def minimum_brands(self) -> int:
        """The floor in force: the highest that charter or study asks for."""
        return max(self._study.minimum_brands, self._charter.floors.minimum_brands)

    def execute(self, tell: Tell) -> None:
        """Run to the end; every outcome is told and recorded, none is raised.

        Args:
            tell: Takes each step.

        Raises:
            StudyRunError: The study is running or released already.
        """
        self._tell = tell
        setting = self._setting
        setting.store.runs.start(self._run, self._digest, setting.clock())
        if len(self._brands) < self.minimum_brands:
            self._refuse()
            return
        tell(RunEvent(RunStage.STARTED, rounds=self._rounds, brands=self._brands))
        try:
            findings = self._ask()
            release = self._release(findings)
        except HanseError as error:
            _LOG.warning("run ended without a release: %s", error.code)
            setting.store.runs.end(self._run, StudyState.FAILED, setting.clock())
            lost = tuple(r for held in self._round_refusals.values() for r in held)
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
            minimum_brands=self.minimum_brands,
            grid_for=self._grid,
            findings=findings,
            on_cohorts=self._take_cohorts,
            observer=self._watch,
        )
        context = Context(
            run_id=self._run,
            node_id=0,
            node_config={},
            state=RecordDict(),
            run_config={"study": self._digest},
        )
        app(self._grid(self._brands, AnswerRules(), self._watch), context)
        return findings

    def _grid(
        self, brands: tuple[BrandId, ...], rules: AnswerRules, observer: Observer
    ) -> LinkGrid:
        return LinkGrid(
            self._setting.link,
            self._run,
            self._digest,
            brands,
            deadline_seconds=self._setting.deadline_seconds,
            observer=observer,
            rules=rules,
        )

    def _watch(self, step: RunStep) -> None:
        if isinstance(step, AnswersCollected):
            self._collected(step)
        elif isinstance(step, RoundAggregated) and step.question is Question.EVALUATE:
            _LOG.info("round %d of %d ended", step.round_number, self._rounds)

    def _collected(self, step: AnswersCollected) -> None:
        refusals = tuple((refused.brand, refused.code) for refused in step.refused)
        self._refusals += len(refusals)
        held = self._round_refusals.setdefault(step.round_number, [])
        held.extend(refusals)
        if step.question is Question.EVALUATE:
            self._end_round(RunStage.ROUND, step.round_number, step.answered)
        elif step.question is Question.MEASURE:
            self._end_round(RunStage.MEASURED, step.round_number, step.answered)

    def _take_cohorts(self, cohorts: tuple[NoisedCohort, ...]) -> None:
        metrics = tuple((f"{PERSONS_OF}{c.brand}", float(c.persons)) for c in cohorts)
        brands = tuple(cohort.brand for cohort in cohorts)
        self._end_round(RunStage.COHORT, 0, brands, metrics)

    def _end_round(
        self,
        stage: RunStage,
        round_number: int,
        brands: tuple[BrandId, ...],
        metrics: tuple[tuple[str, float], ...] = (),
    ) -> None:
        refusals = tuple(self._round_refusals.pop(round_number, []))
        if stage is not RunStage.MEASURED:
            self._setting.store.runs.record_round(
                self._run,
                RoundRecord(round_number, self._setting.clock(), brands, refusals, metrics),
            )
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
        card = card_of(
            self._study,
            self._digest,
            self._charter,
            findings,
            release_id=f"{self._study.id[:36].rstrip('-_')}-v{self._study.version}-{self._run:016x}",
            refusals=self._refusals,
            now=now,
        )
        directory = setting.releases / f"{self._study.id}-{self._run:016x}"
        release = write_release(directory, card, findings.parameters, setting.signing_key)
        setting.store.runs.release(
            ReleaseRecord(
                digest=release.digest,
                study=self._digest,
                run=self._run,
                directory=directory.name,
                recipients=card.recipients,
                released_at=now,
            )
        )
        return release


def _silent(event: RunEvent) -> None:
    del event
