from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse_demo.answers import Fetched, ask, run_study
from hanse_demo.errors import DemoStepError
from hanse_demo.stage import Stage
from hanse_federation.desk import RunEvent, RunStage

EVENTS = """
import json, sys
for stage in ("started", "round", "released"):
    print(json.dumps({"stage": stage, "round_number": 1, "rounds": 5, "brands": ["brand-1"]}))
sys.exit(0)
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, command=(sys.executable, "-c")) as stage:
        yield stage


def test_an_answer_is_read_and_the_command_is_asked_for_json(stage: Stage) -> None:
    script = "import sys, json; print(json.dumps({'release': sys.argv[1], 'more': 1}))"
    assert ask(stage, Fetched, script) == Fetched(release="--json")


def test_an_unexpected_exit_code_is_told_with_the_commands_last_line(stage: Stage) -> None:
    script = "import sys; sys.stderr.write('port-in-use: expected a free port\\n'); sys.exit(6)"
    with pytest.raises(DemoStepError, match=r"exit code 6 \(port-in-use: expected a free port\)"):
        ask(stage, Fetched, script)


def test_an_exit_code_that_is_allowed_is_an_answer(stage: Stage) -> None:
    script = 'import sys; print(\'{"release": "x"}\'); sys.exit(1)'
    assert ask(stage, Fetched, script, allowed=(1,)).release == "x"


def test_an_answer_of_another_form_is_an_error(stage: Stage) -> None:
    with pytest.raises(DemoStepError):
        ask(stage, Fetched, "print('{}')")


def test_every_event_of_a_run_is_told_and_the_last_one_kept(stage: Stage) -> None:
    events: list[RunEvent] = []
    end = run_study(stage, EVENTS, watch=events.append)
    assert [event.stage for event in events] == ["started", "round", "released"]
    assert (end.event.stage, end.exit_code) == (RunStage.RELEASED, 0)
    assert events[1].brands == ("brand-1",)


def test_a_run_that_tells_nothing_is_an_error(stage: Stage) -> None:
    with pytest.raises(DemoStepError, match="told no reason"):
        run_study(stage, "pass", watch=print)


def test_a_run_that_tells_something_else_is_an_error(stage: Stage) -> None:
    with pytest.raises(DemoStepError, match="not an event"):
        run_study(stage, "print('[]')", watch=print)
