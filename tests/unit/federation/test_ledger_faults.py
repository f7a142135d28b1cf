"""The ledger under crashes and crowds: it may over-count, it never under-counts."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_federation.errors import AnswerConflictError, BudgetExceededError
from hanse_federation.privacy import Accountant, Ledger
from hanse_federation.privacy.ledger_file import connect_durably
from hanse_federation.privacy.plan import accounting_delta
from hanse_policies.documents import Purpose
from tests.support.documents import a_budget
from tests.support.ledger import (
    AMPLE,
    BUDGET,
    NOW,
    UNIT,
    PowerCutError,
    a_charge,
    exit_at,
    power_cut_at,
)

LAST_UNIT = a_budget(
    epsilon=Accountant().epsilon([UNIT] * 3, accounting_delta(BUDGET.delta)) * (1 + 1e-9)
)


def spent_rho(path: Path) -> float:
    return Ledger(path).spent(Purpose.MODEL_TRAINING, BUDGET, NOW).rho


def work(ledger: Ledger, questions: list[int]) -> list[int]:
    """Charge and answer questions; the list of receipts grows as they come."""
    receipts: list[int] = []
    try:
        for number in questions:
            receipt = ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
            receipts.append(receipt.number)
            ledger.store_answer(receipt.key, b"answer of one question")
    except PowerCutError:
        pass
    return receipts


@given(statement=st.integers(1, 80), after=st.booleans(), count=st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_a_crash_at_any_statement_never_under_counts(
    statement: int, after: bool, count: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        receipts: list[int] = []
        try:
            ledger = Ledger(path, power_cut_at(statement, after=after))
            receipts = work(ledger, list(range(count)))
        except PowerCutError:
            pass
        entries = Ledger(path).entries()
        assert len(receipts) <= len(entries) <= len(receipts) + 1
        assert spent_rho(path) == pytest.approx(len(entries) * 0.005)
        assert set(receipts) <= {entry.number for entry in entries}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("statement", [2, 5, 12, 20, 24, 25, 26, 27, 28, 33, 40])
def test_a_process_gone_at_a_statement_never_under_counts(
    tmp_path: Path, statement: int, after: bool
) -> None:
    path = tmp_path / "ledger.sqlite"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        ledger = Ledger(path, exit_at(statement, after=after))
        for number in range(3):
            ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
            os.write(writer, b"!")
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    receipts = len(os.read(reader, 100))
    os.close(reader)
    assert receipts <= len(Ledger(path).entries()) <= receipts + 1
    assert spent_rho(path) >= receipts * 0.005 * (1 - 1e-9)


@pytest.mark.parametrize("delay_seconds", [0.01, 0.03, 0.07])
def test_kill_9_at_a_random_moment_never_under_counts(tmp_path: Path, delay_seconds: float) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        ledger = Ledger(path)
        for number in range(10_000):
            ledger.charge(
                a_charge(number), study_limit=AMPLE, budget=a_budget(epsilon=100.0), now=NOW
            )
            os.write(writer, b"!")
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)  # the first charge is through
    time.sleep(delay_seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    receipts = 1
    while more := os.read(reader, 4096):
        receipts += len(more)
    os.close(reader)
    assert receipts <= len(Ledger(path).entries()) <= receipts + 1
    assert spent_rho(path) >= receipts * 0.005 * (1 - 1e-9)


def test_of_fifty_threads_wanting_the_last_unit_one_wins(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for number in range(2):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
    barrier, outcomes = threading.Barrier(50), []

    def ask(number: int) -> None:
        barrier.wait()
        try:
            ledger.charge(a_charge(number), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
            outcomes.append("charged")
        except BudgetExceededError:
            outcomes.append("refused")

    threads = [threading.Thread(target=ask, args=(10 + number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["charged"] + ["refused"] * 49
    assert len(ledger.entries()) == 3


def test_of_fifty_threads_repeating_one_lost_question_all_are_covered_by_one_charge(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for number in range(3):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
    barrier, receipts = threading.Barrier(50), list[int]()

    def ask() -> None:
        barrier.wait()
        receipt = ledger.charge(a_charge(1), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
        receipts.append(receipt.number)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert receipts == [2] * 50
    assert len(ledger.entries()) == 3


def test_two_who_work_on_one_lost_question_at_once_release_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first, second = Ledger(path), Ledger(path)
    receipts = [
        ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
        for ledger in (first, second)
    ]
    second.store_answer(receipts[1].key, b"the second's noise")
    with pytest.raises(AnswerConflictError):
        first.store_answer(receipts[0].key, b"the first's noise")
    assert first.stored_answer(receipts[0].key) == b"the second's noise"
    assert len(first.entries()) == 1


@given(statement=st.integers(1, 60), after=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_question_asked_until_it_is_answered_costs_once_whatever_crashes(
    statement: int, after: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        for connect in (power_cut_at(statement, after=after), connect_durably):
            with suppress(PowerCutError):
                asked = Ledger(path, connect)
                if asked.stored_answer(a_charge().key) is None:
                    work(asked, [0])
        ledger = Ledger(path)
        assert [entry.answered for entry in ledger.entries()] == [True]
        assert spent_rho(path) == pytest.approx(0.005)


def test_of_fifty_processes_wanting_the_last_unit_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(2):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
    gate_reader, gate_writer = os.pipe()
    children = []
    for number in range(50):
        child = os.fork()
        if child == 0:
            os.close(gate_writer)
            os.read(gate_reader, 1)  # returns for all when the parent closes the gate
            try:
                ledger.charge(a_charge(10 + number), study_limit=AMPLE, budget=LAST_UNIT, now=NOW)
            except BudgetExceededError:
                os._exit(3)
            except BaseException:  # noqa: BLE001 - a child must not run on into pytest
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(gate_writer)
    os.close(gate_reader)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(codes) == [0] + [3] * 49
    assert len(ledger.entries()) == 3
