from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hanse_demo.errors import DemoPartyError, DemoWaitError, StageClosedError
from hanse_demo.stage import Stage

PYTHON = (sys.executable, "-c")
SLEEP = "import time; print('ready', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, command=PYTHON) as stage:
        yield stage


def wait_ready(stage: Stage, name: str) -> None:
    log = stage.logs / f"{name}.log"
    stage.wait_until(
        lambda: "ready" in log.read_text(), expected="ready", got=log.read_text, seconds=20
    )


def test_every_party_is_gone_when_the_stage_closes(stage: Stage) -> None:
    parties = [stage.start(name, SLEEP) for name in ("operator", "brand-1")]
    stage.close()
    assert not any(psutil.pid_exists(party.process.pid) for party in parties)
    assert stage.killed == ()


def test_a_party_has_a_session_of_its_own_so_that_no_ctrl_c_reaches_it(stage: Stage) -> None:
    party = stage.start("operator", "import os; print(os.getsid(0) == os.getpid())")
    party.process.wait()
    assert party.log.read_text().strip() == "True"


def test_a_party_that_is_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, command=PYTHON, grace_seconds=0.3)
    party = stage.start("brand-1", DEAF)
    wait_ready(stage, "brand-1")
    stage.close()
    assert party.process.returncode == -9
    assert stage.killed == ("brand-1",)


def test_the_operator_ends_last(tmp_path: Path) -> None:
    ended = "import signal, sys, time\n"
    ended += "def end(*_): print('ended', time.monotonic(), flush=True); sys.exit()\n"
    ended += "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    stage = Stage(tmp_path, command=PYTHON)
    for name in ("operator", "brand-1", "brand-2"):
        stage.start(name, ended)
        wait_ready(stage, name)
    stage.close()
    times = [float((tmp_path / f"{p.name}.log").read_text().split()[-1]) for p in stage.parties]
    assert max(times) == times[0]


def test_processes_of_others_are_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([*PYTHON, SLEEP], stdout=subprocess.DEVNULL) as other:
        with Stage(tmp_path, command=PYTHON) as stage:
            stage.start("operator", SLEEP)
        assert other.poll() is None
        other.kill()


def test_an_early_end_is_told_with_the_last_line_of_the_log(stage: Stage) -> None:
    party = stage.start("brand-2", "import sys; print('port in use\\n'); sys.exit(6)")
    party.process.wait()
    with pytest.raises(DemoPartyError, match=r"process of brand-2 .* exit code 6; .*port in use"):
        stage.check()


def test_waiting_ends_at_once_when_a_party_dies(stage: Stage) -> None:
    stage.start("brand-2", "raise SystemExit(1)")
    started = time.monotonic()
    with pytest.raises(DemoPartyError):
        stage.wait_until(lambda: False, expected="a word", got=lambda: "none", seconds=60)
    assert time.monotonic() - started < 20


def test_what_does_not_come_in_time_is_an_error_that_names_it(stage: Stage) -> None:
    with pytest.raises(DemoWaitError, match=r"expected 5 brands within 0\.1 s, got 4"):
        stage.wait_until(lambda: False, expected="5 brands", got=lambda: "4", seconds=0.1)


def test_a_command_tells_its_end_its_output_and_its_last_word(stage: Stage) -> None:
    script = "import sys; print('{}'); sys.stderr.write('one\\ntwo\\n'); sys.exit(3)"
    finished = stage.run(script)
    assert (finished.exit_code, finished.output, finished.told) == (3, "{}\n", "two")


def test_lines_are_handed_on_as_they_come_however_much_goes_to_standard_error(
    stage: Stage,
) -> None:
    script = "import sys; sys.stderr.write('x' * 300_000); print('a'); print('b')"
    lines: list[str] = []
    finished = stage.follow(script, take=lines.append)
    assert lines == ["a", "b"]
    assert finished.exit_code == 0


def test_an_interrupt_while_watching_ends_the_command(stage: Stage) -> None:
    running: list[int] = []

    def interrupt(line: str) -> None:
        running.extend(child.pid for child in psutil.Process().children())
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        stage.follow(SLEEP, take=interrupt)
    assert time.monotonic() - started < 20
    assert running
    assert not any(psutil.pid_exists(pid) for pid in running)


def test_closing_ends_a_command_that_another_thread_waits_for(stage: Stage) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(stage.run(SLEEP).exit_code))
    thread.start()
    while not psutil.Process().children():
        time.sleep(0.01)
    stage.close()
    thread.join(timeout=20)
    assert codes == [-15]


def test_nothing_starts_once_the_stage_is_closed(stage: Stage) -> None:
    stage.close()
    with pytest.raises(StageClosedError):
        stage.start("operator", SLEEP)
    with pytest.raises(StageClosedError):
        stage.run("pass")


def test_a_failing_body_ends_everything_before_its_threads_are_awaited(stage: Stage) -> None:
    party = stage.start("operator", SLEEP)
    with pytest.raises(ValueError, match="body"), stage.ended_on_error():
        raise ValueError("body")
    assert party.process.returncode is not None
