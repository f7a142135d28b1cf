"""The demo from its first step to its report.

Rules: whatever is shown is the product at work: commands in processes of their
own, records read through the Python API. The processes live exactly as long as
the stage; the reports are written when they are gone. Only loopback is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanse_demo import studies
from hanse_demo.answers import ToldDecision
from hanse_demo.door import DoorCheck, knock
from hanse_demo.folder import DemoFolder, demo_folder
from hanse_demo.founding import (
    OPERATOR,
    STEPS_OF_A_BRAND,
    Enrolment,
    found,
    free_address,
    wait_for_brands,
    wait_for_server,
)
from hanse_demo.league import DemoStudy, League, build_league
from hanse_demo.pages import Remains, Run, write_pages
from hanse_demo.reference import References, references
from hanse_demo.screen import Screen
from hanse_demo.stage import Stage
from hanse_demo.studies import StudyEnd
from hanse_demo.summary import DemoSummary
from hanse_demo.watch import ProcessWatch
from hanse_policies.documents import BrandId, TrustMode
from hanse_policies.loading import load_study
from hanse_server.alliance import Alliance

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody on the stage, once all brands are connected."""

    league: League
    folder: DemoFolder
    stage: Stage
    alliance: Alliance
    address: str
    door: DoorCheck


def run_demo(out: Path, brands: int, mode: TrustMode, screen: Screen, clock: Clock) -> DemoSummary:
    """Run the whole demo.

    Args:
        out: The folder to write to, empty or of an earlier demo.
        brands: How many brands take part.
        mode: Where the noise of the studies is added.
        screen: Where progress is shown.
        clock: Tells the time, with its zone.

    Returns:
        How it ended; whether that was as planned is for the caller to check.

    Raises:
        DemoError: A part of the demo did not work.
    """
    started, began = clock(), time.monotonic()
    with ExitStack() as held:
        folder = held.enter_context(demo_folder(out))
        watch = held.enter_context(ProcessWatch())
        with screen.step("building the league", f"league of {brands} brands built from the panel"):
            league = build_league(folder.path, brands=brands, now=started, mode=mode)
        stage = held.enter_context(Stage(folder.logs))
        cast = _assemble(league, folder, stage, screen)
        ends, references = _perform(cast, screen, clock)
        left = _end(cast, watch, screen)
        run = Run(league, folder, cast.alliance, ends, references, left, started, began)
        return write_pages(run, screen, clock())


def _end(cast: Cast, watch: ProcessWatch, screen: Screen) -> Remains:
    """Take a last look at everything that runs, and end it."""
    stage = cast.stage
    stage.check()
    status, sighting = cast.alliance.status(), watch.look()
    processes = {BrandId(party.name): party.process.pid for party in stage.parties[1:]}
    with screen.step("ending every process", "every process ended"):
        stage.close()
    return Remains(status, sighting, processes, stage.killed, cast.address, cast.door)


def _assemble(league: League, folder: DemoFolder, stage: Stage, screen: Screen) -> Cast:
    """Found the alliance, start the server, enrol and start every brand."""
    address = free_address()
    with screen.step("founding the alliance", "alliance founded, its server at " + address):
        fingerprint = found(stage, league, folder, address)
        stage.start(OPERATOR, "operator", "serve", "--home", str(folder.operator), "--json")
        alliance = wait_for_server(stage, folder.operator)
    brands = len(league.brands)
    with screen.step(
        "brands make keys, are enrolled, sign policies",
        f"{brands} brands enrolled, each with keys, policy, ledger and process of its own",
        total=STEPS_OF_A_BRAND * brands,
    ) as step:
        Enrolment(stage, league, folder, fingerprint).all(step.advance)
    wait_for_brands(stage, alliance, league, screen)
    return Cast(league, folder, stage, alliance, address, knock(address))


def _perform(cast: Cast, screen: Screen, clock: Clock) -> tuple[tuple[StudyEnd, ...], References]:
    """Propose, judge and run the studies, and use the model at one brand."""
    digests = _propose(cast, screen)
    refusal = _preflight(cast, screen)
    screen.heading("The studies run")
    asked, ends = clock(), []
    with (
        ThreadPoolExecutor(1, thread_name_prefix="reference") as beside,
        cast.stage.ended_on_error(),
    ):
        pending: Future[References] | None = None
        for study in DemoStudy:
            end = studies.run(cast.stage, cast.folder, study, digests[study], screen)
            ends.append(end)
            if study is DemoStudy.REPURCHASE_PROPENSITY and end.release:
                pending = beside.submit(_references, cast, end, asked)
            if end.detail:
                screen.say(f"  {end.state}: {end.detail}")
        screen.refusal(refusal)
        if ends[0].release:
            _use_model(cast, screen)
        return tuple(ends), _awaited(pending, screen)


def _propose(cast: Cast, screen: Screen) -> dict[DemoStudy, str]:
    """Propose the studies and show what every brand says of each."""
    league = cast.league
    screen.heading("Three studies are proposed")
    with screen.step("the operator signs and proposes", f"{len(league.studies)} studies proposed"):
        digests = studies.propose(cast.stage, league, cast.folder)
    total = len(league.studies) * len(league.brands)
    with screen.step("brands decide", f"{total} signed verdicts came in", total=total) as step:
        told = studies.wait_for_verdicts(cast.stage, cast.alliance, league, step)
    screen.verdicts(told)
    return digests


def _preflight(cast: Cast, screen: Screen) -> ToldDecision:
    """Let one brand look at two studies before they run; return why it refuses the second."""
    brand = cast.league.brands[0]
    looked_at = (DemoStudy.REPURCHASE_PROPENSITY, DemoStudy.HOUSEHOLD_INCOME_PROFILE)
    with (
        screen.step(f"{brand.brand} looks first", f"{brand.brand} looked at what would run"),
        ThreadPoolExecutor(len(looked_at), thread_name_prefix="preflight") as pool,
        cast.stage.ended_on_error(),
    ):
        planned, refused = pool.map(
            lambda study: studies.preflight(cast.stage, brand, study), looked_at
        )
    if planned.plan is not None:
        screen.preflight(brand.brand, planned.plan)
    return refused.decision


def _use_model(cast: Cast, screen: Screen) -> None:
    """Let one brand score its own customers with the model that came home."""
    brand = cast.league.brands[0]
    screen.heading("The model comes home")
    with screen.step(f"{brand.brand} scores", f"{brand.brand} fetched and verified it, and scored"):
        scored, counts = studies.score(
            cast.stage, cast.folder, brand, DemoStudy.REPURCHASE_PROPENSITY
        )
    screen.scores(brand.brand, scored, counts)


def _references(cast: Cast, end: StudyEnd, asked: datetime) -> References:
    """Compute what only the demo can, beside the studies that still run."""
    path = next(study.path for study in cast.league.studies if study.study == end.study.value)
    parameters = cast.alliance.release(end.release).parameters
    homes = tuple(brand.folder for brand in cast.league.brands)
    if parameters is None:
        return References()
    return references(load_study(path).document, parameters, homes, asked)


def _awaited(pending: Future[References] | None, screen: Screen) -> References:
    if pending is None:
        return References()
    with screen.step("computing the demo-only reference", "demo-only reference computed"):
        return pending.result()
