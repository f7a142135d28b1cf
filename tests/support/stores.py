"""Stores under test: of every kind there is, and failing at a chosen statement.

PostgreSQL is tested where the variable HANSE_TEST_POSTGRES holds the address of a
database; each store gets a schema of its own in it. Elsewhere one line says that it is not.
"""

from __future__ import annotations

import os
import secrets
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from hanse_federation.desk import StudyState
from hanse_federation.messages import Question
from hanse_policies.documents import BrandId
from hanse_server.store import (
    AggregationStep,
    AttemptPhase,
    MaskedSum,
    OperatorStore,
    PostgresAddress,
    QuestionKey,
    StoreLocation,
    StudyRecord,
)
from hanse_server.store.rounds import RoundStore
from tests.support.identity import NOW

POSTGRES = os.environ.get("HANSE_TEST_POSTGRES", "")
KINDS = ("sqlite", "postgresql") if POSTGRES else ("sqlite",)

STUDY = StudyRecord("a" * 64, "reach", 1, b"signed study", StudyState.PROPOSED, NOW)
BRANDS = (BrandId("aurora"), BrandId("borealis"), BrandId("corona"))
RUN = 2**63 - 1
KEY = QuestionKey(RUN, Question.TRAIN, 1)
MASKED = MaskedSum(BRANDS[:2], 32, b"\x01\x02\x03\x04" * 5)
CELLS = b"\xff" * 40
CHARTER = "c" * 64
DIGEST = b"\x07" * 32
"""Of a masked vector."""

STEP_OF = {
    AttemptPhase.JOINING: AggregationStep.JOIN,
    AttemptPhase.SHARING: AggregationStep.SHARE,
    AttemptPhase.MASKING: AggregationStep.MASK,
    AttemptPhase.ENDORSING: AggregationStep.ENDORSE,
}
"""The step whose closing ends a phase, in order."""

HOUR = timedelta(hours=1)

DEATH = 9
"""Exit code of a process that `die_at` ended."""


@contextmanager
def new_location(kind: str, folder: Path) -> Iterator[StoreLocation]:
    """Find a place without a store; what comes to lie there goes when the context ends."""
    if kind == "sqlite":
        yield folder / "store.db"
        return
    if not POSTGRES:
        pytest.skip("HANSE_TEST_POSTGRES names no PostgreSQL database")
    schema = f"test_{secrets.token_hex(8)}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    separator = "&" if "?" in POSTGRES else "?"
    yield PostgresAddress(f"{POSTGRES}{separator}options=-csearch_path%3D{schema}")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@contextmanager
def running_store(location: StoreLocation) -> Iterator[OperatorStore]:
    """Make a store in which run `RUN` of `STUDY` is running."""
    with OperatorStore.create(location) as store:
        store.studies.propose(STUDY)
        store.runs.start_or_resume(STUDY.digest, RUN, NOW)
        yield store


def text_of(location: StoreLocation) -> str:
    """Write a location as one word of a command line; `location_of` reads it."""
    return location.url if isinstance(location, PostgresAddress) else str(location)


def location_of(text: str) -> StoreLocation:
    """Read a location written by `text_of`."""
    return PostgresAddress(text) if "://" in text else Path(text)


def die_at(engine: Engine, statement: int, *, after: bool) -> None:
    """End the process before or after the given statement that an engine runs from now on.

    Before, a commit counts as a statement.
    """
    left = statement

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os._exit(DEATH)

    event.listen(engine, "after_cursor_execute" if after else "before_cursor_execute", count)
    if not after:
        event.listen(engine, "commit", count)


def dies(work: Callable[[], object]) -> bool:
    """Do something in a process of its own; tell whether it died of `die_at`.

    A store that is open must not be used there.
    """
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a child must not run on into pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in {0, DEATH}:
        raise ChildProcessError(f"expected a process that ends or dies, got exit code {code}")
    return code == DEATH


def aggregate(rounds: RoundStore, key: QuestionKey = KEY) -> None:
    """Take a question from its newest attempt, or a first, to its sum, as a server resumes it."""
    held = rounds.attempt_of(key) or rounds.open_attempt(key, NOW, CHARTER)
    phases = tuple(AttemptPhase)
    for phase in phases[phases.index(held.phase) :]:
        if phase in STEP_OF:
            close(rounds, STEP_OF[phase], held.attempt, key)
    rounds.record_sum(key, held.attempt, CELLS, envelopes_of(AggregationStep.UNMASK))


def aggregate_to(rounds: RoundStore, phase: AttemptPhase, key: QuestionKey = KEY) -> None:
    """Take a first attempt at a question as far as a phase before its sum."""
    opened = rounds.open_attempt(key, NOW, CHARTER)
    for during, step in STEP_OF.items():
        if during is phase:
            return
        close(rounds, step, opened.attempt, key)


def close(
    rounds: RoundStore, step: AggregationStep, attempt: int = 1, key: QuestionKey = KEY
) -> None:
    """Close a step as every attempt here closes it."""
    masked = MASKED if step is AggregationStep.MASK else None
    rounds.close_step(key, attempt, step, envelopes_of(step), masked)


def envelopes_of(step: AggregationStep) -> dict[BrandId, bytes]:
    """What each brand answers to a step; the third is lost before its vector came in."""
    if step is AggregationStep.MASK:
        return dict.fromkeys(MASKED.survivors, DIGEST)
    is_early = step in {AggregationStep.JOIN, AggregationStep.SHARE}
    brands = BRANDS if is_early else MASKED.survivors
    return {brand: f"{step} of {brand}".encode() for brand in brands}
