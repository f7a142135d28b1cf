"""The tools themselves: kills happen where they are armed, networks break when told to."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import GIVEN_UP_AFTER, KillPlan, Outcome, PlannedKill, Tally
from tests.chaos.points import fault_points, party_of
from tests.support.fault_control import ArmedFault, ControlFile, FaultKind, FaultSpec, Trace
from tests.support.faulty_network import FaultyNetwork
from tests.support.faulty_process import FaultHook, jumping_clock

REACHING = """
import sys
from pathlib import Path
from hanse_federation import fault_points
from tests.support.fault_control import ControlFile, Trace
from tests.support.faulty_process import FaultHook

control, trace = ControlFile(Path(sys.argv[1])), Trace(Path(sys.argv[2]))
fault_points.install(FaultHook(control, trace))
for number in range(5):
    fault_points.reach("brand.send.before")
    trace.tell("passed", number=number)
"""


@pytest.fixture
def control(tmp_path: Path) -> ControlFile:
    return ControlFile(tmp_path / "control")


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


def test_a_process_is_killed_at_the_pass_that_was_armed(control: ControlFile, trace: Trace) -> None:
    control.write(FaultSpec((ArmedFault(1, "brand.send.before", passes=2),)))
    done = subprocess.run(
        [sys.executable, "-c", REACHING, control.path, trace.path],
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    events = [(event["event"], event.get("number")) for event in trace.news()]
    assert events == [("reached", None), ("passed", 0), ("passed", 1), ("fault", 1)]
    assert list(trace.news()) == []


def test_a_process_whose_disk_is_full_passes_its_points_and_tells(
    control: ControlFile, trace: Trace
) -> None:
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    subprocess.run(
        [sys.executable, "-c", full + REACHING, control.path, trace.path],
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        check=True,
    )
    assert [event["event"] for event in trace.news()] == ["reached", *["passed"] * 5]


def test_faults_can_be_armed_and_taken_away_while_a_process_runs(
    control: ControlFile, trace: Trace
) -> None:
    hook = FaultHook(control, trace)
    hook("brand.send.after")
    control.write(
        FaultSpec((ArmedFault(4, "brand.send.after", kind=FaultKind.DELAY, seconds=0.05),))
    )
    started = time.monotonic()
    hook("brand.send.after")
    assert time.monotonic() - started >= 0.05
    control.write(FaultSpec())
    hook("brand.send.after")
    assert [event["event"] for event in trace.news()] == ["reached", "fault"]


def test_the_clock_jumps_when_it_is_told_to(control: ControlFile) -> None:
    clock = jumping_clock(control)
    before = clock()
    control.write(FaultSpec(clock_seconds=-3600.0))
    assert 3590 < (before - clock()).total_seconds() < 3610


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=reflect, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])


def reflect(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(1024):
                connection.sendall(data)
        except OSError:
            return


def dial(network: FaultyNetwork) -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.port), timeout=5)


def echoed(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    return connection.recv(1024)


def is_broken(connection: socket.socket) -> bool:
    try:
        return connection.recv(1024) == b""
    except ConnectionResetError:
        return True


def test_a_network_passes_cuts_and_passes_again(echo: int) -> None:
    with FaultyNetwork(echo) as network, dial(network) as first:
        assert echoed(first, b"one") == b"one"
        network.cut()
        assert is_broken(first)
        with dial(network) as second:
            assert echoed(second, b"two") == b"two"


def test_a_network_that_is_down_lets_nobody_through_until_it_is_up(echo: int) -> None:
    with FaultyNetwork(echo) as network, dial(network) as before:
        assert echoed(before, b"three") == b"three"
        network.take_down()
        assert is_broken(before)
        with dial(network) as waiting:
            waiting.sendall(b"four")
            waiting.settimeout(0.2)
            with pytest.raises(TimeoutError):
                waiting.recv(1024)
            network.bring_up()
            waiting.settimeout(5)
            assert waiting.recv(1024) == b"four"


def test_a_slow_network_delays_what_passes(echo: int) -> None:
    with FaultyNetwork(echo) as network, dial(network) as connection:
        network.delay(0.05)
        started = time.monotonic()
        assert echoed(connection, b"four") == b"four"
        assert time.monotonic() - started >= 0.1


def test_kills_are_spread_over_the_points_and_a_seed_draws_the_same() -> None:
    def plan() -> list[str]:
        kills = KillPlan(fault_points(), random.Random(3))
        drawn = []
        for _ in range(60):
            for kill in kills.next_kills(4):
                drawn.append(kill.point)
                kills.note_kill(kill.point)
        return drawn

    drawn = plan()
    assert drawn == plan()
    counts = {point: drawn.count(point) for point in fault_points()}
    assert max(counts.values()) - min(counts.values()) <= 1
    assert {party_of(point) for point in drawn} == {"brand", "server"}


def test_a_point_that_is_never_reached_is_given_up() -> None:
    plan = KillPlan((), random.Random(3))
    for _ in range(GIVEN_UP_AFTER):
        for kill in plan.next_kills(4):
            plan.note_miss(kill)
    for point in plan.never_reached:
        for _ in range(GIVEN_UP_AFTER):
            plan.note_miss(PlannedKill(point, 0))
    assert plan.next_kills(4) == []
    assert plan.is_used_up


def test_the_tally_tells_releases_from_refusals() -> None:
    tally = Tally()
    tally.count(["brand.send.before", "full-disk"], Outcome.RELEASED)
    tally.count(["brand.send.before"], Outcome.REFUSED)
    tally.count(["brand.send.before"], Outcome.VIOLATED)
    assert tally.rows() == [("brand.send.before", 3, 1, 1), ("full-disk", 1, 1, 0)]
