"""A brand process that answers measurements only stays small, and never loads torch."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.support.league_documents import a_league_histogram
from tests.support.league_processes import founded, hanse

pytestmark = pytest.mark.slow

MOST_KILOBYTES = 120 * 1000 * 1000 // 1024
POLL_SECONDS = 0.01
BRANDS = ("alder", "birch", "cedar")
STEPS = ("join-reply", "share-reply", "mask-reply", "endorse-reply", "unmask-reply")
TRAINING_LIBRARIES = ("libtorch", "/opacus/", "/scipy/", "/sklearn/")
DATA_LIBRARIES = ("duckdb", "pyarrow", "/pandas/")


@dataclass
class Seen:
    """What a process and those it started held at most, by process id."""

    root: int
    peaks: dict[int, int] = field(default_factory=dict)
    mapped: dict[int, set[str]] = field(default_factory=dict)

    def look(self) -> None:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.root)
            for process in (root, *root.children(recursive=True)):
                self._look_at(process.pid)

    def _look_at(self, pid: int) -> None:
        # A process that is ending has no files, or empty ones.
        with suppress(FileNotFoundError, ProcessLookupError, StopIteration):
            status = Path(f"/proc/{pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            self.peaks[pid] = int(peak.split()[1])
            maps = Path(f"/proc/{pid}/maps").read_text()
            found = {name for name in (*TRAINING_LIBRARIES, *DATA_LIBRARIES) if name in maps}
            self.mapped.setdefault(pid, set()).update(found)


@contextmanager
def watching(pid: int) -> Iterator[Seen]:
    """Look at a process again and again until the context ends."""
    seen, stop = Seen(pid), threading.Event()

    def watch() -> None:
        while not stop.wait(POLL_SECONDS):
            seen.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        seen.look()


def test_brand_that_measures_only_stays_under_120_megabytes_and_loads_no_torch(
    tmp_path: Path,
) -> None:
    with founded(tmp_path, BRANDS) as league:
        league.serve()
        brands = {name: league.run_brand(name).process.pid for name in BRANDS}
        with watching(brands["alder"]) as seen:
            league.wait_connected(*BRANDS)
            digest = league.propose(a_league_histogram(datetime.now(UTC)))
            ran = league.run(digest)
        egress = hanse("brand", "egress", "--home", league.brands["alder"].path, "--json")
    assert ran.returncode == 0, ran.stderr
    sent = [entry["message_type"] for entry in json.loads(egress.stdout)]
    assert sent == [*STEPS, *STEPS], "the brand did not answer cohort and measurement"
    workers = set(seen.peaks) - {seen.root}
    assert workers, "no warehouse worker was seen"
    assert max(seen.peaks.values()) < MOST_KILOBYTES, seen.peaks
    assert not any(seen.mapped[pid] & set(TRAINING_LIBRARIES) for pid in seen.peaks)
    assert not seen.mapped[seen.root], "the process that faces the network opened the data"
    assert any("duckdb" in seen.mapped[pid] for pid in workers)
