"""The egress journal: nothing leaves unrecorded, nothing recorded is ever changed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.audit import EgressJournal, EgressRecord, JournalHead
from hanse_federation.audit.journal import GENESIS
from hanse_federation.errors import JournalBrokenError, JournalWriteError

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def a_record(number: int = 0) -> EgressRecord:
    return EgressRecord.of(
        b"message %d" % number,
        message_type="TrainReply",
        time=NOW + timedelta(seconds=number),
        study="a" * 64,
        run=(1 << 62) + number,
        round_number=number,
        decision="d" * 64,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "egress.jsonl"


@pytest.fixture
def journal(path: Path) -> EgressJournal:
    """A journal of ten entries."""
    journal = EgressJournal(path)
    for number in range(10):
        journal.record(a_record(number))
    return journal


def test_a_record_describes_the_bytes_that_leave() -> None:
    record = a_record(7)
    assert record.byte_count == 9
    assert record.sha256 == hashlib.sha256(b"message 7").hexdigest()


def test_records_come_back_as_they_were(journal: EgressJournal) -> None:
    assert [entry.record for entry in journal.entries()] == [a_record(n) for n in range(10)]
    assert [entry.index for entry in journal.entries()] == list(range(10))


def test_the_head_follows_every_record(path: Path) -> None:
    journal = EgressJournal(path)
    assert journal.head().size == 0
    heads = [journal.record(a_record(number)) for number in range(3)]
    assert [head.size for head in heads] == [1, 2, 3]
    assert len({head.chain for head in heads}) == 3
    assert journal.head() == heads[-1] == journal.verify()


def test_leaves_are_hashed_as_rfc_6962_says(journal: EgressJournal, path: Path) -> None:
    line = json.loads(path.read_bytes().splitlines()[4])
    entry = {key: value for key, value in line.items() if key not in {"leaf", "chain"}}
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    assert line["leaf"] == hashlib.sha256(b"\0" + canonical).hexdigest()


def test_a_journal_goes_on_after_reopening(journal: EgressJournal, path: Path) -> None:
    head = EgressJournal(path).record(a_record(10))
    assert head.size == 11
    assert journal.verify() == head


def test_times_are_kept_in_utc(path: Path) -> None:
    journal = EgressJournal(path)
    zoned = NOW.astimezone(timezone(timedelta(hours=8)))
    journal.record(replace(a_record(), time=zoned))
    assert next(journal.entries()).record.time == NOW
    assert b'"time":"2026-06-15T12:00:00.000000+00:00"' in path.read_bytes()


Edit = Callable[[list[bytes]], list[bytes]]
EDITS: dict[str, Edit] = {
    "changed size": lambda lines: [
        line.replace(b'"byte_count":9', b'"byte_count":8') if n == 4 else line
        for n, line in enumerate(lines)
    ],
    "dropped entry": lambda lines: lines[:4] + lines[5:],
    "dropped first": lambda lines: lines[1:],
    "swapped entries": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "repeated entry": lambda lines: [*lines[:5], lines[4], *lines[5:]],
    "junk in the middle": lambda lines: [*lines[:5], b"junk", *lines[5:]],
    "blank line": lambda lines: [*lines[:5], b"", *lines[5:]],
    "other spelling": lambda lines: [lines[0].replace(b":", b": ", 1), *lines[1:]],
    "extra field": lambda lines: [lines[0].replace(b"{", b'{"a":1,', 1), *lines[1:]],
    "cut line": lambda lines: [*lines[:5], lines[5][:40], *lines[6:]],
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_in_the_middle_is_detected(journal: EgressJournal, path: Path, name: str) -> None:
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(EDITS[name](lines)) + b"\n")
    with pytest.raises(JournalBrokenError):
        journal.verify()


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_is_detected(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "egress.jsonl"
    journal = EgressJournal(path)
    head = [journal.record(a_record(number)) for number in range(3)][-1]
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(JournalBrokenError):
        journal.verify(head)


def test_a_rewritten_journal_is_detected_by_a_head_kept_elsewhere(
    journal: EgressJournal, path: Path
) -> None:
    head = journal.head()
    path.unlink()
    forged = EgressJournal(path)
    for number in range(11):
        forged.record(a_record(number + (number == 3)))
    assert forged.verify().size == 11
    with pytest.raises(JournalBrokenError, match="head noted after entry 10"):
        forged.verify(head)


def test_cutting_the_end_is_detected_by_a_head_kept_elsewhere(
    journal: EgressJournal, path: Path
) -> None:
    head = journal.head()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    assert journal.verify().size == 8
    with pytest.raises(JournalBrokenError, match="it was cut or rewritten"):
        journal.verify(head)


def test_an_older_head_stays_good(journal: EgressJournal) -> None:
    head = journal.head()
    journal.record(a_record(10))
    assert journal.verify(head).size == 11
    assert journal.verify(JournalHead(0, GENESIS)).size == 11


@pytest.mark.parametrize("kept", [1, 50, 200])
def test_a_line_half_written_in_a_crash_is_removed_by_the_next_record(
    journal: EgressJournal, path: Path, kept: int
) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
    assert journal.verify().size == 9
    journal.record(a_record(99))
    assert [entry.record.round_number for entry in journal.entries()][-2:] == [8, 99]
    assert journal.verify().size == 10


def test_a_full_disk_is_one_clear_line_and_leaves_the_journal_whole(
    journal: EgressJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    real = os.pwrite

    def full(file: int, data: bytes, offset: int) -> int:
        real(file, data[:20], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(JournalWriteError, match="No space left on device; nothing may leave"):
        journal.record(a_record(10))
    assert path.read_bytes() == before


def test_a_record_is_synced_before_it_counts(
    journal: EgressJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    journal.record(a_record(10))
    assert len(synced) == 1


def test_a_missing_journal_is_not_silently_made_anew(journal: EgressJournal, path: Path) -> None:
    path.unlink()
    with pytest.raises(JournalWriteError, match="No such file"):
        journal.record(a_record(10))


def test_an_over_long_entry_is_refused(journal: EgressJournal) -> None:
    with pytest.raises(JournalWriteError, match="at most 4096 bytes"):
        journal.record(replace(a_record(), message_type="x" * 5000))
    assert journal.verify().size == 10


def test_the_file_is_private_to_its_owner(journal: EgressJournal, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_concurrent_records_keep_one_chain(path: Path) -> None:
    journal = EgressJournal(path)
    threads = [
        threading.Thread(target=lambda n=n: [journal.record(a_record(n)) for _ in range(5)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.verify().size == 40


def test_the_audit_part_loads_neither_numpy_nor_flower_nor_grpc() -> None:
    code = (
        "import sys, hanse_federation.audit;"
        "heavy = {'numpy', 'flwr', 'grpc', 'torch', 'ibis'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")
