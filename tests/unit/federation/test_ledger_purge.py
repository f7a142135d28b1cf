"""An answer may go, never its charge, and never to make place for another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hanse_federation.errors import AnswerPurgedError
from hanse_federation.privacy import Ledger
from tests.support.ledger import AMPLE, BUDGET, NOW, a_charge

PLANTED = b"an answer planted to be looked for"


def answered(path: Path) -> Ledger:
    ledger = Ledger(path)
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(a_charge().key, PLANTED)
    return ledger


def test_the_bytes_are_gone_from_the_file_and_the_charge_stays(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = answered(path)
    assert PLANTED in path.read_bytes()
    entries, spent = ledger.entries(), ledger.spent(BUDGET.purpose, BUDGET, NOW)
    assert ledger.keeps_answers(a_charge().study_digest)
    for _ in range(2):
        ledger.purge_answers(a_charge().study_digest)
        assert not ledger.keeps_answers(a_charge().study_digest)
    assert all(PLANTED not in file.read_bytes() for file in tmp_path.iterdir())
    assert (ledger.entries(), ledger.spent(BUDGET.purpose, BUDGET, NOW)) == (entries, spent)
    assert [entry.answered for entry in entries] == [True]


def test_a_purge_of_one_study_takes_no_answer_of_another(tmp_path: Path) -> None:
    ledger = answered(tmp_path / "ledger.db")
    ledger.purge_answers("f" * 64)
    assert ledger.stored_answer(a_charge().key) == PLANTED


def test_no_second_answer_comes_under_the_charge_of_a_purged_one(tmp_path: Path) -> None:
    ledger = answered(tmp_path / "ledger.db")
    ledger.purge_answers(a_charge().study_digest)
    with pytest.raises(AnswerPurgedError, match="propose a new study"):
        ledger.stored_answer(a_charge().key)
    with pytest.raises(AnswerPurgedError):
        ledger.store_answer(a_charge().key, b"noised anew")
    # Whoever passed over both would pay again: the old charge covers nothing any more.
    before = len(ledger.entries())
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert len(ledger.entries()) == before + 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM answers",
        "DELETE FROM entries",
        "UPDATE entries SET study_id = 'x'",
        "UPDATE answers SET reply = x'01'",
        "UPDATE answers SET reply = x'', question = 'other'",
        "UPDATE answers SET reply = x'', data_version = 'x'",
    ],
)
def test_the_file_itself_refuses_all_but_a_purge(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "ledger.db"
    answered(path)
    with (
        sqlite3.connect(path) as other,
        pytest.raises(sqlite3.IntegrityError, match="only ever added"),
    ):
        other.execute(statement)


def test_a_ledger_of_the_first_form_is_kept_and_may_be_purged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    answered(path)
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER answers_are_only_purged")
        other.execute(
            "CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers "
            "BEGIN SELECT RAISE(ABORT, 'answers of a ledger are only ever added'); END"
        )
        other.execute("PRAGMA user_version = 1")
    ledger = Ledger(path)
    assert ledger.stored_answer(a_charge().key) == PLANTED
    ledger.purge_answers(a_charge().study_digest)
    assert not ledger.keeps_answers(a_charge().study_digest)
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (2,)
