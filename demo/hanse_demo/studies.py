"""The demo's studies: proposed, judged, looked at beforehand, run, and the model used.

Rules: every act is a command of the product in its own process; waiting reads
the operator's status. A study that ends otherwise than planned does not stop
the others: the summary says so, and the exit code.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hanse_demo.answers import (
    Fetched,
    Preflighted,
    Proposed,
    RunEnd,
    Scored,
    ask,
    run_study,
)
from hanse_demo.folder import DemoFolder
from hanse_demo.founding import status_of
from hanse_demo.league import DemoStudy, League, LeagueBrand
from hanse_demo.screen import Screen, Step
from hanse_demo.stage import Stage
from hanse_federation.desk import RunEvent, RunStage, StudyState, StudyStatus
from hanse_policies.documents import Purpose
from hanse_policies.exit_codes import ExitCode
from hanse_server.alliance import Alliance

VERDICT_SECONDS = 90.0
SCORE_BINS = 10
ENDS = {RunStage.RELEASED: StudyState.RELEASED, RunStage.REFUSED: StudyState.REFUSED}
_COUNTS = "SELECT least(floor(score * $bins), $bins - 1), count(*) FROM scores GROUP BY 1"


@dataclass(frozen=True, slots=True)
class StudyEnd:
    """How a study ended, as the operator's command told it.

    Attributes:
        study: Which.
        digest: Its digest.
        state: How it ended; `FAILED` for whatever else than a release or a refusal.
        seconds: How long the command took.
        detail: One plain sentence, if there is something to say.
        release: Digest of the release, or empty.
    """

    study: DemoStudy
    digest: str
    state: StudyState
    seconds: float
    detail: str
    release: str


def propose(stage: Stage, league: League, folder: DemoFolder) -> dict[DemoStudy, str]:
    """Propose every study; return their digests."""
    digests = {}
    for study in league.studies:
        answer = ask(
            stage, Proposed, "operator", "propose", str(study.path), "--home", str(folder.operator)
        )
        digests[DemoStudy(study.study)] = answer.study
    return digests


def wait_for_verdicts(
    stage: Stage, alliance: Alliance, league: League, step: Step
) -> tuple[StudyStatus, ...]:
    """Wait until every brand has said its word on every study.

    Returns:
        The studies with what the brands said, in the order proposed.

    Raises:
        DemoPartyError: A process ended.
        DemoWaitError: A brand did not say its word in time.
    """
    awaited = len(league.studies) * len(league.brands)
    studies: tuple[StudyStatus, ...] = ()
    counted = 0

    def are_all_in() -> bool:
        nonlocal studies, counted
        status = status_of(alliance)
        studies = () if status is None else status.studies
        counted = sum(len(study.approved) + len(study.refused) for study in studies)
        step.at(counted)
        return counted == awaited

    stage.wait_until(
        are_all_in,
        expected=f"{awaited} verdicts",
        got=lambda: str(counted),
        seconds=VERDICT_SECONDS,
    )
    order = list(DemoStudy)
    return tuple(sorted(studies, key=lambda study: order.index(DemoStudy(study.study_id))))


def preflight(stage: Stage, brand: LeagueBrand, study: DemoStudy) -> Preflighted:
    """Let a brand look at a study before any row is read; a refusal is an answer too."""
    return ask(
        stage, Preflighted, "brand", "preflight", study, "--home", str(brand.folder),
        allowed=(ExitCode.OK, ExitCode.REFUSED),
    )  # fmt: skip


def run(
    stage: Stage, folder: DemoFolder, study: DemoStudy, digest: str, screen: Screen
) -> StudyEnd:
    """Run a study to its end and show its steps.

    Raises:
        DemoStepError: The command told nothing.
    """
    started = time.monotonic()
    with screen.step(f"running {study}", f"{study} ran to its end") as step:
        end = run_study(
            stage, "operator", "run", study, "--home", str(folder.operator),
            watch=lambda event: _show(step, event),
        )  # fmt: skip
    return StudyEnd(
        study=study,
        digest=digest,
        state=_state(end),
        seconds=time.monotonic() - started,
        detail=end.event.detail,
        release=end.event.release,
    )


def score(
    stage: Stage, folder: DemoFolder, brand: LeagueBrand, study: DemoStudy
) -> tuple[Scored, tuple[int, ...]]:
    """Let a brand fetch the model and score its own customers who consent to marketing.

    Returns:
        What the command told, and how many scores fall in each of `SCORE_BINS` equal bins.
    """
    home, out = str(brand.folder), folder.scores(brand.brand)
    release = ask(stage, Fetched, "brand", "fetch", study, "--home", home).release
    scored = ask(
        stage, Scored, "brand", "score", release, "--home", home, "--out", str(out),
        "--purpose", Purpose.PERSONALISED_MARKETING.value,
    )  # fmt: skip
    return scored, score_counts(out)


def score_counts(scores: Path) -> tuple[int, ...]:
    """Count a brand's scores in equal bins of [0, 1]."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(scores)).create_view("scores")
        found = dict(connection.execute(_COUNTS, {"bins": SCORE_BINS}).fetchall())
    return tuple(int(found.get(index, 0)) for index in range(SCORE_BINS))


def _state(end: RunEnd) -> StudyState:
    """Take the state that event and exit code agree on."""
    state = ENDS.get(end.event.stage, StudyState.FAILED)
    codes = {StudyState.RELEASED: ExitCode.OK, StudyState.REFUSED: ExitCode.REFUSED}
    return state if codes.get(state) == end.exit_code else StudyState.FAILED


def _show(step: Step, event: RunEvent) -> None:
    done = event.round_number + (event.stage in {RunStage.COHORT, RunStage.ROUND})
    steps = event.rounds + 1 if event.rounds else step.total
    step.total = max(steps, done, 1)
    if event.stage in {RunStage.RELEASED, RunStage.REFUSED, RunStage.MEASURED}:
        done = step.total
    step.at(done, f"{event.stage} {event.round_number or ''}".strip())
