"""Brand processes of the benchmark, and what they hold in memory.

Rules: every process is started and ended by its own handle; a peak is the
kernel's own high-water mark (VmHWM), read while the process lives; a library
counts as loaded when its shared object is mapped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from hanse_clients.home import BrandHome

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("policies", "federation", "flower", "clients", "server", "protos", "demo")
ENDING_SECONDS = 20.0
POLL_SECONDS = 0.01
_HANSE = "import sys; from hanse_policies.command import main; sys.exit(main())"


def product_command(home: BrandHome) -> list[str]:
    """Return the command line of `hanse brand run`."""
    return [sys.executable, "-c", _HANSE, "brand", "run", "--home", str(home.path)]


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command line of a module of the benchmark."""
    return [sys.executable, "-m", f"bench.{module}", *arguments]


@contextmanager
def running(commands: Sequence[Sequence[str]]) -> Iterator[tuple[subprocess.Popen[bytes], ...]]:
    """Run processes side by side until the context ends; what they print is dropped."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.extend(_start(command) for command in commands)
        yield tuple(started)
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=ROOT, env=_environment(), stdin=nothing, stdout=nothing, stderr=nothing
    )


def _environment() -> Mapping[str, str]:
    paths = [str(ROOT), *(str(ROOT / package) for package in PACKAGES)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
    }


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until a condition holds, or end the benchmark with one line."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"link-bench: {what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a brand's processes held at most.

    Attributes:
        brand_mb: Peak of the process that faces the network, in MB of 10^6 bytes.
        worker_mb: Largest peak of a process it started; 0 if it started none.
        workers: How many processes it started that were seen.
        is_torch_loaded: Whether any of them mapped torch's library.
    """

    brand_mb: float
    worker_mb: float
    workers: int
    is_torch_loaded: bool


class MemoryWatch:
    """Watches one process and those it starts, short-lived ones too."""

    def __init__(self, pid: int) -> None:
        """Begin to watch, on a thread of its own."""
        self._root = psutil.Process(pid)
        self._peaks: dict[int, int] = {}
        self._is_torch_loaded = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> Footprint:
        """Look once more, stop watching and tell what was seen; the process still runs."""
        self._stop.set()
        self._thread.join()
        self._look()
        workers = [peak for pid, peak in self._peaks.items() if pid != self._root.pid]
        return Footprint(
            brand_mb=self._peaks[self._root.pid] * 1024 / 1e6,
            worker_mb=max(workers, default=0) * 1024 / 1e6,
            workers=len(workers),
            is_torch_loaded=self._is_torch_loaded,
        )

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self._look()

    def _look(self) -> None:
        with suppress(psutil.NoSuchProcess):
            for process in (self._root, *self._root.children(recursive=True)):
                self._look_at(process.pid)

    def _look_at(self, pid: int) -> None:
        # A process that ends while it is looked at has no files or empty ones.
        with suppress(FileNotFoundError, ProcessLookupError, StopIteration):
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            self._peaks[pid] = max(self._peaks.get(pid, 0), int(peak.split()[1]))
            if "libtorch" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8"):
                self._is_torch_loaded = True
