"""A league of real processes that suffer faults, and the hands that start them again."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hanse_clients.home import CONFIGURATION_FILE, BrandHome
from hanse_policies import durable_files
from hanse_policies.configuration import configuration_yaml
from tests.support.fault_control import ArmedFault, ControlFile, FaultSpec, Trace
from tests.support.faulty_network import FaultyNetwork
from tests.support.league_documents import a_league_policy
from tests.support.league_parties import (
    BRANDS,
    found_league_brand,
    found_league_operator,
    join,
    put_policy,
)
from tests.support.league_processes import ProcessLeague, error_lines, free_port

OPERATOR = "operator"
DEADLINE_SECONDS = 15
AMPLE_EPSILON = 100.0
"""Enough for hundreds of small studies: faults are looked for here, not budgets."""
RESTART_SECONDS = 0.3
FULL_DISK_BYTES = 4096
"""What a process may write to a file while its disk is full: nothing that is longer already."""


@dataclass
class Sufferer:
    """One party's process, what it is to suffer, and what it told."""

    name: str
    control: ControlFile
    trace: Trace
    spec: FaultSpec = field(default_factory=FaultSpec)
    starts: int = 0
    not_before: float = 0.0

    def suffer(self, spec: FaultSpec) -> None:
        self.spec = spec
        self.control.write(spec)


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended: `exit_code` is minus the signal where one ended it."""

    name: str
    exit_code: int
    log: Path

    @property
    def reason(self) -> str:
        """The code in the last line that it said to people; empty if it said none."""
        lines = error_lines(self.log.read_text(errors="replace"))
        return lines[-1].partition(":")[0][:60] if lines else ""


@dataclass
class FaultyLeague(ProcessLeague):
    """A league whose processes all run under the fault launcher, each brand behind a proxy."""

    sufferers: dict[str, Sufferer] = field(default_factory=dict)
    networks: dict[str, FaultyNetwork] = field(default_factory=dict)

    def command(self, name: str) -> Sequence[str | Path]:
        sufferer = self.sufferers[name]
        launcher = (sys.executable, "-m", "tests.support.faulty_process")
        return (*launcher, sufferer.control.path, sufferer.trace.path)

    def launch(self, name: str) -> None:
        """Start a party without waiting for it."""
        self.sufferers[name].starts += 1
        if name == OPERATOR:
            home = ("--home", self.operator.path, "--deadline-seconds", str(DEADLINE_SECONDS))
            self.start(name, OPERATOR, "serve", *home)
        else:
            self.run_brand(name)

    def tend(self) -> list[Ended]:
        """Start again what has ended; tell what that was."""
        ended = []
        for name, sufferer in self.sufferers.items():
            lasting = self.processes.get(name)
            code = None if lasting is None else lasting.process.poll()
            if lasting is not None and code is not None:
                ended.append(Ended(name, code, lasting.log))
                del self.processes[name]
                pause = 0.0 if code == -signal.SIGKILL else RESTART_SECONDS
                sufferer.not_before = time.monotonic() + pause
            if name not in self.processes and time.monotonic() >= sufferer.not_before:
                self.launch(name)
        return ended

    def arm(self, name: str, fault: ArmedFault) -> None:
        """Add a fault to what a party suffers."""
        spec = self.sufferers[name].spec
        self.sufferers[name].suffer(replace(spec, faults=(*spec.faults, fault)))

    def take_away(self, name: str, number: int) -> None:
        """Remove a fault that happened, so that the process started next does not suffer it."""
        spec = self.sufferers[name].spec
        left = tuple(fault for fault in spec.faults if fault.number != number)
        self.sufferers[name].suffer(replace(spec, faults=left))

    def disarm(self) -> None:
        """Take away all faults."""
        for sufferer in self.sufferers.values():
            sufferer.suffer(FaultSpec())
        for network in self.networks.values():
            network.delay(0)
            network.bring_up()

    def news(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return what the parties' traces told since the last look."""
        for name, sufferer in self.sufferers.items():
            for event in sufferer.trace.news():
                yield name, event

    def fill_disk(self, name: str, *, full: bool) -> None:
        """Let a party's process write no file further, or write again."""
        lasting = self.processes.get(name)
        if lasting is None or lasting.process.poll() is not None:
            return
        _, hard = resource.prlimit(lasting.process.pid, resource.RLIMIT_FSIZE)
        soft = FULL_DISK_BYTES if full else hard
        resource.prlimit(lasting.process.pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def faulty_league(folder: Path, *, store: str | None = None) -> Iterator[FaultyLeague]:
    """Found a league and start it; everything is ended with the context.

    Args:
        folder: Where everything lies.
        store: Address of a PostgreSQL database for the operator's store; a file if None.
    """
    now, port = datetime.now(UTC), free_port()
    operator = found_league_operator(folder / OPERATOR, now, f"127.0.0.1:{port}", store)
    homes: dict[str, BrandHome] = {}
    with ExitStack() as opened:
        networks = {name: opened.enter_context(FaultyNetwork(port)) for name in BRANDS}
        with operator.open_store() as held:
            for name in BRANDS:
                home = join(operator, held, found_league_brand(folder / name, name, now), now)
                put_policy(home, a_league_policy(name, now, AMPLE_EPSILON))
                homes[name] = _behind(home, networks[name])
        sufferers = {
            name: Sufferer(
                name, ControlFile(folder / f"{name}.control"), Trace(folder / f"{name}.trace")
            )
            for name in (OPERATOR, *BRANDS)
        }
        league = FaultyLeague(folder, operator, homes, port, sufferers=sufferers, networks=networks)
        opened.callback(league.end)
        for name in league.sufferers:
            league.launch(name)
        league.wait_serving()
        league.wait_connected()
        yield league


def _behind(home: BrandHome, network: FaultyNetwork) -> BrandHome:
    """Have a brand dial through a proxy."""
    address = f"127.0.0.1:{network.port}"
    configuration = home.configuration.model_copy(update={"address": address})
    durable_files.replace(home.path / CONFIGURATION_FILE, configuration_yaml(configuration))
    return replace(home, configuration=configuration)
