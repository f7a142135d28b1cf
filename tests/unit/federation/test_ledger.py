"""The ledger: charges within limits, answers kept, history never rewritten."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanse_federation.errors import (
    AnswerConflictError,
    BudgetExceededError,
    BudgetNotApplicableError,
    LedgerClockError,
    LedgerCorruptError,
    PrivacyEventError,
    UnchargedAnswerError,
)
from hanse_federation.messages import Question
from hanse_federation.privacy import (
    Accountant,
    ComposedEvent,
    GaussianEvent,
    Ledger,
    PoissonSampledGaussianEvent,
    PrivacyLimit,
    plan_study,
)
from hanse_federation.privacy.charges import event_to_json
from hanse_federation.privacy.ledger_file import LedgerFile, connect_durably
from hanse_federation.privacy.plan import accounting_delta
from hanse_policies.documents import Purpose
from tests.support.documents import a_budget, a_histogram_study, a_training_study
from tests.support.ledger import AMPLE, BUDGET, NOW, UNIT, a_charge

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def epsilon_of(count: int, delta: float = BUDGET.delta) -> float:
    return Accountant().epsilon([UNIT] * count, accounting_delta(delta))


def test_a_charge_adds_to_study_and_purpose(ledger: Ledger) -> None:
    receipt = ledger.charge(a_charge(1), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert receipt.number == 1
    assert receipt.purpose.epsilon == pytest.approx(epsilon_of(1))
    assert receipt.study.epsilon == pytest.approx(epsilon_of(1, AMPLE.delta))
    assert receipt.study.rho == pytest.approx(1 / 200)
    assert ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW) == receipt.purpose
    assert ledger.spent_on_study("a" * 64, AMPLE.delta) == receipt.study


def test_charges_compose_and_survive_reopening(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for number in range(5):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
    reopened = Ledger(tmp_path / "ledger.sqlite")
    spent = reopened.spent(Purpose.MODEL_TRAINING, BUDGET, NOW)
    assert spent.epsilon == pytest.approx(epsilon_of(5))
    assert len(reopened.entries()) == 5


@pytest.mark.parametrize("study", [a_training_study(), a_histogram_study()])
def test_a_whole_plan_fits_exactly_and_one_more_question_does_not(
    ledger: Ledger, study: object
) -> None:
    plan = plan_study(study)  # type: ignore[arg-type]
    budget = a_budget(epsilon=100.0)
    order = [
        question for question, _ in plan.multipliers for _ in range(plan.times_asked(question))
    ]
    for number, question in enumerate(reversed(order)):
        charge = replace(a_charge(number, event=plan.event(question)), question=question)
        ledger.charge(charge, study_limit=plan.limit, budget=budget, now=NOW)
    spent = ledger.spent_on_study("a" * 64, plan.limit.delta)
    assert spent.epsilon == pytest.approx(plan.spent.epsilon, rel=1e-9)
    extra = a_charge(99, event=plan.event(Question.COHORT))
    with pytest.raises(
        BudgetExceededError, match=r"of the study's own limit \(rule budget.study\)"
    ):
        ledger.charge(extra, study_limit=plan.limit, budget=budget, now=NOW)


def test_a_purpose_s_budget_holds_over_studies(ledger: Ledger) -> None:
    budget = a_budget(epsilon=epsilon_of(3))
    for number in range(3):
        charge = a_charge(study=f"{number:064x}")
        ledger.charge(charge, study_limit=AMPLE, budget=budget, now=NOW)
    with pytest.raises(BudgetExceededError) as caught:
        ledger.charge(a_charge(study="f" * 64), study_limit=AMPLE, budget=budget, now=NOW)
    error = caught.value
    assert error.code == "budget-exceeded"
    assert error.budget == budget.epsilon
    assert error.spent == pytest.approx(epsilon_of(3))
    assert error.remaining == pytest.approx(0, abs=1e-9)
    assert error.requested == pytest.approx(epsilon_of(4) - epsilon_of(3))
    assert error.period_end == datetime(2026, 7, 1, tzinfo=UTC)
    assert "for purpose model-training until 2026-07-01" in str(error)
    assert "(rule budget.model-training)" in str(error)
    assert "\n" not in str(error)
    assert len(ledger.entries()) == 3


def test_a_new_period_starts_afresh_and_an_old_one_stays_full(ledger: Ledger) -> None:
    budget = a_budget(epsilon=epsilon_of(1) * 1.01)
    ledger.charge(a_charge(1), study_limit=AMPLE, budget=budget, now=NOW)
    with pytest.raises(BudgetExceededError):
        ledger.charge(a_charge(2), study_limit=AMPLE, budget=budget, now=NOW)
    later = NOW + timedelta(days=91)
    ledger.charge(a_charge(2), study_limit=AMPLE, budget=budget, now=later)
    with pytest.raises(LedgerClockError):
        ledger.charge(a_charge(3), study_limit=AMPLE, budget=budget, now=NOW)


def test_a_policy_with_a_later_start_does_not_give_a_spent_budget_anew(ledger: Ledger) -> None:
    budget = a_budget(epsilon=epsilon_of(1) * 1.01)
    ledger.charge(a_charge(1), study_limit=AMPLE, budget=budget, now=NOW)
    restarted = budget.model_copy(update={"starts": NOW + timedelta(seconds=1)})
    with pytest.raises(BudgetExceededError):
        ledger.charge(
            a_charge(2), study_limit=AMPLE, budget=restarted, now=NOW + timedelta(seconds=2)
        )


def test_a_period_s_bounds_count_its_start_and_not_its_end(ledger: Ledger) -> None:
    start, end = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    for number, instant in enumerate((start, end - timedelta(microseconds=1), end)):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=instant)
    spent = ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW)
    assert spent.epsilon == pytest.approx(epsilon_of(2))


def test_changing_a_policy_s_period_back_and_forth_forgets_nothing(ledger: Ledger) -> None:
    quarter, year = BUDGET, a_budget(period_days=365)
    for number in range(6):
        budget = (quarter, year)[number % 2]
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=budget, now=NOW)
    for budget in (quarter, year):
        spent = ledger.spent(Purpose.MODEL_TRAINING, budget, NOW)
        assert spent.epsilon == pytest.approx(epsilon_of(6))


def test_totals_of_an_older_accountant_are_added_up_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(3):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE totals SET accountant = 0, curve = x'00'")
    spent = ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW)
    assert spent.epsilon == pytest.approx(epsilon_of(3))


def test_a_budget_of_another_purpose_is_refused(ledger: Ledger) -> None:
    budget = a_budget(Purpose.AUDIENCE_ANALYTICS)
    with pytest.raises(BudgetNotApplicableError, match="got one for audience-analytics"):
        ledger.charge(a_charge(), study_limit=AMPLE, budget=budget, now=NOW)


def test_a_budget_that_has_not_started_is_refused(ledger: Ledger) -> None:
    with pytest.raises(BudgetNotApplicableError, match="so nothing may be spent yet"):
        ledger.spent(Purpose.MODEL_TRAINING, BUDGET, datetime(2026, 3, 31, tzinfo=UTC))


def test_an_event_that_the_accountant_refuses_is_not_charged(ledger: Ledger) -> None:
    with pytest.raises(PrivacyEventError):
        ledger.charge(a_charge(event=GaussianEvent(0.0)), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert ledger.entries() == ()


def test_epsilon_if_run_adds_the_whole_plan(ledger: Ledger) -> None:
    plan = plan_study(a_training_study())
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    expected = Accountant().epsilon([UNIT, plan.total()], accounting_delta(BUDGET.delta))
    forecast = ledger.epsilon_if_run(plan, "0" * 64, BUDGET, NOW)
    assert forecast == pytest.approx(expected)
    assert len(ledger.entries()) == 1


def test_a_stored_answer_comes_back_byte_for_byte_at_no_cost(ledger: Ledger) -> None:
    receipt = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert ledger.stored_answer(receipt.key) is None
    ledger.store_answer(receipt.key, b"\x00answer\xff")
    for _ in range(20):
        assert ledger.stored_answer(receipt.key) == b"\x00answer\xff"
    spent = ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW)
    assert spent.epsilon == pytest.approx(epsilon_of(1))


@pytest.mark.parametrize(
    "change",
    [
        {"study_digest": "b" * 64},
        {"round_number": 9},
        {"question": Question.EVALUATE},
        {"request_digest": "c" * 64},
        {"data_version": "data-2"},
    ],
)
def test_an_answer_serves_its_own_question_only(ledger: Ledger, change: dict[str, object]) -> None:
    receipt = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(receipt.key, b"answer")
    assert ledger.stored_answer(replace(receipt.key, **change)) is None  # type: ignore[arg-type]


def test_a_second_different_answer_is_refused(ledger: Ledger) -> None:
    receipt = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(receipt.key, b"first")
    ledger.store_answer(receipt.key, b"first")
    with pytest.raises(AnswerConflictError, match="send the stored answer"):
        ledger.store_answer(receipt.key, b"second")
    assert ledger.stored_answer(receipt.key) == b"first"


def test_an_answer_to_an_uncharged_question_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UnchargedAnswerError, match="was never charged"):
        ledger.store_answer(a_charge().key, b"answer")


def test_the_latest_answer_to_a_question_is_found_whatever_the_data(ledger: Ledger) -> None:
    assert ledger.latest_answer("a" * 64, Question.TRAIN) is None
    for number, version in enumerate(("data-1", "data-2")):
        charge = replace(a_charge(number), data_version=version)
        receipt = ledger.charge(charge, study_limit=AMPLE, budget=BUDGET, now=NOW)
        ledger.store_answer(receipt.key, version.encode())
    assert ledger.latest_answer("a" * 64, Question.TRAIN) == b"data-2"
    assert ledger.latest_answer("a" * 64, Question.COHORT) is None
    assert ledger.latest_answer("b" * 64, Question.TRAIN) is None


def test_epsilon_if_run_counts_what_a_study_was_charged_before_once(ledger: Ledger) -> None:
    plan = plan_study(a_training_study())
    charge = replace(a_charge(event=plan.event(Question.COHORT)), question=Question.COHORT)
    ledger.charge(charge, study_limit=plan.limit, budget=BUDGET, now=NOW)
    forecast = ledger.epsilon_if_run(plan, "a" * 64, BUDGET, NOW)
    whole = Accountant().epsilon([plan.total()], accounting_delta(BUDGET.delta))
    assert forecast == pytest.approx(whole)


def test_a_standing_charge_covers_the_question_whose_answer_was_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first = Ledger(path).charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger = Ledger(path)  # the process went before it stored an answer
    again = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW + MINUTE)
    assert again == first
    assert len(ledger.entries()) == 1
    assert ledger.spent(Purpose.MODEL_TRAINING, BUDGET, NOW) == first.purpose
    ledger.store_answer(again.key, b"answer")
    assert ledger.stored_answer(first.key) == b"answer"


def test_a_standing_charge_covers_where_nothing_is_left_to_spend(ledger: Ledger) -> None:
    budget = a_budget(epsilon=epsilon_of(1) * 1.01)
    limit = PrivacyLimit(epsilon_of(1) * 1.01, BUDGET.delta)
    receipts = {
        ledger.charge(a_charge(1), study_limit=limit, budget=budget, now=NOW).number
        for _ in range(3)
    }
    assert receipts == {1}
    with pytest.raises(BudgetExceededError):
        ledger.charge(a_charge(2), study_limit=limit, budget=budget, now=NOW)


def test_a_standing_charge_is_one_for_the_latest_total(ledger: Ledger) -> None:
    for number in (1, 2):
        ledger.charge(a_charge(number), study_limit=AMPLE, budget=BUDGET, now=NOW)
    again = ledger.charge(a_charge(1), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert again.number == 1
    assert again.purpose.epsilon == pytest.approx(epsilon_of(2))


@pytest.mark.parametrize(
    "change",
    [
        {"study_digest": "b" * 64},
        {"round_number": 9},
        {"question": Question.EVALUATE},
        {"request_digest": "c" * 64},
        {"data_version": "data-2"},
        {"event": GaussianEvent(11.0)},
        {"purpose": Purpose.AUDIENCE_ANALYTICS},
    ],
)
def test_a_standing_charge_covers_no_other_question(
    ledger: Ledger, change: dict[str, object]
) -> None:
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    other = replace(a_charge(), **change)  # type: ignore[arg-type]
    receipt = ledger.charge(other, study_limit=AMPLE, budget=a_budget(other.purpose), now=NOW)
    assert receipt.number == 2
    assert len(ledger.entries()) == 2


def test_a_charge_whose_answer_is_stored_covers_no_second_one(ledger: Ledger) -> None:
    first = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(first.key, b"answer")
    second = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    assert (first.number, second.number) == (1, 2)
    assert second.purpose.epsilon == pytest.approx(epsilon_of(2))


def test_a_charge_of_an_earlier_period_covers_nothing_in_a_later_one(ledger: Ledger) -> None:
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    later = NOW + timedelta(days=91)
    receipt = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=later)
    assert (receipt.number, receipt.charged_at) == (2, later)
    assert receipt.purpose.epsilon == pytest.approx(epsilon_of(1))
    assert receipt.study.epsilon == pytest.approx(epsilon_of(2, AMPLE.delta))


def test_a_standing_charge_does_not_outlast_a_budget_that_was_lowered(ledger: Ledger) -> None:
    ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    lowered = a_budget(epsilon=epsilon_of(1) * 0.9)
    with pytest.raises(BudgetExceededError):
        ledger.charge(a_charge(), study_limit=AMPLE, budget=lowered, now=NOW)


def test_entries_tell_what_was_charged(ledger: Ledger) -> None:
    event = ComposedEvent((PoissonSampledGaussianEvent(1.1, 0.07, 3), GaussianEvent(5.5)))
    zoned = NOW.astimezone(tz=None)
    receipt = ledger.charge(a_charge(3, event=event), study_limit=AMPLE, budget=BUDGET, now=zoned)
    ledger.charge(a_charge(4), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(receipt.key, b"answer")
    first, second = ledger.entries()
    assert (first.number, first.charged_at, first.answered) == (1, NOW, True)
    assert first.charge == a_charge(3, event=event)
    assert not second.answered


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET event = '{}'",
        "DELETE FROM entries",
        "UPDATE answers SET reply = x'00'",
        "DELETE FROM answers",
    ],
)
def test_rewriting_history_is_refused(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    receipt = ledger.charge(a_charge(), study_limit=AMPLE, budget=BUDGET, now=NOW)
    ledger.store_answer(receipt.key, b"answer")
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
        connection.execute(statement)
    connection.close()


def test_an_entry_that_cannot_be_judged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO entries VALUES (1, 0, ?, 's', 'model-training', 0, 'train', '', '', '{}')",
            ("a" * 64,),
        )
    with pytest.raises(LedgerCorruptError, match="cannot judge"):
        ledger.spent_on_study("a" * 64, 1e-6)


@pytest.mark.slow
def test_a_charge_stays_quick_after_ten_thousand(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    ledger.charge(a_charge(), study_limit=AMPLE, budget=a_budget(epsilon=100.0), now=NOW)
    event = event_to_json(PoissonSampledGaussianEvent(500.0, 0.01, 5))
    with LedgerFile(path, connect_durably).writing() as connection:
        connection.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, 's', 'model-training', 0, 'train', '', '', ?)",
            [(n, int(NOW.timestamp() * 1e6), f"{n % 100:064x}", event) for n in range(2, 10_002)],
        )
    limit = PrivacyLimit(100.0, 1e-5)
    times = []
    for number in range(20):
        start = time.process_time()
        charge = a_charge(number, study=f"{number:064x}")
        ledger.charge(charge, study_limit=limit, budget=a_budget(epsilon=100.0), now=NOW)
        times.append(time.process_time() - start)
    assert min(times[1:]) < 0.01  # without waiting for the disk; 1.6 ms to 2.5 ms with it
