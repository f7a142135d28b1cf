"""Runs that go on: one a study, heard from the beginning by whoever follows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hanse_federation.desk import RunEvent, RunStage
from hanse_policies.documents import BrandId
from hanse_server.errors import StudyRunError
from hanse_server.run_board import RunBoard

STUDY, OTHER = "a1" * 32, "b2" * 32
SECONDS = 10.0
Tell = Callable[[RunEvent], None]


def event(number: int) -> RunEvent:
    return RunEvent(RunStage.ROUND, round_number=number, brands=(BrandId("alder"),))


EVENTS = [event(number) for number in range(4)]


class Paced:
    """Tells one event for each time it is let go on, and counts how often it was started."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.starts = 0
        self.ended = threading.Event()
        self._go = threading.Semaphore(0)
        self._failure = failure

    def go_on(self, times: int = 1) -> None:
        self._go.release(times)

    def __call__(self, tell: Tell) -> None:
        self.starts += 1
        for each in EVENTS:
            assert self._go.acquire(timeout=SECONDS)
            tell(each)
        self.ended.set()
        if self._failure is not None:
            raise self._failure


def take(events: Iterator[RunEvent], count: int) -> list[RunEvent]:
    return [next(events) for _ in range(count)]


def test_who_starts_a_run_hears_each_step_as_it_is_told() -> None:
    run = Paced()
    events = RunBoard().follow(STUDY, run)
    for number in range(len(EVENTS)):
        run.go_on()
        assert next(events) == EVENTS[number]
    assert list(events) == []


def test_who_comes_later_hears_the_same_from_the_beginning_and_starts_nothing() -> None:
    board, run, second = RunBoard(), Paced(), Paced()
    first = board.follow(STUDY, run)
    run.go_on(3)
    assert take(first, 3) == EVENTS[:3]
    late = board.follow(STUDY, second)
    assert take(late, 3) == EVENTS[:3]
    run.go_on()
    assert list(late) == EVENTS[3:]
    assert list(first) == EVENTS[3:]
    assert (run.starts, second.starts) == (1, 0)


def test_a_run_goes_on_when_nobody_listens_any_more() -> None:
    run = Paced()
    events = RunBoard().follow(STUDY, run)
    run.go_on(4)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert run.ended.wait(SECONDS)


def test_a_run_goes_on_that_nobody_ever_listened_to() -> None:
    run = Paced()
    RunBoard().begin(STUDY, run)
    run.go_on(4)
    assert run.ended.wait(SECONDS)


def test_many_who_ask_at_once_get_one_run() -> None:
    board, run, count = RunBoard(), Paced(), 8
    with ThreadPoolExecutor(count) as pool:
        heard = [pool.submit(lambda: list(board.follow(STUDY, run))) for _ in range(count)]
        followed = [board.follow(STUDY, run)]
        run.go_on(4)
        assert [each.result(SECONDS) for each in heard] == [EVENTS] * count
        assert list(followed[0]) == EVENTS
    assert run.starts == 1


def test_another_study_has_a_run_of_its_own() -> None:
    board, one, other = RunBoard(), Paced(), Paced()
    first, second = board.follow(STUDY, one), board.follow(OTHER, other)
    other.go_on(4)
    assert list(second) == EVENTS
    one.go_on(4)
    assert list(first) == EVENTS


def test_a_run_that_ended_can_be_started_again_and_tells_nothing_of_the_one_before() -> None:
    board, first, again = RunBoard(), Paced(), Paced()
    first.go_on(4)
    again.go_on(4)
    assert list(board.follow(STUDY, first)) == EVENTS
    assert list(board.follow(STUDY, again)) == EVENTS
    assert (first.starts, again.starts) == (1, 1)


def test_what_ends_a_run_is_raised_to_everybody_who_follows_after_what_was_told() -> None:
    board, run = RunBoard(), Paced(StudyRunError("the study is released"))
    followers = [board.follow(STUDY, run), board.follow(STUDY, run)]
    run.go_on(4)
    for events in followers:
        assert take(events, 4) == EVENTS
        with pytest.raises(StudyRunError, match="is released"):
            next(events)


def test_what_ends_a_run_that_nobody_follows_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    board, refused, broken = RunBoard(), Paced(StudyRunError("released")), Paced(KeyError("defect"))
    for study, run in ((STUDY, refused), (OTHER, broken)):
        run.go_on(4)
        told = board.begin(study, run)
        with pytest.raises((StudyRunError, KeyError)):
            list(told.follow())
    assert [record.getMessage() for record in caplog.records] == [
        "run not carried on: study-not-runnable",
        "run ended by a defect",
    ]
