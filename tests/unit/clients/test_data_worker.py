from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hanse_clients.data import MinimalView, WorkerSource, view_for, worker_source
from hanse_clients.data.compiler import InProcessCompiler
from hanse_clients.data.compiler_process import ProcessCompiler
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.line_process import LineProcess
from hanse_clients.data.queries import CellsQuery, PersonsQuery
from hanse_clients.data.row_faults import RowFault
from hanse_clients.data.worker import serve
from hanse_clients.data.worker_messages import (
    ANSWERS,
    FaultsAnswer,
    PersonsAnswer,
    PersonsQuestion,
    RefusedAnswer,
    WorkerSetup,
    line_of,
)
from hanse_clients.errors import (
    MissingSourceError,
    UnreadableValueError,
    WarehouseEngineError,
    WorkerError,
)
from hanse_policies.documents import DataAsset, SourceFormat
from tests.support.brand_tables import (
    NOW,
    SALT,
    consents_of,
    histogram,
    ordinary_rows,
    policy,
    study,
    write_brand,
)

ROWS = ordinary_rows(40)


@pytest.fixture
def asset(tmp_path: Path) -> DataAsset:
    return write_brand(tmp_path, ROWS, consents_of(ROWS))


@pytest.fixture
def view(asset: DataAsset) -> MinimalView:
    return view_for(study(histogram()), asset, policy(), NOW, SALT)


@pytest.fixture
def source(asset: DataAsset, tmp_path: Path) -> Iterator[WorkerSource]:
    source = WorkerSource(asset, tmp_path)
    yield source
    source.close()


def test_worker_answers_as_the_source_in_this_process_does(
    asset: DataAsset, view: MinimalView, source: WorkerSource, tmp_path: Path
) -> None:
    here = DuckDBSource(asset, tmp_path)

    source.check()
    assert source.version() == here.version()
    assert source.consent_state(NOW) == here.consent_state(NOW)
    assert source.persons(view) == here.persons(view)
    assert source.cells(view, histogram()) == here.cells(view, histogram())
    assert source.faults(view) == here.faults(view) == ()


def test_refusal_of_the_worker_is_the_same_error(source: WorkerSource, tmp_path: Path) -> None:
    (tmp_path / "people.parquet").unlink()

    with pytest.raises(MissingSourceError, match=r"expected a parquet file at people\.parquet"):
        source.check()


def test_fault_of_a_row_refuses_nothing_and_is_told_beside_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asset = write_brand(tmp_path, ROWS, consents_of(ROWS), stored_as=SourceFormat.CSV)
    path = tmp_path / "people.csv"
    path.write_text(path.read_text().replace("p7,7.0", "p7,seven"))
    source = WorkerSource(asset, tmp_path)

    view = view_for(study(histogram()), asset, policy(), NOW, SALT)
    measured = source.cells(view, histogram())
    source.cells(view, histogram())
    assert source.faults(view) == (RowFault(UnreadableValueError, "spend"),)
    source.close()
    assert sum(cell.persons for cell in measured.cells) == 40
    told = [r.getMessage() for r in caplog.records if "value-unreadable" in r.getMessage()]
    assert len(told) == 1
    assert "column spend" in told[0]
    assert "seven" not in told[0]


def test_refusal_that_crosses_from_the_worker_keeps_its_wire_code(
    source: WorkerSource, view: MinimalView, tmp_path: Path
) -> None:
    path = tmp_path / "people.parquet"
    whole = path.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    path.write_bytes(whole[:4] + b"\xff" * (len(whole) - 4 - footer) + whole[-footer:])

    with pytest.raises(WarehouseEngineError) as refused:
        source.cells(view, histogram())
    assert refused.value.wire_code() == "data-not-usable"


def test_worker_that_was_killed_is_replaced(view: MinimalView, source: WorkerSource) -> None:
    source.version()
    assert source._worker is not None
    first = source._worker.pid
    os.kill(first, 9)

    assert source.persons(view).persons == 40
    assert source._worker.pid != first


def test_worker_gets_pipes_and_no_socket_even_an_inheritable_one(source: WorkerSource) -> None:
    with socket.socket() as network:
        network.bind(("127.0.0.1", 0))
        network.listen()
        network.set_inheritable(True)
        source.version()

        assert source._worker is not None
        folder = Path(f"/proc/{source._worker.pid}/fd")
        held = [str(entry.readlink()) for entry in folder.iterdir()]

    assert not [target for target in held if target.startswith("socket:")]
    assert {target.partition(":")[0] for target in held} <= {"pipe", "/dev/null", "anon_inode"}


def test_worker_may_write_no_file_and_leave_no_memory_image(source: WorkerSource) -> None:
    source.version()
    assert source._worker is not None
    limits = Path(f"/proc/{source._worker.pid}/limits").read_text()

    bounds = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert bounds["Max file size"] == ["0", "0"]
    assert bounds["Max core file size"] == ["0", "0"]


def test_worker_sees_nothing_of_the_environment(
    source: WorkerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANSE_TEST_SECRET", "canary")
    source.version()

    assert source._worker is not None
    environment = Path(f"/proc/{source._worker.pid}/environ").read_bytes()
    assert b"canary" not in environment
    assert b"HOME=" not in environment


def test_worker_ends_when_its_asker_does(source: WorkerSource) -> None:
    source.version()
    assert source._worker is not None
    process = source._worker._process
    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(timeout=20) == 0


def probe(asset: DataAsset) -> dict[str, Any]:
    process = LineProcess("tests.support.brand_process_probe")
    line = process.ask(line_of(WorkerSetup(asset=asset, folder="/", threads=1, memory_mb=64)), 60)
    process.end()
    told = json.loads(line or b"null")
    assert isinstance(told, dict)
    return told


def peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(s.split()[1]) / 1024 for s in status.splitlines() if s.startswith("VmHWM"))


def test_network_facing_process_loads_neither_database_nor_compiler(asset: DataAsset) -> None:
    assert probe(asset)["loaded"] == []


def test_no_process_of_a_measuring_brand_needs_more_than_115_mb(tmp_path: Path) -> None:
    rows = ordinary_rows(2500)
    asset = write_brand(tmp_path, rows, consents_of(rows))
    view = view_for(study(histogram()), asset, policy(), NOW, SALT)
    source = WorkerSource(asset, tmp_path)
    source.persons(view)
    source.cells(view, histogram())
    assert source._worker is not None
    (compiler,) = (
        int(pid)
        for task in Path(f"/proc/{source._worker.pid}/task").iterdir()
        for pid in (task / "children").read_text().split()
    )

    peaks = [probe(asset)["peak_mb"], peak_mb(source._worker.pid), peak_mb(compiler)]
    source.close()

    assert max(peaks) < 115, peaks


def test_asker_of_no_known_form_ends_the_worker(tmp_path: Path) -> None:
    worker = LineProcess("hanse_clients.data.worker")

    assert worker.ask(b'{"asset": "/etc/passwd"}\n', 60) is None


def test_silent_helper_is_killed_and_reported() -> None:
    helper = LineProcess("hanse_clients.data.compiler")

    with pytest.raises(WorkerError, match="in time, got none"):
        helper.ask(b"no line yet", 0.2)
    assert helper._process.poll() is not None


def test_worker_that_answers_nonsense_is_killed_and_a_fresh_one_asked(
    view: MinimalView,
    source: WorkerSource,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.version()
    worker = source._worker
    assert worker is not None
    monkeypatch.setattr(worker, "ask", lambda *_: b'{"tell": "persons", "persons": -1}')

    assert source.persons(view).persons == 40
    assert worker._process.poll() is not None
    assert source._worker is not worker
    assert "warehouse-worker-failed" in caplog.text


def always(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    """Let every worker answer with this line."""
    monkeypatch.setattr(LineProcess, "ask", lambda *_: line)


def test_workers_that_answer_nonsense_twice_are_reported(
    source: WorkerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch, b'{"tell": "persons", "persons": -1}')

    with pytest.raises(WorkerError, match="no known form"):
        source.version()


def test_answer_to_another_question_is_refused(
    source: WorkerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch, line_of(PersonsAnswer(persons=1, version="0" * 64)))

    with pytest.raises(WorkerError, match="an answer to another question"):
        source.version()


def test_faults_of_another_view_are_refused(
    view: MinimalView, source: WorkerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch, line_of(FaultsAnswer(found=(True,))))

    with pytest.raises(WorkerError, match="faults of another view"):
        source.faults(view)


def test_unknown_code_is_an_error_of_the_worker(
    source: WorkerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch, line_of(RefusedAnswer(code="no-such-code", message="expected a, got b")))

    with pytest.raises(WorkerError, match="expected a, got b"):
        source.version()


def test_silent_worker_is_not_asked_beyond_its_time(
    asset: DataAsset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = WorkerSource(asset, tmp_path, answer_seconds=0.2)
    started: list[str] = []

    class Silent(LineProcess):
        def __init__(self, module: str) -> None:
            started.append(module)
            super().__init__("hanse_clients.data.compiler")

        def ask(self, lines: bytes, seconds: float) -> bytes | None:
            return super().ask(b"no line yet", seconds)

    monkeypatch.setattr(worker_source, "LineProcess", Silent)

    with pytest.raises(WorkerError, match="in time, got none"):
        source.version()
    assert len(started) == 1


def test_serving_stops_after_a_silence(asset: DataAsset, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    answers_end, answers = os.pipe()
    setup = WorkerSetup(asset=asset, folder=str(tmp_path), threads=1, memory_mb=64)
    os.write(theirs, line_of(setup))
    started = time.monotonic()
    with os.fdopen(ours, "rb", buffering=0) as questions, os.fdopen(answers, "wb") as told:
        serve(questions, told, idle_seconds=0.1)
    os.close(theirs)
    os.close(answers_end)

    assert 0.1 <= time.monotonic() - started < 5


def test_compiler_process_writes_the_same_text(view: MinimalView) -> None:
    compiler = ProcessCompiler()
    queries = (PersonsQuery(view=view), CellsQuery(view=view, computation=histogram()))

    texts = [compiler.compile(query) for query in queries]
    compiler.close()

    assert texts == [InProcessCompiler().compile(query) for query in queries]


def test_failed_compiler_process_is_reported(view: MinimalView) -> None:
    compiler = ProcessCompiler()
    compiler.compile(PersonsQuery(view=view))
    assert compiler._process is not None
    os.kill(compiler._process.pid, 9)

    with pytest.raises(WorkerError, match="expected SQL text"):
        compiler.compile(PersonsQuery(view=view))
    assert compiler.compile(PersonsQuery(view=view)).startswith("SELECT")
    compiler.close()


def test_question_survives_its_line(view: MinimalView) -> None:
    question = PersonsQuestion(view=view)

    assert PersonsQuestion.model_validate_json(line_of(question)) == question
    with pytest.raises(ValueError, match="union_tag"):
        ANSWERS.validate_json(b'{"tell": "rows"}')
