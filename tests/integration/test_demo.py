"""`hanse demo` as a person runs it, with everything it promises to do and not to do.

One run is interrupted half-way; the next ones, in the same folder, go to their
end, one in each trust mode. All are watched from outside while they last.
"""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from hanse_demo.door import knock
from hanse_demo.folder import MARKER
from hanse_policies.documents import TrustMode
from hanse_server.home import OperatorHome
from hanse_server.study_run import PERSONS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN_SECONDS = 600
MOST_MEMORY_BYTES = 4 * 1024**3
COMMAND = (sys.executable, "-P", "-m", "hanse_policies.command", "demo")
ENDED_BY_A_PERSON = 130


@dataclass(slots=True)
class Watched:
    """A demo's process and what was seen of its descendants."""

    process: subprocess.Popen[str]
    seen: dict[int, psutil.Process] = field(default_factory=dict)
    parties: dict[int, str] = field(default_factory=dict)
    ends: set[tuple[str, str]] = field(default_factory=set)
    doors: set[bool] = field(default_factory=set)

    def look(self) -> None:
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        for child in children:
            try:
                self._look_at(child)
            except psutil.NoSuchProcess:
                continue

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + RUN_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, "the demo takes too long"
            self.look()
            time.sleep(0.3)

    def alive(self) -> list[int]:
        """List descendants that still run; a number may be another's by now, a process not."""
        return [pid for pid, process in self.seen.items() if process.is_running()]

    def _look_at(self, child: psutil.Process) -> None:
        self.seen.setdefault(child.pid, child)
        words = child.cmdline()
        if words[-1:] == ["--json"] and {"serve", "run"} & set(words[4:6]) and "--home" in words:
            self.parties[child.pid] = " ".join(words[4:])
        for end in child.net_connections(kind="inet"):
            local, remote = (str(part.ip) if part else "" for part in (end.laddr, end.raddr))
            self.ends.add((local.removeprefix("::ffff:"), remote.removeprefix("::ffff:")))
            if end.status == psutil.CONN_LISTEN and not self.doors:
                self.doors.add(knock(f"127.0.0.1:{end.laddr.port}").is_shut)


def start(out: Path, brands: int, mode: TrustMode = TrustMode.LOCAL) -> Watched:
    options = ("--out", str(out), "--brands", str(brands), "--mode", mode, "--json")
    return Watched(
        subprocess.Popen(
            [*COMMAND, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What was left of a run that a person stopped."""

    exit_code: int
    told: str
    seen: int
    alive: list[int]


@pytest.fixture(scope="module")
def interrupted(out: Path) -> Interrupted:
    watched = start(out, brands=3)
    logs = out / "logs"
    watched.until(lambda: (logs / "brand-1.log").exists() or watched.process.poll() is not None)
    watched.look()
    watched.process.send_signal(signal.SIGINT)
    _, told = watched.process.communicate(timeout=120)
    return Interrupted(watched.process.returncode, told, len(watched.seen), watched.alive())


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that went to its end."""

    mode: TrustMode
    exit_code: int
    summary: dict[str, Any]
    screen: str
    watched: Watched
    alive: list[int]
    out: Path


@pytest.fixture(scope="module", params=list(TrustMode))
def finished(request: pytest.FixtureRequest, out: Path, interrupted: Interrupted) -> Finished:
    del interrupted  # It left its folder behind for this run to replace.
    mode: TrustMode = request.param
    (out / "mine.txt").write_text("not the demo's")
    watched = start(out, 5, mode)
    watched.until(lambda: watched.process.poll() is not None)
    output, screen = watched.process.communicate()
    assert watched.process.returncode == 0, screen
    return Finished(
        mode, watched.process.returncode, json.loads(output), screen, watched, watched.alive(), out
    )


def test_ctrl_c_ends_every_process_and_then_the_demo(interrupted: Interrupted) -> None:
    assert interrupted.exit_code == ENDED_BY_A_PERSON
    assert interrupted.told.splitlines()[-1].startswith("demo-interrupted: ")
    assert interrupted.seen >= 2
    assert interrupted.alive == []


def test_two_studies_are_released_and_the_third_is_refused(finished: Finished) -> None:
    outcomes = {line["study"]: line["outcome"] for line in finished.summary["studies"]}
    assert outcomes == {
        "repurchase-propensity": "released",
        "spend-by-age": "released",
        "household-income-profile": "refused",
    }


def test_the_model_is_about_as_good_as_one_that_saw_every_row(finished: Finished) -> None:
    summary = finished.summary
    model = summary["studies"][0]
    assert model["epsilon"] <= 3
    assert model["delta"] == 1e-6
    # The 95 % interval, doubled: a run in twenty may lie outside the interval itself.
    noise = model["auc"]["high"] - model["auc"]["low"]
    assert abs(summary["exact_auc"] - model["auc"]["value"]) < noise
    # One run, one seed: the promise of 0.05 is about the mean over five.
    assert summary["exact_auc"] > summary["pooled_auc"] - 0.08


def test_operator_and_brands_were_processes_of_their_own(finished: Finished) -> None:
    told = list(finished.watched.parties.values())
    assert sum("operator serve" in words for words in told) == 1
    assert sum("brand run" in words for words in told) == 5


def test_no_process_is_left(finished: Finished) -> None:
    assert finished.alive == []


def test_only_loopback_was_used(finished: Finished) -> None:
    assert finished.watched.ends
    assert {end for ends in finished.watched.ends for end in ends} <= {"127.0.0.1", "::1", ""}
    assert finished.summary["sockets"]["beyond_loopback"] == []


def test_every_socket_leads_to_the_operators_port_which_speaks_mutual_tls_alone(
    finished: Finished,
) -> None:
    sockets = finished.summary["sockets"]
    assert len(sockets["listening"]) == 1
    assert sockets["elsewhere"] == []
    assert set(sockets["door"].values()) == {True}
    assert finished.watched.doors == {True}


def test_it_stays_within_four_gibibytes(finished: Finished) -> None:
    assert 0 < finished.summary["peak_memory_bytes"] < MOST_MEMORY_BYTES


def test_the_report_is_one_file_that_loads_nothing(finished: Finished) -> None:
    page = Path(finished.summary["report"]).read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    for expected in ("Manufacturer 2", "columns.permit", "个性化营销", "synthetic"):
        assert expected in page


def test_what_crossed_were_the_steps_of_secure_aggregation_and_no_answer_by_itself(
    finished: Finished,
) -> None:
    page = Path(finished.summary["report"]).read_text(encoding="utf-8")
    crossed = re.findall(r"<td><code>([a-z-]+)</code></td>", page.partition('id="messages"')[2])
    steps = {"join", "share", "mask", "endorse", "unmask"}
    assert set(crossed) == {f"{step}-{way}" for step in steps for way in ("request", "reply")}
    assert f"In mode <strong>{finished.mode}</strong>" in page


def test_the_operator_holds_no_figure_of_a_single_brand(finished: Finished) -> None:
    page = Path(finished.summary["report"]).read_text(encoding="utf-8")
    league = page.partition('id="league"')[2].partition("</section>")[0]
    assert len(re.findall(r"[\d,]+ ± \d+", league)) == 2
    assert league.count("✓ masked") == 10
    with OperatorHome.open(finished.out / "operator").open_store() as store:
        recorded = [
            held
            for study in store.studies.studies()
            for run in store.runs.runs(study.digest)
            for held in store.runs.rounds(run.run)
        ]
    assert {name for held in recorded for name, _ in held.metrics} == {PERSONS}


def test_a_brands_true_figures_are_on_its_own_page_for_its_owner_alone(
    finished: Finished,
) -> None:
    pages = [Path(page) for page in finished.summary["brand_pages"]]
    assert len(pages) == 5
    for page in pages:
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert page.parent.parent == finished.out / "brands"
    true_count = re.compile(r"<strong>([\d,]+)</strong></td>")
    own = pages[0].read_text(encoding="utf-8")
    assert len(true_count.findall(own)) == 3
    assert own.count("masked, in a sum over 5 brands") == 2
    assert own.count("none was sent") == 1


def test_the_screen_shows_no_person_and_no_path_of_a_person(finished: Finished) -> None:
    assert "household_id" not in finished.screen
    assert "✓ report and brands' own pages written" in finished.screen


def test_a_second_run_replaces_the_first_and_leaves_other_files(finished: Finished) -> None:
    assert (finished.out / "mine.txt").read_text() == "not the demo's"
    assert (finished.out / MARKER).is_file()
    assert len(list((finished.out / "brands").iterdir())) == 5


def test_a_folder_of_somebody_else_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    ended = subprocess.run(
        [*COMMAND, "--out", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("demo-folder: expected an empty folder")
    assert len(ended.stderr.splitlines()) == 1
