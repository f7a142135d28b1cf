"""The layout of the brand's `rounds.db`, and its rows as types.

The triggers keep the store's rules against whoever writes to the file: nothing is
deleted, a contribution never changes, a spent one stays spent, and a vector or a
reply can only be forgotten.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from hanse_clients.round_records import (
    Attempt,
    Contribution,
    KeptContribution,
    RoundKey,
    Standing,
    StoredStep,
)
from hanse_federation.messages import Question

SCHEMA_VERSION: Final = 1

ROUND: Final = "study = ? AND question = ? AND round_number = ?"
STANDING: Final = "study, question, round_number, live_run, live_attempt, survivors"
"""Columns of a contribution without its vector, which may have megabytes."""
ATTEMPT: Final = f"{ROUND} AND run = ? AND attempt = ?"
TABLES: Final = (
    """CREATE TABLE contributions (
        study TEXT NOT NULL, question TEXT NOT NULL, round_number INTEGER NOT NULL,
        request_digest TEXT NOT NULL, data_version TEXT NOT NULL,
        ring_bits INTEGER NOT NULL, length INTEGER NOT NULL,
        vector BLOB, nonce BLOB, vector_digest TEXT NOT NULL,
        live_run INTEGER, live_attempt INTEGER, survivors BLOB,
        PRIMARY KEY (study, question, round_number))""",
    """CREATE TABLE attempts (
        study TEXT NOT NULL, question TEXT NOT NULL, round_number INTEGER NOT NULL,
        run INTEGER NOT NULL, attempt INTEGER NOT NULL, state BLOB,
        PRIMARY KEY (study, question, round_number, run, attempt),
        FOREIGN KEY (study, question, round_number) REFERENCES contributions)""",
    """CREATE TABLE steps (
        study TEXT NOT NULL, question TEXT NOT NULL, round_number INTEGER NOT NULL,
        run INTEGER NOT NULL, attempt INTEGER NOT NULL, step TEXT NOT NULL,
        request_digest TEXT NOT NULL, reply BLOB, reply_digest TEXT NOT NULL,
        PRIMARY KEY (study, question, round_number, run, attempt, step),
        FOREIGN KEY (study, question, round_number, run, attempt) REFERENCES attempts)""",
    *(
        f"""CREATE TRIGGER {table}_stay BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} are never deleted'); END"""
        for table in ("contributions", "attempts", "steps")
    ),
    """CREATE TRIGGER contributions_are_fixed BEFORE UPDATE OF
        study, question, round_number, request_digest, data_version, ring_bits, length,
        vector_digest ON contributions
        BEGIN SELECT RAISE(ABORT, 'a contribution never changes'); END""",
    """CREATE TRIGGER vectors_are_fixed BEFORE UPDATE OF vector, nonce ON contributions
        WHEN NEW.vector IS NOT NULL OR NEW.nonce IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a vector is only ever forgotten'); END""",
    """CREATE TRIGGER spent_stays_spent BEFORE UPDATE OF survivors ON contributions
        WHEN OLD.survivors IS NOT NULL AND NEW.survivors IS NOT OLD.survivors
        BEGIN SELECT RAISE(ABORT, 'a spent contribution stays spent'); END""",
    """CREATE TRIGGER replies_are_fixed BEFORE UPDATE ON steps WHEN NEW.reply IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a reply is only ever forgotten'); END""",
)


def named(key: RoundKey) -> str:
    """Name a round in a sentence."""
    return f"question {key.question} of round {key.round_number}"


def round_values(key: RoundKey) -> tuple[str, str, int]:
    """Return what `ROUND` asks for."""
    return key.study, key.question.value, key.round_number


def attempt_values(attempt: Attempt) -> tuple[str, str, int, int, int]:
    """Return what `ATTEMPT` asks for."""
    return (*round_values(attempt.round), attempt.run, attempt.number)


def contribution_values(held: Contribution) -> tuple[str | int | bytes | None, ...]:
    """Return the columns of a contribution that is not live yet."""
    return (
        *round_values(held.round),
        held.request_digest,
        held.data_version,
        held.ring_bits,
        held.length,
        held.vector,
        held.nonce,
        held.vector_digest,
    )


def _key(row: sqlite3.Row) -> RoundKey:
    return RoundKey(row["study"], Question(row["question"]), row["round_number"])


def standing_from_row(row: sqlite3.Row) -> Standing:
    """Read `STANDING` of a row of `contributions`."""
    key, run = _key(row), row["live_run"]
    live = None if run is None else Attempt(key, run, row["live_attempt"])
    return Standing(live, row["survivors"])


def kept_from_row(row: sqlite3.Row) -> KeptContribution:
    """Read a row of `contributions`."""
    contribution = Contribution(
        round=_key(row),
        request_digest=row["request_digest"],
        data_version=row["data_version"],
        ring_bits=row["ring_bits"],
        length=row["length"],
        vector=row["vector"],
        nonce=row["nonce"],
    )
    return KeptContribution(contribution, row["vector_digest"], standing_from_row(row))


def step_from_row(row: sqlite3.Row) -> StoredStep:
    """Read a row of `steps`."""
    return StoredStep(
        Attempt(_key(row), row["run"], row["attempt"]),
        row["step"],
        row["request_digest"],
        row["reply"],
        row["reply_digest"],
    )
