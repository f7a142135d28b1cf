"""Runs one `hanse` command in a process that suffers what a control file says.

    python -m tests.support.faulty_process CONTROL TRACE brand run --home ...

It installs a hook at the product's fault points, gives the lasting commands a clock
that can jump, and, for an operator, a link that repeats requests and a tap that
tells what came in and what was decoded. Nothing else starts a process this way.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hanse_federation import fault_points
from hanse_policies.command import main
from tests.support.fault_control import ArmedFault, ControlFile, FaultKind, Trace


class FaultHook:
    """Counts the points reached and does at each what is armed for it."""

    def __init__(self, control: ControlFile, trace: Trace) -> None:
        self._control = control
        self._trace = trace
        self._passed: Counter[int] = Counter()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            if name not in self._known:
                self._known.add(name)
                self._trace.tell("reached", point=name)
            due = [fault for fault in self._control.read().faults if self._is_due(fault, name)]
        for fault in due:
            self._trace.tell("fault", number=fault.number, point=name, kind=fault.kind)
            if fault.kind is FaultKind.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(fault.seconds)

    def _is_due(self, fault: ArmedFault, name: str) -> bool:
        if fault.point != name:
            return False
        self._passed[fault.number] += 1
        return self._passed[fault.number] == fault.passes + 1


def jumping_clock(control: ControlFile) -> Callable[[], datetime]:
    """A clock that is off by what the control file says now."""

    def tell() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=control.read().clock_seconds)

    return tell


def prepare_brand(control: ControlFile) -> None:
    from hanse_clients.cli import run  # noqa: PLC0415
    from hanse_clients.client import BrandClient  # noqa: PLC0415
    from hanse_clients.home import BrandHome  # noqa: PLC0415

    clock = jumping_clock(control)

    class JumpingBrandClient(BrandClient):
        def __init__(self, home: BrandHome) -> None:
            super().__init__(home, clock=clock)

    vars(run)["BrandClient"] = JumpingBrandClient


def prepare_operator(control: ControlFile, trace: Trace) -> None:
    from hanse_federation.link.settings import LinkSettings  # noqa: PLC0415
    from hanse_server import service  # noqa: PLC0415
    from hanse_server.alliance import Alliance  # noqa: PLC0415
    from hanse_server.cli import serve  # noqa: PLC0415
    from hanse_server.home import OperatorHome  # noqa: PLC0415
    from tests.support.faulty_link import RepeatingLink, tap_decoding  # noqa: PLC0415

    clock = jumping_clock(control)

    class JumpingAlliance(Alliance):
        def __init__(self, home: OperatorHome) -> None:
            super().__init__(home, clock=clock)

    class ControlledLink(RepeatingLink):
        def __init__(self, settings: LinkSettings | None = None) -> None:
            super().__init__(settings, control=control, trace=trace, draw=random.Random())

    vars(serve)["Alliance"] = JumpingAlliance
    vars(service)["GrpcOperatorLink"] = ControlledLink
    tap_decoding(trace)


def run(arguments: list[str]) -> int:
    control, trace = ControlFile(Path(arguments[0])), Trace(Path(arguments[1]))
    command = arguments[2:]
    if command[0] == "brand":
        prepare_brand(control)
    else:
        prepare_operator(control, trace)
    fault_points.install(FaultHook(control, trace))
    sys.argv = ["hanse", *command]
    return main()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
