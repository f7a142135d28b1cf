"""A second opening of a file in one process leaves the first one's locks alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hanse_clients.local_database import LocalDatabase

TABLES = ("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",)
OPENED_AND_CLOSED = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as other:
    other.execute("SELECT count(*) FROM notes").fetchone()
other.close()
"""


def opened(path: Path) -> LocalDatabase:
    return LocalDatabase(path, TABLES, 1)


def test_a_file_opened_twice_keeps_its_log_from_other_processes(tmp_path: Path) -> None:
    """Whoever closes last cuts the log away, and locks tell who is last."""
    path = tmp_path / "notes.db"
    first = opened(path)
    with first.writing() as connection:
        connection.execute("INSERT INTO notes (text) VALUES ('one')")
    opened(path).close()
    subprocess.run([sys.executable, "-c", OPENED_AND_CLOSED, str(path)], check=True)
    assert path.with_name("notes.db-wal").exists()
    with first.writing() as connection:
        connection.execute("INSERT INTO notes (text) VALUES ('two')")
    second = opened(path)
    assert [row["text"] for row in second.all("SELECT text FROM notes ORDER BY id")] == [
        "one",
        "two",
    ]
    first.close()
    second.close()


def test_a_file_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
