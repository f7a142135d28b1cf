"""Runs studies one after another while parties are killed and disturbed, and judges each."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hanse_federation.desk import RunEvent, StudyState
from hanse_policies.documents import Study
from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode
from hanse_server.alliance import Alliance
from tests.chaos.disturbances import Disturber
from tests.chaos.faults import (
    ANY_INSTANT,
    FAILING,
    STARTING,
    KillPlan,
    Outcome,
    PlannedKill,
    Tally,
    is_of_a_brand,
)
from tests.chaos.invariants import Invariants, Wire
from tests.chaos.league import OPERATOR, FaultyLeague
from tests.support.fault_control import ArmedFault
from tests.support.league_documents import a_league_histogram, a_league_study, a_league_training
from tests.support.league_parties import write_yaml

CALM_AFTER_SECONDS = 45.0
"""A study's faults are taken away when its run has not ended by then."""
END_AFTER_SECONDS = 300.0
"""A run that has not ended by then, long after its faults, hangs."""
MOST_RUNS = 4
"""How often a study that failed is run again before its refusal stands."""
LOOK_SECONDS = 0.05
TRAINING_EVERY = 9


@dataclass
class Episode:
    """One study under faults."""

    number: int
    digest: str
    wire: Wire = field(default_factory=Wire)
    happened: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    runs: int = 0

    @property
    def age(self) -> float:
        return time.monotonic() - self.started


class Runner:
    """One call of `hanse operator run`, in a thread of its own."""

    def __init__(self, league: FaultyLeague, digest: str) -> None:
        self.last: RunEvent | None = None
        self.error = ""
        self._alliance = Alliance(league.operator)
        self._digest = digest
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for event in self._alliance.run(self._digest):
                self.last = event
        except HanseError as error:
            self.error = error.code


class Campaign:
    """A league, a seed, and as many kills as asked for."""

    def __init__(
        self, league: FaultyLeague, points: tuple[str, ...], kills: int, seed: int
    ) -> None:
        self._league = league
        self._draw = random.Random(seed)
        self._kills = kills
        self._numbers = iter(range(1, 10**9))
        self._armed: dict[int, tuple[str, PlannedKill]] = {}
        self._any_instant: list[tuple[float, str, str]] = []
        self.plan = KillPlan(points, self._draw)
        self.tally = Tally()
        self.invariants = Invariants(league.operator, league.brands)
        self.disturber = Disturber(league, self._draw)
        self.violations: list[str] = []
        self.failures: Counter[str] = Counter()
        self.exits: Counter[str] = Counter()
        self.studies = 0

    @property
    def killed(self) -> int:
        return self.plan.happened.total()

    def run(self, tell: Callable[[str], None], minutes: float = float("inf")) -> None:
        """Run studies until enough kills happened, something broke, or the time is over."""
        end = time.monotonic() + 60 * minutes
        while self.killed < self._kills and not self.plan.is_used_up and time.monotonic() < end:
            self._episode()
            tell(f"study {self.studies}: {self.killed} of {self._kills} kills")

    def _goes_on(self) -> bool:
        return self.killed < self._kills and not self.plan.is_used_up and not self.violations

    def _episode(self) -> None:
        self.studies += 1
        kills = self.plan.next_kills(self._kills - self.killed)
        fails = any(kill.point.startswith(FAILING) for kill in kills)
        study = self._study(self.studies, fails=fails)
        digest = self._propose(study, fails=fails)
        if not digest:
            self.violations.append(f"study {study.id}: not every brand said its word in time")
            return
        episode = Episode(self.studies, digest)
        self._arm(kills)
        self.disturber.begin()
        outcome = self._run_to_end(episode)
        self._calm(episode)
        found = self._judge(study, episode, outcome)
        if found:
            outcome = Outcome.VIOLATED
            self.violations.extend(f"study {study.id}: {violation}" for violation in found)
        self.tally.count(episode.happened, outcome)

    def _study(self, number: int, *, fails: bool) -> Study:
        """Write a study; one that `fails` asks for more brands than there are."""
        now, distributed = datetime.now(UTC), self._draw.random() < 0.5
        privacy: dict[str, object] = {
            "unit": "person-at-brand",
            "neighbours": "add-or-remove-one-person",
            "mode": "distributed" if distributed else "local",
            "epsilon": 1.5,
            "delta": 1e-6,
            "cohort_budget_share": 0.2,
        }
        if distributed:
            privacy["distributed"] = {"tolerated_dropouts": 0, "assumed_colluders": 1}
        changes: dict[str, object] = {
            "id": f"chaos-{number}",
            "privacy": privacy,
            "minimum_persons": 50,
        }
        if fails:
            changes["minimum_brands"] = len(self._league.brands) + 1
        if number % TRAINING_EVERY:
            return a_league_histogram(now, **changes)
        computation = a_league_training()
        local = computation.local.model_copy(update={"steps_per_round": 1})
        return a_league_study(
            now, computation=computation.model_copy(update={"local": local}), **changes
        )

    def _propose(self, study: Study, *, fails: bool) -> str:
        """Propose a study to a league at peace and wait for every brand's word.

        Of one that asks for more brands than there are any word will do; any other they
        must approve. Returns its digest, empty where the words did not come.
        """
        path = self._league.folder / f"{study.id}.yaml"
        write_yaml(path, study)
        digest = ""
        end = time.monotonic() + END_AFTER_SECONDS
        while time.monotonic() < end:
            self._tend()
            try:
                digest = digest or Alliance(self._league.operator).propose(path)
                (status,) = [s for s in self._league.status().studies if s.digest == digest]
            except HanseError:
                time.sleep(LOOK_SECONDS)
                continue
            words = len(status.approved) + (len(status.refused) if fails else 0)
            if words == len(self._league.brands):
                return digest
            time.sleep(LOOK_SECONDS)
        return ""

    def _arm(self, kills: list[PlannedKill]) -> None:
        for kill in kills:
            brand = self._draw.choice(tuple(self._league.brands))
            name = brand if is_of_a_brand(kill.point) else OPERATOR
            if kill.point.endswith(ANY_INSTANT):
                self._kill_soon(name, kill.point)
                continue
            if kill.point.startswith(STARTING):
                self._kill_soon(OPERATOR, f"server.{ANY_INSTANT}")
            number = next(self._numbers)
            self._armed[number] = (name, kill)
            self._league.arm(name, ArmedFault(number, kill.point, kill.passes))

    def _kill_soon(self, name: str, point: str) -> None:
        due = time.monotonic() + self._draw.uniform(0.05, 1.5)
        self._any_instant.append((due, name, point))

    def _run_to_end(self, episode: Episode) -> Outcome:
        runner: Runner | None = None
        is_calm = False
        while episode.age < END_AFTER_SECONDS:
            self._tend(episode)
            self._kill_at_any_instant(episode)
            episode.happened.extend(self.disturber.step())
            if episode.age > CALM_AFTER_SECONDS and not is_calm:
                self._league.disarm()
                self.disturber.end()
                is_calm = True
            if runner is None or runner.has_ended:
                if runner is not None:
                    self._note(runner)
                    runner = None
                match self._state(episode.digest):
                    case StudyState.RELEASED:
                        return Outcome.RELEASED
                    case StudyState.FAILED | StudyState.REFUSED | StudyState.PROPOSED:
                        if episode.runs == MOST_RUNS:
                            return Outcome.REFUSED
                        episode.runs += 1
                        runner = Runner(self._league, episode.digest)
            time.sleep(LOOK_SECONDS)
        self.violations.append(f"study chaos-{episode.number}: its run never ended")
        return Outcome.VIOLATED

    def _calm(self, episode: Episode) -> None:
        """Take every fault away and wait until all are back."""
        self._league.disarm()
        self.disturber.end()
        end = time.monotonic() + END_AFTER_SECONDS
        while time.monotonic() < end:
            self._tend(episode)
            if self._all_connected():
                break
            time.sleep(LOOK_SECONDS)
        else:
            self.violations.append(f"study chaos-{episode.number}: not everybody came back")
        for _, kill in self._armed.values():
            self.plan.note_miss(kill)
        self._armed.clear()
        self._any_instant.clear()

    def _judge(self, study: Study, episode: Episode, outcome: Outcome) -> list[str]:
        released = outcome is Outcome.RELEASED
        found = self.invariants.check(
            episode.digest,
            episode.wire,
            clocks_off=timedelta(seconds=self.disturber.seconds_back),
            released=released,
        )
        if released:
            found += self.invariants.check_release(study, episode.digest, episode.wire)
        return found

    def _tend(self, episode: Episode | None = None) -> None:
        for name, event in self._league.news():
            if event["event"] == "fault":
                self._league.take_away(name, event["number"])
                self._note_fault(event["number"], episode)
            elif episode is not None and event.get("study") == episode.digest:
                episode.wire.take(event)
        for ended in self._league.tend():
            if ended.exit_code == -signal.SIGKILL:
                continue
            side = ended.name if ended.name == OPERATOR else "brand"
            self.exits[f"{side} ended with {ended.exit_code} {ended.reason}"] += 1
            if ended.exit_code == ExitCode.INTERNAL:
                self.violations.append(f"{ended.name} ended with a defect: {ended.log}")

    def _note_fault(self, number: int, episode: Episode | None) -> None:
        if number not in self._armed:
            return  # a delay, which was counted when it was armed
        _, kill = self._armed.pop(number)
        self.plan.note_kill(kill.point)
        if episode is not None:
            episode.happened.append(kill.point)

    def _kill_at_any_instant(self, episode: Episode) -> None:
        for planned in tuple(self._any_instant):
            due, name, point = planned
            lasting = self._league.processes.get(name)
            if time.monotonic() < due or lasting is None:
                continue
            self._any_instant.remove(planned)
            if lasting.process.poll() is None:
                lasting.process.kill()
                self.plan.note_kill(point)
                episode.happened.append(point)

    def _note(self, runner: Runner) -> None:
        if runner.error:
            self.failures[f"call: {runner.error}"] += 1
        elif runner.last is not None and runner.last.detail:
            self.failures[f"run: {runner.last.detail.partition(':')[0][:60]}"] += 1

    def _state(self, digest: str) -> StudyState | None:
        """Ask where a study stands; None while the operator is away."""
        try:
            (found,) = [s.state for s in self._league.status().studies if s.digest == digest]
        except HanseError:
            return None
        return found

    def _all_connected(self) -> bool:
        try:
            return set(self._league.status().connected) == set(self._league.brands)
        except HanseError:
            return False
