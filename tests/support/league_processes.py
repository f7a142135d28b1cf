"""The small league as people run it: `hanse` commands, each lasting part its own process.

Ports are free ones of loopback; every process is killed and waited for at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hanse_clients.home import BrandHome
from hanse_federation.desk import OperatorStatus
from hanse_policies.documents import Study
from hanse_policies.errors import HanseError
from hanse_server.alliance import Alliance
from hanse_server.home import OperatorHome
from tests.support.league_parties import (
    BRANDS,
    found_league_brand,
    found_league_operator,
    join,
    write_yaml,
)

HANSE = (sys.executable, "-m", "hanse_policies.command")
COMMAND_SECONDS = 120


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return kept | threads | {"PYTHONPATH": ":".join(sys.path)}


def hanse(
    *arguments: str | Path, file_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `file_bytes` caps the size of any file it writes."""
    command = [*HANSE, *map(str, arguments)]
    if file_bytes is not None:
        command = ["prlimit", f"--fsize={file_bytes}", *command]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        env=_environment(),
        check=False,
    )


def error_lines(text: str) -> list[str]:
    """Return what a process said on standard error, without its log lines."""
    return [line for line in text.splitlines() if line and not line.startswith("{")]


@dataclass
class Lasting:
    """A process that lasts, and where its words go."""

    process: subprocess.Popen[str]
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def wait(self, seconds: float = 60.0) -> int:
        return self.process.wait(seconds)

    def said(self) -> str:
        return self.log.read_text()


@dataclass
class ProcessLeague:
    """An operator, its brands, and their processes."""

    folder: Path
    operator: OperatorHome
    brands: dict[str, BrandHome]
    port: int
    processes: dict[str, Lasting] = field(default_factory=dict)
    _starts: int = 0

    def command(self, name: str) -> Sequence[str | Path]:
        """What starts a party's lasting process, before its arguments."""
        return HANSE

    def start(self, name: str, *arguments: str | Path) -> Lasting:
        self._starts += 1
        log = self.folder / f"{name}-{self._starts}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [str(part) for part in (*self.command(name), *arguments)],
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                env=_environment(),
            )
        self.processes[name] = Lasting(process, log)
        return self.processes[name]

    def serve(self) -> Lasting:
        started = self.start("operator", "operator", "serve", "--home", self.operator.path)
        self.wait_serving()
        return started

    def wait_serving(self) -> None:
        wait_for(self._is_serving)

    def run_brand(self, brand: str, name: str = "") -> Lasting:
        home = self.brands[brand].path
        return self.start(name or brand, "brand", "run", "--home", home, "--poll-seconds", "0.3")

    def status(self) -> OperatorStatus:
        return Alliance(self.operator).status()

    def wait_connected(self, *brands: str) -> None:
        wait_for(lambda: set(brands or self.brands) <= set(self.status().connected))

    def propose(self, study: Study) -> str:
        """Propose a study and wait until every connected brand has said its word."""
        path = self.folder / f"{study.id}.yaml"
        write_yaml(path, study)
        done = hanse("operator", "propose", path, "--home", self.operator.path, "--json")
        assert done.returncode == 0, done.stderr
        digest = str(json.loads(done.stdout)["study"])
        wait_for(lambda: self._has_all_words(digest))
        return digest

    def run(self, study: str) -> subprocess.CompletedProcess[str]:
        return hanse("operator", "run", study, "--home", self.operator.path, "--json")

    def watch(self, study: str) -> subprocess.Popen[str]:
        """Start a run whose steps can be read line by line."""
        return subprocess.Popen(
            [*HANSE, "operator", "run", study, "--home", str(self.operator.path), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )

    def end(self) -> None:
        for lasting in self.processes.values():
            if lasting.process.poll() is None:
                lasting.process.terminate()
        for lasting in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                lasting.process.wait(20)
            lasting.process.kill()
            lasting.process.wait()

    def _has_all_words(self, digest: str) -> bool:
        status = self.status()
        (study,) = [study for study in status.studies if study.digest == digest]
        return {*study.approved, *(brand for brand, _ in study.refused)} >= set(status.connected)

    def _is_serving(self) -> bool:
        if self.processes["operator"].process.poll() is not None:
            raise AssertionError(self.processes["operator"].said())
        try:
            self.status()
        except HanseError:
            return False
        return True


@contextmanager
def founded(folder: Path, brands: Sequence[str] = BRANDS) -> Iterator[ProcessLeague]:
    """Found, enrol and join; nothing runs yet, and whatever a test starts is ended."""
    now, port = datetime.now(UTC), free_port()
    operator = found_league_operator(folder / "operator", now, f"127.0.0.1:{port}")
    with operator.open_store() as store:
        homes = {
            brand: join(operator, store, found_league_brand(folder / brand, brand, now), now)
            for brand in brands
        }
    league = ProcessLeague(folder, operator, homes, port)
    try:
        yield league
    finally:
        league.end()


@contextmanager
def running(folder: Path, brands: Sequence[str] = BRANDS) -> Iterator[ProcessLeague]:
    """A league whose operator serves and whose brands are connected."""
    with founded(folder, brands) as league:
        league.serve()
        for brand in brands:
            league.run_brand(brand)
        league.wait_connected()
        yield league
