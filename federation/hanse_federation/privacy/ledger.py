"""The brand's record of privacy loss: charged before work, never lowered.

Rules: a charge is on disk before `charge` returns, and only then may work
start, so a crash can only over-count; every charge is checked, in the same
transaction, against the study's own limit and the budget of its purpose for the
current period; entries are only ever added. Whoever may hold an answer asks
`stored_answer` first, which costs nothing.

A question that was charged and whose answer never got stored is covered by its
standing charge when it is asked again. An answer is stored before anything is done
with it, so nothing of the lost one ever left, and only one answer to a question is
ever stored: what leaves is one release, for one charge. That holds for an answer that
was purged, too: it is gone, and none takes its place. The charge covers the very
same question alone (same study, round, question, request, data version and event),
only while no answer is stored, and only in the period that it was made in, so that
no period's budget pays for another's release.

Epsilon of a long history is quick because Renyi curves add up: a running total
per study and per (purpose, period) says up to which entry it is true, and what
came later is added on use. So a total is right even after periods changed.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hanse_federation import fault_points
from hanse_federation.errors import (
    AnswerConflictError,
    AnswerPurgedError,
    BudgetExceededError,
    LedgerClockError,
    LedgerCorruptError,
    PrivacyEventError,
    UnchargedAnswerError,
)
from hanse_federation.messages import Question
from hanse_federation.privacy.accountant import (
    Accountant,
    PrivacyLimit,
    PrivacySpent,
    RenyiCurve,
)
from hanse_federation.privacy.budget_period import counted_period
from hanse_federation.privacy.charges import (
    AnswerKey,
    Charge,
    LedgerEntry,
    Receipt,
    event_from_json,
)
from hanse_federation.privacy.ledger_file import Connect, LedgerFile, connect_durably
from hanse_federation.privacy.ledger_rows import (
    PURGED,
    Scope,
    events_after,
    find_answer,
    find_latest_answer,
    find_standing,
    has_answers,
    insert_answer,
    insert_entry,
    is_charged,
    newest_charge,
    purge_answers,
    read_entries,
    save_total,
    saved_total,
)
from hanse_federation.privacy.plan import PrivacyPlan, accounting_delta
from hanse_policies.documents import Purpose, PurposeBudget

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a clock may step back, as clocks do when they are set."""

ACCOUNTANT_VERSION = 1
"""Grows when curves change their form or meaning; older totals are then added up anew."""


class Ledger:
    """One brand's ledger, safe to use from many threads and processes at once."""

    def __init__(self, path: Path, connect: Connect = connect_durably) -> None:
        """Open the ledger, making the file (mode 0600) if there is none.

        Args:
            path: The SQLite file; its folder must exist.
            connect: How to open the file; tests put faults here.

        Raises:
            LedgerWriteError: The file cannot be made.
            LedgerCorruptError: The file is not a ledger, or is damaged.
        """
        self._file = LedgerFile(path, connect)
        self._accountant = Accountant()

    def charge(
        self, charge: Charge, *, study_limit: PrivacyLimit, budget: PurposeBudget, now: datetime
    ) -> Receipt:
        """Charge a question, durably, or refuse it; one whose answer was lost costs nothing more.

        Args:
            charge: The question and what answering it releases.
            study_limit: The study's (epsilon, delta).
            budget: The budget of the charge's purpose, from the brand's policy.
            now: The time, with its zone.

        Returns:
            Proof that the charge is on disk: this one, or the standing charge that
            covers the question.

        Raises:
            BudgetExceededError: The study's limit or the purpose's budget does not suffice.
            BudgetNotApplicableError: `budget` is for another purpose or not in force yet.
            LedgerClockError: The clock stands before the last charge.
            LedgerWriteError: The disk is full or broken; nothing is charged.
            LedgerCorruptError: The file is damaged.
            PrivacyEventError: The accountant cannot judge the event.
        """
        period = counted_period(charge.purpose, budget, now)
        cost = self._accountant.curve(charge.event)
        budget_limit = PrivacyLimit(budget.epsilon, budget.delta)
        study_scope = Scope.of_study(charge.study_digest)
        purpose_scope = Scope.of_purpose(charge.purpose, period)
        fault_points.reach("brand.charge.before")
        with self._file.writing() as connection:
            _check_clock(connection, now)
            standing = find_standing(connection, charge, purpose_scope)
            added = cost if standing is None else RenyiCurve.zero()
            study_total = self._total(connection, study_scope)
            purpose_total = self._total(connection, purpose_scope)
            study = _check(charge, study_total, added, study_limit, None)
            purpose = _check(charge, purpose_total, added, budget_limit, period[1])
            number, charged_at = standing or (insert_entry(connection, charge, now), now)
            if standing is None:
                _save_total(connection, study_scope, number, study_total + cost)
                _save_total(connection, purpose_scope, number, purpose_total + cost)
        fault_points.reach("brand.charge.after")
        return Receipt(number, charge.key, charged_at, study, purpose)

    def stored_answer(self, key: AnswerKey) -> bytes | None:
        """Return the exact bytes that answered this question before, or None.

        Raises:
            AnswerPurgedError: They are purged; the question has no second answer.
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            return _kept(find_answer(connection, key), key.question)

    def store_answer(self, key: AnswerKey, reply: bytes) -> None:
        """Keep the answer to a charged question, before it is sent. The same bytes may come twice.

        Raises:
            AnswerConflictError: Another answer is stored already; send that one.
            AnswerPurgedError: An answer was stored and is purged.
            UnchargedAnswerError: The question was never charged.
            LedgerWriteError: The disk is full or broken.
            LedgerCorruptError: The file is damaged.
        """
        fault_points.reach("brand.store-answer.before")
        with self._file.writing() as connection:
            stored = _kept(find_answer(connection, key), key.question)
            if stored == reply:
                return
            if stored is not None:
                raise AnswerConflictError(
                    f"question {key.question} of round {key.round_number} is answered already "
                    "with other bytes; send the stored answer"
                )
            if not is_charged(connection, key):
                raise UnchargedAnswerError(
                    f"question {key.question} of round {key.round_number} was never charged; "
                    "charge it before the work and drop this answer"
                )
            insert_answer(connection, key, reply)
        fault_points.reach("brand.store-answer.after")

    def spent(self, purpose: Purpose, budget: PurposeBudget, now: datetime) -> PrivacySpent:
        """Return what the purpose has spent in the period that holds `now`.

        Raises:
            BudgetNotApplicableError: `budget` is for another purpose or not in force yet.
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        scope = Scope.of_purpose(purpose, counted_period(purpose, budget, now))
        return _spent(self._read_total(scope), budget.delta)

    def spent_on_study(self, digest: str, delta: float) -> PrivacySpent:
        """Return what all questions of a study have cost so far, at `delta`.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        return _spent(self._read_total(Scope.of_study(digest)), delta)

    def epsilon_if_run(
        self, plan: PrivacyPlan, study_digest: str, budget: PurposeBudget, now: datetime
    ) -> float:
        """Return the purpose's epsilon in this period if the rest of a study's plan were run now.

        What the study was charged before counts as a part of its plan.

        Raises:
            BudgetNotApplicableError: `budget` is not in force yet.
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        period = counted_period(budget.purpose, budget, now)
        with self._file.reading() as connection:
            total = self._total(connection, Scope.of_purpose(budget.purpose, period))
            charged = self._total(connection, Scope.of_study(study_digest))
        left = self._accountant.curve(plan.total()).less(charged)
        return _spent(total + left, budget.delta).epsilon

    def latest_answer(self, study_digest: str, question: Question) -> bytes | None:
        """Return the newest stored answer to a question of a study, on whatever data, or None.

        Raises:
            AnswerPurgedError: It is purged.
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            return _kept(find_latest_answer(connection, study_digest, question), question)

    def purge_answers(self, study_digest: str) -> None:
        """Take the bytes of a study's stored answers away, for good; charges and totals stay.

        No question of the study is answered a second time for it: a purged answer stands
        in the way of another, and of a standing charge.

        Raises:
            LedgerWriteError: The disk is full or broken; nothing is purged.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.writing() as connection:
            purge_answers(connection, study_digest)

    def keeps_answers(self, study_digest: str) -> bool:
        """Tell whether the bytes of any answer of a study are kept.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            return has_answers(connection, study_digest)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """List all charges in the order they were made.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            return read_entries(connection)

    def _read_total(self, scope: Scope) -> RenyiCurve:
        with self._file.reading() as connection:
            return self._total(connection, scope)

    def _total(self, connection: sqlite3.Connection, scope: Scope) -> RenyiCurve:
        """Add up a scope: its saved total and the entries that came after."""
        saved = saved_total(connection, scope, ACCOUNTANT_VERSION)
        through, total = 0, RenyiCurve.zero()
        try:
            if saved is not None:
                through, total = saved[0], RenyiCurve.from_bytes(saved[1])
            for event, count in events_after(connection, scope, through):
                total = total + self._accountant.curve(event_from_json(event)).times(count)
        except PrivacyEventError as error:
            raise LedgerCorruptError(
                "ledger holds an entry that the accountant cannot judge; "
                "answer no question and restore the file from a copy"
            ) from error
        return total


def _kept(stored: bytes | None, question: Question) -> bytes | None:
    if stored == PURGED:
        raise AnswerPurgedError(
            f"expected the stored answer to question {question}, got one that was purged after "
            "consents had ended; a question has one answer, so propose a new study"
        )
    return stored


def _check(
    charge: Charge,
    before: RenyiCurve,
    cost: RenyiCurve,
    limit: PrivacyLimit,
    period_end: datetime | None,
) -> PrivacySpent:
    """Return what is spent after the charge, or refuse it."""
    spent = _spent(before, limit.delta).epsilon
    after = _spent(before + cost, limit.delta)
    if after.epsilon <= limit.epsilon:
        return after
    requested = after.epsilon - spent
    remaining = max(0.0, limit.epsilon - spent)
    if period_end is None:
        where, rule, until = "of the study's own limit", "budget.study", ""
        advice = "the study has used what it asked for, so propose a new one"
    else:
        where, rule = f"for purpose {charge.purpose}", f"budget.{charge.purpose}"
        until = f" until {period_end.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        advice = "lower epsilon or wait for renewal"
    raise BudgetExceededError(
        f"question {charge.question} of study {charge.study_id} round {charge.round_number} needs "
        f"epsilon {requested:.4g} more, but {remaining:.4g} of {limit.epsilon:.4g} remains "
        f"{where}{until} (rule {rule}); {advice}",
        requested=requested,
        spent=spent,
        budget=limit.epsilon,
        period_end=period_end,
    )


def _spent(curve: RenyiCurve, delta: float) -> PrivacySpent:
    """State a total at `delta`, of which the sampler's part is kept aside."""
    return PrivacySpent(curve.epsilon(accounting_delta(delta)), delta, curve.rho)


def _check_clock(connection: sqlite3.Connection, now: datetime) -> None:
    """Refuse a clock that went back: an earlier period would be charged as if it were unspent."""
    newest = newest_charge(connection)
    if newest is not None and now + CLOCK_TOLERANCE < newest:
        raise LedgerClockError(
            f"expected a clock at or after the last charge of "
            f"{newest.isoformat(timespec='seconds')}, got "
            f"{now.isoformat(timespec='seconds')}; set the clock right"
        )


def _save_total(
    connection: sqlite3.Connection, scope: Scope, through: int, total: RenyiCurve
) -> None:
    save_total(connection, scope, ACCOUNTANT_VERSION, through, total.to_bytes())
