"""The ledger's file: private, synced, never made anew in silence, refused when damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hanse_federation.errors import LedgerCorruptError, LedgerReadError, LedgerWriteError
from hanse_federation.privacy import Ledger
from hanse_federation.privacy.ledger_file import connect_durably
from hanse_policies.documents import Purpose
from tests.support.documents import a_budget
from tests.support.ledger import AMPLE, BUDGET, NOW, a_charge, failing_at


def test_the_file_is_private_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    Ledger(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_commits_are_synced(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    connection = connect_durably(path)
    assert connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.parametrize("message", ["database or disk is full", "disk I/O error"])
@pytest.mark.parametrize("statement", range(1, 13))
def test_a_full_or_broken_disk_charges_nothing_in_one_clear_line(
    tmp_path: Path, message: str, statement: int
) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    opening = 6  # BEGIN, four looks at the form, COMMIT
    broken = Ledger(path, failing_at(opening + statement, message))
    with pytest.raises(LedgerWriteError, match=message) as caught:
        broken.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert "nothing was charged and no work starts" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert Ledger(path).entries() == ()


def charge_until_refused(ledger: Ledger, receipts: list[int]) -> None:
    """Charge one study after another; note the number of each receipt."""
    for number in range(2000):
        charge = a_charge(number, study=f"{number:064x}")
        receipt = ledger.charge(charge, study_limit=AMPLE, budget=a_budget(epsilon=100.0), now=NOW)
        receipts.append(receipt.number)


def test_a_really_full_disk_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path)

    def small(file: Path) -> sqlite3.Connection:
        connection = connect_durably(file)
        connection.execute("PRAGMA max_page_count = 30")
        return connection

    receipts: list[int] = []
    with pytest.raises(LedgerWriteError, match="disk is full"):
        charge_until_refused(Ledger(path, small), receipts)
    assert receipts
    assert [entry.number for entry in Ledger(path).entries()] == receipts


def test_a_missing_file_is_not_silently_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    path.unlink()
    with pytest.raises(LedgerReadError, match="could not be read"):
        ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW)
    with pytest.raises(LedgerWriteError, match="could not be written"):
        ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert not path.exists()


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerWriteError, match="could not be made: No such file or directory"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(LedgerCorruptError, match="cannot be trusted"):
        Ledger(path)


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE anything (x)")
    with pytest.raises(LedgerCorruptError, match="another kind"):
        Ledger(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(40):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(LedgerCorruptError):
        Ledger(path)
    with pytest.raises(LedgerCorruptError):
        ledger.charge(a_charge(99), study_limit=AMPLE, budget=BUDGET, now=NOW)
