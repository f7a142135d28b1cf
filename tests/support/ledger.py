"""Ledgers under test: charges to make, and connections that fail at a chosen statement."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hanse_federation.messages import Question
from hanse_federation.privacy import Charge, Event, GaussianEvent, PrivacyLimit
from hanse_federation.privacy.ledger_file import Connect
from hanse_policies.documents import Purpose, StudyId
from tests.support.documents import a_budget

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
BUDGET = a_budget()
AMPLE = PrivacyLimit(100.0, 1e-5)
UNIT = GaussianEvent(10.0)


class PowerCutError(BaseException):
    """The process is gone; nothing catches this."""


def a_charge(number: int = 0, *, study: str = "a" * 64, event: Event = UNIT) -> Charge:
    """Build a charge for training round `number` of a study."""
    return Charge(
        study_digest=study,
        study_id=StudyId("propensity"),
        purpose=Purpose.MODEL_TRAINING,
        round_number=number,
        question=Question.TRAIN,
        request_digest=f"{number:064x}",
        data_version="data-1",
        event=event,
    )


class StatementCounter:
    """Counts the statements of all connections and acts at one of them."""

    def __init__(self, at: int, act: Callable[[], None], *, after: bool) -> None:
        self.left = at
        self.act = act
        self.after = after

    def before_statement(self) -> None:
        """Count one statement, acting before it if it is the one."""
        self.left -= 1
        if self.left == 0 and not self.after:
            self.act()

    def after_statement(self) -> None:
        """Act if the statement just run was the one."""
        if self.left == 0 and self.after:
            self.act()

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a connection that counts here; satisfies `Connect`."""
        counter = self

        class Counted(sqlite3.Connection):
            def execute(self, *arguments: object) -> sqlite3.Cursor:
                counter.before_statement()
                cursor = super().execute(*arguments)  # type: ignore[arg-type]
                counter.after_statement()
                return cursor

        uri = f"{path.resolve().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            uri, uri=True, timeout=30, isolation_level=None, factory=Counted
        )
        sqlite3.Connection.execute(connection, "PRAGMA synchronous = EXTRA")
        return connection


def power_cut_at(statement: int, *, after: bool) -> Connect:
    """Make connections of which one raises, past all handlers, at a statement."""

    def act() -> None:
        raise PowerCutError

    return StatementCounter(statement, act, after=after).connect


def exit_at(statement: int, *, after: bool) -> Connect:
    """Make connections of which one ends the process on the spot at a statement."""
    return StatementCounter(statement, lambda: os._exit(9), after=after).connect


def failing_at(statement: int, message: str) -> Connect:
    """Make connections of which one reports an SQLite error at a statement."""

    def act() -> None:
        raise sqlite3.OperationalError(message)

    return StatementCounter(statement, act, after=False).connect
