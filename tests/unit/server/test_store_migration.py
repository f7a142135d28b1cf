"""A store of an older layout is brought to the newest, whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from hanse_federation.desk import StudyState
from hanse_policies.documents import BrandId
from hanse_server.errors import StoreVersionError
from hanse_server.store import OperatorStore
from hanse_server.store import database as database_module
from hanse_server.store.engines import engine_of
from hanse_server.store.tables import SCHEMA_VERSION, metadata
from tests.support.identity import NOW
from tests.support.stores import HOUR, KINDS, die_at, dies, new_location

VERSION_1 = Path(__file__).parents[2] / "vectors" / "store-version-1.sql"


def version_1_store(folder: Path) -> Path:
    path = folder / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    return path


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("kind", KINDS)
def test_all_steps_lead_to_the_tables_that_the_code_uses(kind: str, tmp_path: Path) -> None:
    with new_location(kind, tmp_path) as location:
        OperatorStore.create(location).close()
        engine = engine_of(location)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, metadata)
        engine.dispose()

    assert differences == []


def test_store_of_version_1_keeps_every_record(tmp_path: Path) -> None:
    path = version_1_store(tmp_path)
    before = [line for line in dump(path) if line.startswith("INSERT") and '"runs"' not in line]

    with OperatorStore.open(path) as store:
        assert [c.version for c in store.membership.charters()] == [1, 2]
        assert [v.envelope for v in store.studies.verdicts("a" * 64)] == [b"permit"]
        assert [r.run for r in store.runs.runs("a" * 64)] == [7, 2**63 - 1]
        assert store.runs.rounds(2**63 - 1)[0].metrics == (("persons", 812.0),)
        assert store.runs.releases()[0].run == 9
        assert store.traffic.totals()[0].framed_bytes == 22

    kept = set(dump(path))
    assert [line for line in before if line not in kept] == [
        'INSERT INTO "schema_version" VALUES(1,1);'
    ]


def test_run_of_a_version_1_store_is_taken_up_under_its_old_number(tmp_path: Path) -> None:
    with OperatorStore.open(version_1_store(tmp_path)) as opened:
        store = opened.under(opened.leases.acquire("host", NOW, HOUR))

        assert [run.run for run in store.runs.resumable()] == [2**63 - 1]
        assert store.runs.start_or_resume("a" * 64, 5, NOW).run == 2**63 - 1
        assert store.studies.study("a" * 64).state is StudyState.RUNNING


def test_migrated_store_is_opened_again_as_it_is(tmp_path: Path) -> None:
    path = version_1_store(tmp_path)
    OperatorStore.open(path).close()
    migrated = dump(path)

    OperatorStore.open(path).close()

    assert dump(path) == migrated


@pytest.mark.parametrize("kind", KINDS)
def test_store_newer_than_the_program_is_refused(kind: str, tmp_path: Path) -> None:
    with new_location(kind, tmp_path) as location:
        with OperatorStore.create(location) as store, store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE schema_version SET version = 99")

        with pytest.raises(StoreVersionError, match=f"version {SCHEMA_VERSION} or older, got 99"):
            OperatorStore.open(location)


@pytest.mark.parametrize("kind", KINDS)
def test_store_migrated_under_a_running_program_is_written_no_more(
    kind: str, tmp_path: Path
) -> None:
    with new_location(kind, tmp_path) as location, OperatorStore.create(location) as store:
        with store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE schema_version SET version = 99")

        with pytest.raises(StoreVersionError, match="got 99"):
            store.traffic.record("first", [])


@pytest.mark.parametrize("after", [False, True])
def test_process_gone_at_any_statement_of_a_migration_leaves_the_old_layout_or_the_new(
    after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, died = 0, True
    while died:
        statement += 1
        folder = tmp_path / str(statement)
        folder.mkdir()
        path = version_1_store(folder)
        old = dump(path)
        with monkeypatch.context() as patched:
            patched.setattr(database_module, "engine_of", dying_engine(statement, after=after))
            died = dies(lambda: OperatorStore.open(path).close())  # noqa: B023 - called at once
        if died:
            assert dump(path) == old
        with OperatorStore.open(path) as store:
            assert store.membership.certificates()[1].brand == BrandId("aurora")
            assert store.rounds.rounds_of(7) == ()
    assert statement > 10


def dying_engine(statement: int, *, after: bool) -> Callable[[Path], Engine]:
    def make(location: Path) -> Engine:
        engine = engine_of(location)
        die_at(engine, statement, after=after)
        return engine

    return make


OPEN = """
import sys
from pathlib import Path
from hanse_server.store import OperatorStore

sys.stdin.read()
OperatorStore.open(Path(sys.argv[1])).close()
"""


def test_of_processes_that_open_an_old_store_at_once_one_migrates(tmp_path: Path) -> None:
    path = version_1_store(tmp_path)
    environment = {"PYTHONPATH": ":".join([*sys.path, str(Path.cwd())])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(path)], env=environment, stdin=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in processes:
        process.communicate(timeout=60)

    assert [process.returncode for process in processes] == [0] * 4
    with OperatorStore.open(path) as store:
        assert len(store.runs.runs("a" * 64)) == 2


def test_file_stays_its_owners_alone_when_migrated(tmp_path: Path) -> None:
    path = version_1_store(tmp_path)
    path.chmod(0o600)

    OperatorStore.open(path).close()

    assert [file.stat().st_mode & 0o077 for file in tmp_path.iterdir()] == [0]
