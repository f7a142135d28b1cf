"""The brand's record of privacy loss: charged before work, never lowered.

Rules: a charge is on disk before `charge` returns, and only then may work
start, so a crash can only over-count; every charge is checked, in the same
transaction, against the study's own limit and the budget of its purpose for the
current period; entries are only ever added. `charge` always charges: whoever
may hold an answer asks `stored_answer` first, which costs nothing. A question
whose answer never got stored is charged again when asked again.

Epsilon of a long history is quick because Renyi curves add up: a running total
per study and per (purpose, period) says up to which entry it is true, and what
came later is added on use. So a total is right even after periods changed.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hanse_federation.errors import (
    AnswerConflictError,
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
    event_to_json,
)
from hanse_federation.privacy.ledger_file import Connect, LedgerFile, connect_durably
from hanse_federation.privacy.plan import PrivacyPlan, accounting_delta
from hanse_policies.documents import Purpose, PurposeBudget, StudyId

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a clock may step back, as clocks do when they are set."""

ACCOUNTANT_VERSION = 1
"""Grows when curves change their form or meaning; older totals are then added up anew."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEY = (
    "study_digest = ? AND round_number = ? AND question = ? "
    "AND request_digest = ? AND data_version = ?"
)
_ENTRY_COLUMNS = (
    "charged_at, study_digest, study_id, purpose, round_number, question, request_digest, "
    "data_version, event"
)


class _Scope:
    """Which entries a total adds up: those of a study, or of a purpose in a period."""

    def __init__(self, name: str, condition: str, values: tuple[str | int, ...]) -> None:
        self.name = name
        self.condition = condition
        self.values = values

    @classmethod
    def of_study(cls, digest: str) -> _Scope:
        return cls(f"study {digest}", "study_digest = ?", (digest,))

    @classmethod
    def of_purpose(cls, purpose: Purpose, period: tuple[datetime, datetime]) -> _Scope:
        start, end = (_microseconds(instant) for instant in period)
        return cls(
            f"purpose {purpose} {start} {end}",
            "purpose = ? AND charged_at >= ? AND charged_at < ?",
            (purpose.value, start, end),
        )


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
        """Charge a question, durably, or refuse it.

        Args:
            charge: The question and what answering it releases.
            study_limit: The study's (epsilon, delta).
            budget: The budget of the charge's purpose, from the brand's policy.
            now: The time, with its zone.

        Returns:
            Proof that the charge is on disk.

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
        study_scope = _Scope.of_study(charge.study_digest)
        purpose_scope = _Scope.of_purpose(charge.purpose, period)
        with self._file.writing() as connection:
            _check_clock(connection, now)
            study_before = self._total(connection, study_scope)
            purpose_before = self._total(connection, purpose_scope)
            study = _check(charge, study_before, cost, study_limit, None)
            purpose = _check(charge, purpose_before, cost, budget_limit, period[1])
            number = _insert_entry(connection, charge, now)
            _save_total(connection, study_scope, number, study_before + cost)
            _save_total(connection, purpose_scope, number, purpose_before + cost)
        return Receipt(number, charge.key, now, study, purpose)

    def stored_answer(self, key: AnswerKey) -> bytes | None:
        """Return the exact bytes that answered this question before, or None.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            return _find_answer(connection, key)

    def store_answer(self, key: AnswerKey, reply: bytes) -> None:
        """Keep the answer to a charged question, before it is sent. The same bytes may come twice.

        Raises:
            AnswerConflictError: Another answer is stored already; send that one.
            UnchargedAnswerError: The question was never charged.
            LedgerWriteError: The disk is full or broken.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.writing() as connection:
            stored = _find_answer(connection, key)
            if stored == reply:
                return
            if stored is not None:
                raise AnswerConflictError(
                    f"question {key.question} of round {key.round_number} is answered already "
                    "with other bytes; send the stored answer"
                )
            charged = connection.execute(
                f"SELECT 1 FROM entries WHERE {_KEY} LIMIT 1",  # noqa: S608 - a constant
                _key_values(key),
            ).fetchone()
            if charged is None:
                raise UnchargedAnswerError(
                    f"question {key.question} of round {key.round_number} was never charged; "
                    "charge it before the work and drop this answer"
                )
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", (*_key_values(key), reply)
            )

    def spent(self, purpose: Purpose, budget: PurposeBudget, now: datetime) -> PrivacySpent:
        """Return what the purpose has spent in the period that holds `now`.

        Raises:
            BudgetNotApplicableError: `budget` is for another purpose or not in force yet.
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        scope = _Scope.of_purpose(purpose, counted_period(purpose, budget, now))
        return _spent(self._read_total(scope), budget.delta)

    def spent_on_study(self, digest: str, delta: float) -> PrivacySpent:
        """Return what all questions of a study have cost so far, at `delta`.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        return _spent(self._read_total(_Scope.of_study(digest)), delta)

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
            total = self._total(connection, _Scope.of_purpose(budget.purpose, period))
            charged = self._total(connection, _Scope.of_study(study_digest))
        left = self._accountant.curve(plan.total()).less(charged)
        return _spent(total + left, budget.delta).epsilon

    def latest_answer(self, study_digest: str, question: Question) -> bytes | None:
        """Return the newest stored answer to a question of a study, on whatever data, or None.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT reply FROM answers WHERE study_digest = ? AND question = ? "
                "ORDER BY rowid DESC LIMIT 1",
                (study_digest, question.value),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def entries(self) -> tuple[LedgerEntry, ...]:
        """List all charges in the order they were made.

        Raises:
            LedgerReadError: The file cannot be read now.
            LedgerCorruptError: The file is damaged.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                f"SELECT number, {_ENTRY_COLUMNS}, EXISTS (SELECT 1 FROM answers a "  # noqa: S608
                "WHERE a.study_digest = e.study_digest AND a.round_number = e.round_number "
                "AND a.question = e.question AND a.request_digest = e.request_digest "
                "AND a.data_version = e.data_version) FROM entries e ORDER BY number"
            ).fetchall()
        return tuple(_entry(row) for row in rows)

    def _read_total(self, scope: _Scope) -> RenyiCurve:
        with self._file.reading() as connection:
            return self._total(connection, scope)

    def _total(self, connection: sqlite3.Connection, scope: _Scope) -> RenyiCurve:
        """Add up a scope: its saved total and the entries that came after."""
        row = connection.execute(
            "SELECT through, curve FROM totals WHERE scope = ? AND accountant = ?",
            (scope.name, ACCOUNTANT_VERSION),
        ).fetchone()
        through, total = 0, RenyiCurve.zero()
        try:
            if row is not None:
                through, total = row[0], RenyiCurve.from_bytes(row[1])
            later = connection.execute(
                f"SELECT event, count(*) FROM entries WHERE {scope.condition} "  # noqa: S608
                "AND number > ? GROUP BY event",
                (*scope.values, through),
            )
            for event, count in later:
                total = total + self._accountant.curve(event_from_json(event)).times(count)
        except PrivacyEventError as error:
            raise LedgerCorruptError(
                "ledger holds an entry that the accountant cannot judge; "
                "answer no question and restore the file from a copy"
            ) from error
        return total


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
    (newest,) = connection.execute("SELECT max(charged_at) FROM entries").fetchone()
    if newest is not None and _microseconds(now + CLOCK_TOLERANCE) < newest:
        raise LedgerClockError(
            f"expected a clock at or after the last charge of "
            f"{(_EPOCH + newest * _MICROSECOND).isoformat(timespec='seconds')}, got "
            f"{now.isoformat(timespec='seconds')}; set the clock right"
        )


def _insert_entry(connection: sqlite3.Connection, charge: Charge, now: datetime) -> int:
    cursor = connection.execute(
        f"INSERT INTO entries ({_ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            _microseconds(now),
            charge.study_digest,
            charge.study_id,
            charge.purpose.value,
            charge.round_number,
            charge.question.value,
            charge.request_digest,
            charge.data_version,
            event_to_json(charge.event),
        ),
    )
    return int(cursor.lastrowid or 0)


def _save_total(
    connection: sqlite3.Connection, scope: _Scope, through: int, total: RenyiCurve
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO totals VALUES (?, ?, ?, ?)",
        (scope.name, ACCOUNTANT_VERSION, through, total.to_bytes()),
    )


def _find_answer(connection: sqlite3.Connection, key: AnswerKey) -> bytes | None:
    row = connection.execute(
        f"SELECT reply FROM answers WHERE {_KEY}",  # noqa: S608 - a constant
        _key_values(key),
    ).fetchone()
    return None if row is None else bytes(row[0])


def _key_values(key: AnswerKey) -> tuple[str, int, str, str, str]:
    return (
        key.study_digest,
        key.round_number,
        key.question.value,
        key.request_digest,
        key.data_version,
    )


def _entry(row: tuple[int, int, str, str, str, int, str, str, str, str, int]) -> LedgerEntry:
    number, charged_at, digest, study, purpose, round_number, question, request, version, event = (
        row[:10]
    )
    charge = Charge(
        study_digest=digest,
        study_id=StudyId(study),
        purpose=Purpose(purpose),
        round_number=round_number,
        question=Question(question),
        request_digest=request,
        data_version=version,
        event=event_from_json(event),
    )
    return LedgerEntry(number, _EPOCH + charged_at * _MICROSECOND, charge, bool(row[10]))


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
