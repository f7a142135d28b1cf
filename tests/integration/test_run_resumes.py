"""A server killed in the middle of a run, and the release that comes out all the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hanse_federation.release import Release, read_release
from hanse_policies.documents import Study
from hanse_policies.exit_codes import ExitCode
from tests.support.league_documents import a_league_study, a_league_training
from tests.support.league_processes import (
    COMMAND_SECONDS,
    ProcessLeague,
    error_lines,
    founded,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROUNDS = 20
KILLED_IN = 7
OF_THE_DAY = frozenset({"id", "created", "retention_until"})
"""Fields of a card that tell when it was made and by which run."""


class SeededLeague(ProcessLeague):
    """A league each of whose brands draws from a seed of its own."""

    def command(self, name: str) -> Sequence[str | Path]:
        if name not in self.brands:
            return super().command(name)
        seed = str(sorted(self.brands).index(name))
        return (sys.executable, "-m", "tests.support.seeded_brand", seed)


@dataclass(frozen=True)
class Ended:
    """How a run ended, to whoever watched it last, and what it released."""

    code: int
    said: list[str]
    events: list[dict[str, Any]]
    release: Release
    runs: int


@contextmanager
def league_in(folder: Path, like: ProcessLeague) -> Iterator[ProcessLeague]:
    """Start a copy of a league that was founded and never ran."""
    shutil.copytree(like.folder, folder)
    operator = type(like.operator).open(folder / "operator")
    brands = {name: type(home).open(folder / name) for name, home in like.brands.items()}
    league = SeededLeague(folder, operator, brands, like.port)
    try:
        league.serve()
        for brand in sorted(brands):
            league.run_brand(brand)
        league.wait_connected()
        yield league
    finally:
        league.end()


def ended(league: ProcessLeague, watched: subprocess.Popen[str]) -> Ended:
    out, err = watched.communicate(timeout=COMMAND_SECONDS)
    with league.operator.open_store() as store:
        (record,) = store.runs.releases()
        runs = len(store.runs.runs(record.study))
    folder = league.operator.releases_folder / record.directory
    release = read_release(folder, league.operator.signing_key().public_hex, datetime.now(UTC))
    events = [json.loads(line) for line in out.splitlines()]
    return Ended(watched.returncode, error_lines(err), events, release, runs)


def wait_for_round(league: ProcessLeague, digest: str, number: int) -> None:
    """Return while the run is in a round: something is recorded of it, and not its end."""
    with league.operator.open_store() as store:

        def is_in_round() -> bool:
            runs = store.runs.runs(digest)
            return bool(runs) and any(
                held.key.round_number == number for held in store.rounds.rounds_of(runs[0].run)
            )

        end = time.monotonic() + COMMAND_SECONDS
        while not is_in_round():
            assert time.monotonic() < end, "the run did not come as far in time"
            time.sleep(0.005)


def undisturbed(league: ProcessLeague, study: Study) -> Ended:
    league.propose(study)
    return ended(league, league.watch(study.id))


def disturbed(league: ProcessLeague, study: Study) -> Ended:
    digest = league.propose(study)
    watched = league.watch(study.id)
    wait_for_round(league, digest, KILLED_IN)
    league.processes["operator"].kill()
    watched.communicate(timeout=COMMAND_SECONDS)
    assert watched.returncode == ExitCode.UNAVAILABLE
    with league.operator.open_store() as store:
        (left,) = store.runs.resumable()
        told = [record.round_number for record in store.runs.rounds(left.run)]
        assert told == list(range(KILLED_IN))
        assert store.runs.releases() == ()
    league.serve()
    return ended(league, league.watch(study.id))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Ended]:
    folder = tmp_path_factory.mktemp("resumed")
    now = datetime.now(UTC)
    study = a_league_study(now, computation=a_league_training(ROUNDS))
    with founded(folder / "founded") as league:
        with league_in(folder / "first", league) as first:
            one = undisturbed(first, study)
        with league_in(folder / "second", league) as second:
            return one, disturbed(second, study)


def figures(release: Release) -> dict[str, Any]:
    card = release.card.model_dump(mode="json")
    return {name: value for name, value in card.items() if name not in OF_THE_DAY}


def test_whoever_asks_for_a_run_that_was_taken_up_follows_it_to_its_release(
    both: tuple[Ended, Ended],
) -> None:
    resumed = both[1]
    assert (resumed.code, resumed.said) == (ExitCode.OK, [])
    stages = [event["stage"] for event in resumed.events]
    assert stages == ["started", "cohort", *["round"] * ROUNDS, "released"]
    assert resumed.runs == 1
    rounds = [event["round_number"] for event in resumed.events if event["stage"] == "round"]
    assert rounds == list(range(1, ROUNDS + 1))


def test_the_model_is_byte_for_byte_that_of_an_undisturbed_run(both: tuple[Ended, Ended]) -> None:
    whole, resumed = both
    assert whole.release.parameters is not None
    assert resumed.release.parameters is not None
    assert [tensor.name for tensor in resumed.release.parameters] == [
        tensor.name for tensor in whole.release.parameters
    ]
    for one, other in zip(whole.release.parameters, resumed.release.parameters, strict=True):
        assert one.values.tobytes() == other.values.tobytes()


def test_every_figure_of_the_card_is_that_of_an_undisturbed_run(both: tuple[Ended, Ended]) -> None:
    whole, resumed = (figures(each.release) for each in both)
    assert whole["cohort"]["brands"] == ["alder", "birch", "cedar", "dogwood"]
    assert len(whole["result"]["learning_curve"]) == ROUNDS
    assert resumed == whole
