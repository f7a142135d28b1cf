"""A server gone at any statement: the next one goes on, and nothing half done is there."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hanse_federation import fault_points
from hanse_federation.messages import Question
from hanse_server.errors import StoreAccessError
from hanse_server.store import (
    AggregationStep,
    AttemptPhase,
    OperatorStore,
    QuestionKey,
    ReleaseRecord,
    RoundRecord,
    StoreLocation,
)
from tests.support.identity import NOW
from tests.support.stores import (
    CELLS,
    CHARTER,
    HOUR,
    KEY,
    KINDS,
    MASKED,
    RUN,
    STUDY,
    aggregate,
    aggregate_to,
    die_at,
    dies,
    envelopes_of,
    new_location,
    running_store,
    text_of,
)


def serve(location: StoreLocation, statement: int | None = None, *, after: bool = False) -> None:
    """Do what a server does for one round, from wherever the store says it stands."""
    with OperatorStore.open(location) as opened:
        if statement is not None:
            die_at(opened._database._engine, statement, after=after)
        store = opened.under(opened.leases.acquire("host", NOW, HOUR))
        store.runs.start_or_resume(STUDY.digest, 1, NOW)
        aggregate(store.rounds)
        store.runs.record_round(RUN, RoundRecord(1, NOW))


def check_one_round(location: StoreLocation) -> None:
    with OperatorStore.open(location) as store:
        total = store.rounds.sum_of(KEY)
        assert total is not None
        assert (total.cells, total.attempt) == (CELLS, 1)
        assert len(store.runs.rounds(RUN)) == 1
        assert [run.run for run in store.runs.runs(STUDY.digest)] == [RUN]


def check_nothing_half_done(location: StoreLocation) -> None:
    """Check that each step before the phase was closed whole, and no other."""
    with OperatorStore.open(location) as store:
        held = store.rounds.attempt_of(KEY)
        if held is None:
            return
        phases, steps = tuple(AttemptPhase), tuple(AggregationStep)
        closed = steps[: phases.index(held.phase)]
        found = {(each.step, each.brand) for each in store.rounds.envelopes(KEY, held.attempt)}
        assert found == {(step, brand) for step in closed for brand in envelopes_of(step)}
        is_masked = held.phase in {AttemptPhase.ENDORSING, AttemptPhase.UNMASKING}
        assert (store.rounds.masked_sum(KEY) is not None) == is_masked
        assert (store.rounds.sum_of(KEY) is not None) == (held.phase is AttemptPhase.DECODED)


@pytest.mark.parametrize("after", [False, True])
def test_process_gone_at_any_statement_is_followed_by_one_that_ends_the_round(
    after: bool, tmp_path: Path
) -> None:
    made = tmp_path / "made.db"
    with running_store(made):
        pass
    statement, deaths, died = 1, 0, True
    while died:
        path = tmp_path / f"{statement}.db"
        shutil.copy(made, path)
        died = dies(lambda: serve(path, statement, after=after))  # noqa: B023 - called at once
        check_nothing_half_done(path)
        serve(path)
        check_one_round(path)
        deaths += died
        statement += 1
    assert deaths > 60


@pytest.mark.parametrize("after", [False, True])
def test_server_on_postgresql_that_dies_again_and_again_ends_the_round(
    after: bool, tmp_path: Path
) -> None:
    with new_location("postgresql", tmp_path) as location:
        with running_store(location):
            pass
        deaths = 0
        while dies(lambda: serve(location, 20 + 5 * deaths, after=after)):  # noqa: B023 - at once
            deaths += 1
            check_nothing_half_done(location)
        check_one_round(location)
    assert deaths > 3


LOOP = textwrap.dedent(
    """
    import sys
    from hanse_federation.messages import Question
    from hanse_server.store import OperatorStore, QuestionKey
    from tests.support.identity import NOW
    from tests.support.stores import RUN, aggregate, location_of

    with OperatorStore.open(location_of(sys.argv[1])) as store:
        for number in range(1, 10_000):
            aggregate(store.rounds, QuestionKey(RUN, Question.TRAIN, number))
            print(number, flush=True)
    """
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("delay_seconds", [0.005, 0.04])
def test_kill_9_loses_no_sum_and_leaves_at_most_one_question_open(
    kind: str, delay_seconds: float, tmp_path: Path
) -> None:
    with new_location(kind, tmp_path) as location:
        with running_store(location):
            pass
        told = kill_after(location, delay_seconds)
        with OperatorStore.open(location) as store:
            held = store.rounds.rounds_of(RUN)
            decoded = [a.key.round_number for a in held if a.phase is AttemptPhase.DECODED]
            assert told == list(range(1, len(told) + 1))
            assert set(told) <= set(decoded)
            assert len(held) <= len(told) + 1
            for attempt in held:
                aggregate(store.rounds, attempt.key)
                total = store.rounds.sum_of(attempt.key)
                assert total is not None
                assert total.attempt == 1


def kill_after(location: StoreLocation, delay_seconds: float) -> list[int]:
    environment = {"PYTHONPATH": ":".join([*sys.path, str(Path.cwd())])}
    command = [sys.executable, "-c", LOOP, text_of(location)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as server:
        if server.stdout is None:
            raise ChildProcessError("expected a pipe from the server, got none")
        first = server.stdout.readline()
        time.sleep(delay_seconds)
        server.send_signal(signal.SIGKILL)
        rest = server.stdout.read()
    return [int(line) for line in (first + rest).splitlines()]


def test_full_disk_is_one_clear_error_and_nothing_is_recorded(tmp_path: Path) -> None:
    large, digests = replace(MASKED, elements=bytes(10**6)), envelopes_of(AggregationStep.MASK)
    with running_store(tmp_path / "store.db") as store:
        aggregate_to(store.rounds, AttemptPhase.MASKING)
        with store._database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        with pytest.raises(StoreAccessError, match="full"):
            store.rounds.close_step(KEY, 1, AggregationStep.MASK, digests, large)

        held = store.rounds.attempt_of(KEY)
        assert held is not None
        assert held.phase is AttemptPhase.MASKING
        assert store.rounds.masked_sum(KEY) is None
        steps = {envelope.step for envelope in store.rounds.envelopes(KEY, 1)}
        assert steps == {AggregationStep.JOIN, AggregationStep.SHARE}


def test_each_persist_can_be_cut_before_and_after(tmp_path: Path) -> None:
    reached: list[str] = []
    with running_store(tmp_path / "store.db"):
        pass
    fault_points.install(reached.append)
    try:
        serve(tmp_path / "store.db")
        with OperatorStore.open(tmp_path / "store.db") as store:
            release = ReleaseRecord("c" * 64, STUDY.digest, RUN, "reach-1", (), NOW)
            store.rounds.open_attempt(QuestionKey(RUN, Question.EVALUATE, 1), NOW, CHARTER)
            store.runs.release(release)
    finally:
        fault_points.install(None)

    assert reached[::2] == [name.replace(".after", ".before") for name in reached[1::2]]
    assert {name.split(".")[1] for name in reached} == {
        "persist-lease",
        "persist-run-start",
        "persist-attempt",
        "persist-step",
        "persist-sum",
        "persist-round",
        "persist-release",
    }
