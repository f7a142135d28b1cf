"""The sample leagues of `policies/samples`, with all their examples run once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hanse_policies.examples.folder import LeagueFolder, example_files, read_examples, read_folder
from hanse_policies.examples.running import ExampleOutcome, ExampleRun, run_examples

SAMPLES = Path(__file__).parents[2] / "policies" / "samples"
LEAGUES = ("fmcg-cn", "retail-eu", "cross-border")


@dataclass(frozen=True)
class SampleLeague:
    name: str
    folder: LeagueFolder
    outcomes: tuple[ExampleOutcome, ...]


def complete(run: ExampleRun) -> tuple[ExampleOutcome, ...]:
    """Return the outcomes of a run in which every example could be run."""
    assert run.faults == ()
    return run.outcomes


@lru_cache(maxsize=1)
def sample_leagues() -> tuple[SampleLeague, ...]:
    """Read every sample league and run all its examples."""
    leagues = []
    for name in LEAGUES:
        folder = read_folder(SAMPLES / name)
        outcomes = [
            outcome
            for path in example_files(SAMPLES / name)
            for outcome in complete(run_examples(folder, read_examples(SAMPLES / name, path)))
        ]
        leagues.append(SampleLeague(name, folder, tuple(outcomes)))
    return tuple(leagues)
