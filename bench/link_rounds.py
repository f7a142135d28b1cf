"""Deployed training rounds: the product beside the floor, in turns, on the same work.

Rules: both sets of brand processes are up all the time, so both pay for the
other's idling; they run in short turns, so a slow minute of the machine hits
both; the first turn, which loads libraries, and the first round of each turn do
not count. The product's rounds go through everything: gate, charge,
answer store, egress journal, Flower, link, operator's store.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from subprocess import Popen
from types import MappingProxyType

import psutil

from bench.link_floor import FloorServer, serving_floor
from bench.link_league import BenchLeague, build_bench_league
from bench.link_processes import module_command, product_command, running, wait_for
from hanse_federation.desk import RunStage
from hanse_policies.documents import LocalTraining, MultilayerPerceptron
from hanse_server.alliance import Alliance

READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """What the brands train.

    Attributes:
        name: Names its figures.
        persons: Customers of a brand; those who consent count.
        changes: What differs from the computation of the demo's propensity study.
        turns: How often product and floor take turns, the warm-up among them.
        rounds: Rounds of one turn, the first among them.
        words: The work of a round, for whoever reads the figures.
    """

    name: str
    persons: int
    changes: Mapping[str, object]
    turns: int
    rounds: int
    words: str


DEMO = Job(
    "demo",
    persons=3000,
    changes=MappingProxyType({}),
    turns=6,
    rounds=6,
    words="3,000 customers a brand, 13 features, logistic regression, 10 steps on samples of half "
    "of the training persons",
)
"""The propensity study of the demo, on tables of its size."""

EPOCH = Job(
    "epoch",
    persons=20_000,
    changes=MappingProxyType(
        {
            "model": MultilayerPerceptron(hidden=(64, 32)),
            "local": LocalTraining(
                steps_per_round=64, sampling_rate=1 / 64, clipping_norm=1.0, learning_rate=0.25
            ),
        }
    ),
    turns=4,
    rounds=3,
    words="100,000 customers over the brands, 13 features, perceptron 64-32, one epoch of samples "
    "of about 200 persons",
)
"""The job that frameworks are compared on: one epoch a round, small batches, a small network."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn took: wall seconds of its rounds, and processor seconds of all its brands."""

    seconds: tuple[float, ...]
    processor_seconds: float
    work_seconds: tuple[float, ...] = ()


@dataclass(slots=True)
class DeployedRounds:
    """The turns of both, without the warm-up."""

    product: list[Turn] = field(default_factory=list)
    floor: list[Turn] = field(default_factory=list)

    @property
    def product_median(self) -> float:
        """The product's median round, in seconds."""
        return median(second for turn in self.product for second in turn.seconds)

    @property
    def floor_median(self) -> float:
        """The floor's median round, in seconds."""
        return median(second for turn in self.floor for second in turn.seconds)

    @property
    def work_median(self) -> float:
        """The median local work in a floor's round (its slowest brand), in seconds."""
        return median(second for turn in self.floor for second in turn.work_seconds)

    @property
    def ratio(self) -> float:
        """How much longer the product's median round takes."""
        return self.product_median / self.floor_median

    @property
    def processor_ratio(self) -> float:
        """How much more processor time the product's brands use; the load matters less to it."""
        product, floor = (sum(t.processor_seconds for t in x) for x in (self.product, self.floor))
        return product / floor


def measure_rounds(folder: Path, job: Job) -> DeployedRounds:
    """Build a league for a job and run it both ways in turns."""
    league = build_bench_league(folder / job.name, job.persons)
    studies = [league.training_study(t + 1, job.rounds, **job.changes) for t in range(job.turns)]
    commands = [product_command(brand) for brand in league.brands]
    alliance, rounds = league.alliance(), DeployedRounds()
    with alliance.serve(), serving_floor(league, studies[0]) as (floor, address):
        bare = [
            module_command("link_floor", str(brand.path), str(studies[0]), address)
            for brand in league.brands
        ]
        with running(commands) as product_brands, running(bare) as floor_brands:
            _wait_for_both(alliance, floor, league)
            for study in studies:
                rounds.floor.append(_floor_turn(floor, job.rounds, floor_brands))
                digest = _approved(alliance, study, league)
                rounds.product.append(_product_turn(alliance, digest, product_brands))
    return DeployedRounds(rounds.product[1:], rounds.floor[1:])


def processor_seconds(processes: Sequence[Popen[bytes]]) -> float:
    """Add up the processor time that processes have used, threads included."""
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def approvals(alliance: Alliance, digest: str) -> int:
    """Count the brands that approved a study."""
    (status,) = (s for s in alliance.status().studies if s.digest == digest)
    return len(status.approved)


def _wait_for_both(alliance: Alliance, floor: FloorServer, league: BenchLeague) -> None:
    if not floor.wait_for_brands(len(league.brands), READY_SECONDS):
        raise SystemExit("link-bench: the floor's brands did not connect")
    wait_for(
        lambda: alliance.status().connected == league.brand_ids, "the connection of all brands"
    )


def _approved(alliance: Alliance, study: Path, league: BenchLeague) -> str:
    """Propose a study and wait until every brand has approved it by itself."""
    digest = alliance.propose(study)
    wait_for(
        lambda: approvals(alliance, digest) == len(league.brands), "the approval of all brands"
    )
    return digest


def _floor_turn(floor: FloorServer, rounds: int, brands: Sequence[Popen[bytes]]) -> Turn:
    floor.round()
    before = processor_seconds(brands)
    took = [floor.round() for _ in range(rounds - 1)]
    return Turn(
        tuple(each.seconds for each in took),
        processor_seconds(brands) - before,
        tuple(each.work_seconds for each in took),
    )


def _product_turn(alliance: Alliance, digest: str, brands: Sequence[Popen[bytes]]) -> Turn:
    """Run a study and time its rounds, each from the end of the one before."""
    ends: list[float] = []
    used: list[float] = []
    for event in alliance.run(digest):
        assert event.stage not in {RunStage.FAILED, RunStage.REFUSED}, event.detail
        if event.stage is RunStage.ROUND:
            ends.append(time.perf_counter())
            used.append(processor_seconds(brands))
            assert len(event.brands) == len(brands), event.refusals
    return Turn(tuple(end - start for start, end in pairwise(ends)), used[-1] - used[0])
