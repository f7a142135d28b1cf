"""The operator's process, store, logs and releases, searched for what one brand alone knows.

Each brand counts a planted number of persons, and keeps what it contributed and
what it answered in its own folder. From there come the values that are searched
for: true and noised counts, weights, updates, vectors. Sums are found by the same
search in the same places, and each brand's values in that brand's own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hanse_clients.home import BrandHome
from hanse_clients.round_records import KeptContribution
from hanse_federation.codec import reply_payload_from_wire
from hanse_federation.messages import CellsReply, CohortReply, Question, TrainReply
from hanse_federation.privacy.ledger import Ledger
from hanse_federation.secure_aggregation.ring import Ring
from hanse_policies.exit_codes import ExitCode
from hanse_server.store import QuestionKey
from tests.support import byte_search
from tests.support.byte_search import Needle, found_in, found_under, memory_of
from tests.support.league_documents import a_league_histogram, a_league_study, a_league_training
from tests.support.league_processes import COMMAND_SECONDS, ProcessLeague, founded
from tests.support.planted_brand import planted_cell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLANTED = {"alder": 187_365_249, "birch": 264_813_957, "cedar": 293_847_561}
"""No part of a number that a program holds anyway, as 2147483647 or the digits of pi."""
ROUNDS = 2
TITLE = "Who is likely to buy, canary-1f0c9b"


class PlantedLeague(ProcessLeague):
    """A league whose brands count what was planted."""

    def command(self, name: str) -> Sequence[str | Path]:
        if name not in PLANTED:
            return super().command(name)
        return (sys.executable, "-m", "tests.support.planted_brand", str(PLANTED[name]))


@dataclass
class Searched:
    """A league that runs studies, and what was found in the operator's memory at each stop.

    Attributes:
        looks: How many needles each look searched for.
        found: What was found that must not be there.
        memory: The operator's memory at the last look.
    """

    league: ProcessLeague
    studies: dict[str, str] = field(default_factory=dict)
    looks: list[int] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    memory: bytes = b""

    def look(self) -> None:
        """Search the operator's memory for all that the brands hold by now."""
        self.memory = memory_of(self.league.processes["operator"].process.pid)
        needles = all_needles(self.league)
        self.looks.append(len(needles))
        self.found += found_in(self.memory, needles, f"look {len(self.looks)}")

    def run(self, study: str) -> None:
        """Run a study to its release and look at each step that is told."""
        watched = self.league.watch(study)
        assert watched.stdout is not None
        stages = []
        for line in watched.stdout:
            stages.append(json.loads(line)["stage"])
            self.look()
        self.end(watched)
        assert stages[-1] == "released"

    def end(self, watched: subprocess.Popen[str]) -> None:
        _, err = watched.communicate(timeout=COMMAND_SECONDS)
        assert watched.returncode == ExitCode.OK, err

    @property
    def log(self) -> bytes:
        return self.league.processes["operator"].log.read_bytes()


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    folder = tmp_path_factory.mktemp("sums-only")
    now = datetime.now(UTC)
    measured = a_league_histogram(now)
    trained = a_league_study(now, title=TITLE, computation=a_league_training(ROUNDS))
    with ExitStack() as opened:
        held = opened.enter_context(founded(folder, tuple(PLANTED)))
        league = PlantedLeague(held.folder, held.operator, held.brands, held.port)
        opened.callback(league.end)
        league.serve()
        for brand in PLANTED:
            league.run_brand(brand)
        league.wait_connected()
        after = Searched(league)
        for study in (measured, trained):
            after.studies[study.id] = league.propose(study)
            after.run(study.id)
        yield after


def kept(home: BrandHome) -> tuple[KeptContribution, ...]:
    with home.open_rounds() as rounds:
        return rounds.contributions()


def elements(held: KeptContribution) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    contribution = held.contribution
    ring = next(ring for ring in Ring if ring.bits == contribution.ring_bits)
    return np.frombuffer(contribution.vector or b"", dtype=ring.dtype)


def named(brand: str, held: KeptContribution) -> str:
    key = held.contribution.round
    return f"{brand}'s {key.question} {key.round_number}"


def vectors_of(brand: str, home: BrandHome) -> list[Needle]:
    """A brand's contributions in windows of eight, and each update's weight with its neighbour."""
    needles = []
    for held in kept(home):
        values = elements(held)
        if len(values) >= 2:
            needles += byte_search.vector(named(brand, held), values)
        if held.contribution.round.question is Question.TRAIN:
            tail = values[-2:].tobytes()
            needles.append(Needle(f"{named(brand, held)}: weight", tail))
    return byte_search.distinct(needles)


def numbers_of(brand: str, home: BrandHome) -> dict[str, int]:
    """A brand's true and noised counts and cells, and the weights in its contributions."""
    numbers = {f"{brand}'s true count": PLANTED[brand]}
    answers = Ledger(home.ledger_file)
    for entry in answers.entries():
        stored = answers.stored_answer(entry.charge.key)
        reply = None if stored is None else reply_payload_from_wire(stored)
        name = f"{brand}'s {entry.charge.question} of {entry.charge.study_id}"
        if isinstance(reply, CohortReply):
            numbers[name] = reply.noised_persons
        if isinstance(reply, CellsReply) and entry.charge.question is Question.MEASURE:
            for cell, noised in enumerate(reply.cells):
                if noised > PLANTED[brand]:
                    numbers[f"{name}, cell {cell}"] = noised
                    numbers[f"{name}, true cell {cell}"] = planted_cell(PLANTED[brand], cell)
    for held in kept(home):
        if held.contribution.round.question is Question.TRAIN:
            numbers[f"{named(brand, held)}: weight"] = int(elements(held)[-1])
    return numbers


def updates_of(brand: str, home: BrandHome) -> list[Needle]:
    """The parameters that a brand trained, as its ledger keeps them, by tensor and whole."""
    needles = []
    answers = Ledger(home.ledger_file)
    for entry in answers.entries():
        stored = answers.stored_answer(entry.charge.key)
        reply = None if stored is None else reply_payload_from_wire(stored)
        if isinstance(reply, TrainReply):
            name = f"{brand}'s parameters of round {entry.charge.round_number}"
            needles.append(Needle(name, stored or b""))
            for tensor in reply.parameters:
                if tensor.values.size >= 2:
                    content = tensor.values.reshape(-1)[:4]
                    needles.append(Needle(f"{name} {tensor.name}", content.tobytes()))
                    wide = content.astype(np.float64)
                    needles.append(Needle(f"{name} {tensor.name} wide", wide.tobytes()))
    return needles


def needles_of(league: ProcessLeague, brand: str) -> list[Needle]:
    home = league.brands[brand]
    numbers = [
        needle
        for name, value in numbers_of(brand, home).items()
        for needle in byte_search.number(name, value)
    ]
    return vectors_of(brand, home) + updates_of(brand, home) + numbers


def all_needles(league: ProcessLeague) -> list[Needle]:
    return [needle for brand in PLANTED for needle in needles_of(league, brand)]


def test_there_is_enough_to_search_for(searched: Searched) -> None:
    for brand in PLANTED:
        home = searched.league.brands[brand]
        assert len(numbers_of(brand, home)) >= 3 + 2 * 4 + ROUNDS
        assert len(vectors_of(brand, home)) >= 3 * ROUNDS
        assert len(updates_of(brand, home)) >= 3 * ROUNDS


def test_every_value_is_found_where_it_belongs(searched: Searched) -> None:
    """The search can find: the same needles are in the brand's own folder and memory."""
    for brand in PLANTED:
        home = searched.league.brands[brand]
        stored = vectors_of(brand, home)
        assert len(found_under(home.path, stored)) >= len(stored)
    memory = memory_of(searched.league.processes["alder"].process.pid)
    in_memory = found_in(memory, needles_of(searched.league, "alder"))
    assert any("as Python holds it" in name for name in in_memory)
    assert any(name.startswith(f"alder's train {ROUNDS}[") for name in in_memory)


def test_sums_are_found_in_the_operators_memory_and_store(searched: Searched) -> None:
    """The search finds at the operator what is there: sums, and words of a study."""
    with searched.league.operator.open_store() as store:
        (run,) = store.runs.runs(searched.studies["propensity"])
        sums = {
            question: store.rounds.sum_of(QuestionKey(run.run, question, number))
            for question, number in ((Question.COHORT, 0), (Question.TRAIN, ROUNDS))
        }
    for question, record in sums.items():
        assert record is not None
        content = [Needle(f"sum of {question}", record.cells)]
        assert found_under(searched.league.operator.path, content)
        assert found_in(searched.memory, content)
    total = int.from_bytes(sums[Question.COHORT].cells, "little")  # type: ignore[union-attr]
    assert abs(total - sum(PLANTED.values())) < 1000
    digits = [Needle("cohort in digits", str(total).encode())]
    assert found_under(searched.league.operator.releases_folder, digits)
    title = [Needle("title", TITLE.encode())]
    assert found_in(searched.memory, title)


def test_no_brands_vector_weight_or_count_is_in_the_operators_memory(searched: Searched) -> None:
    assert len(searched.looks) == 4 + 3 + ROUNDS
    assert searched.looks == sorted(searched.looks)
    assert searched.looks[-1] > 100
    assert searched.found == []


def test_no_brands_vector_weight_or_count_is_in_the_store_the_releases_or_the_logs(
    searched: Searched,
) -> None:
    needles = all_needles(searched.league)
    assert {path.name for path in searched.league.operator.path.rglob("*")} >= {"store.db"}
    assert found_under(searched.league.operator.path, needles) == []
    assert found_in(searched.log, needles) == []


def test_no_brands_counts_and_weights_are_in_the_store_in_four_bytes(searched: Searched) -> None:
    """Four bytes of one number are met by chance now and then; those of two brands are not."""
    files = sorted(searched.league.operator.path.rglob("*"))
    held = searched.log + b"".join(path.read_bytes() for path in files if path.is_file())
    found = {}
    for brand in PLANTED:
        needles = [
            needle
            for name, value in numbers_of(brand, searched.league.brands[brand]).items()
            for needle in byte_search.short_number(name, value)
        ]
        names = found_in(held, needles)
        found[brand] = {name.removeprefix(f"{brand}'s ") for name in names}
    assert found["alder"] & found["birch"] == set()
    assert found["birch"] & found["cedar"] == set()
    assert found["alder"] & found["cedar"] == set()
