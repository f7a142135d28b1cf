"""The brand's memory of the rounds of secure aggregation: what it keeps before it sends.

Rules, which the file's triggers hold to as well:

- a round has one contribution; it is kept once, and a different one is refused;
- one attempt is live for it; going on to a later one deletes the state and the
  replies of the attempts before, and none of them ever comes back;
- a step's reply, the protocol state after it and the mark that its shares are
  revealed are on disk together, before anything is sent; asked again, the step has
  the same bytes, and another request for it is refused;
- a contribution whose shares were revealed is spent: no attempt after takes it up;
- forgetting drops vectors, secrets and replies, and keeps digests and marks, so
  that what is forgotten cannot be done a second time.

    rounds.db    mode 0600, beside the brand's other records
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from hanse_clients.errors import ContributionMissingError, StateAccessError
from hanse_clients.local_database import KeptFile, LocalDatabase
from hanse_clients.round_records import (
    Attempt,
    Contribution,
    KeptContribution,
    RoundKey,
    Standing,
    StoredStep,
)
from hanse_clients.round_tables import (
    ATTEMPT,
    ROUND,
    SCHEMA_VERSION,
    STANDING,
    TABLES,
    attempt_values,
    contribution_values,
    kept_from_row,
    named,
    round_values,
    standing_from_row,
    step_from_row,
)
from hanse_federation import fault_points
from hanse_federation.secure_aggregation.errors import (
    ContributionChangedError,
    ContributionSpentError,
    SessionOutdatedError,
    StepConflictError,
)

_SUMMED = (
    "(study, question, round_number) IN (SELECT study, question, round_number "
    "FROM contributions WHERE study = ? AND survivors IS NOT NULL)"
)
"""The rounds of a study that were revealed, hence summed once another question is asked."""


class RoundStore(KeptFile):
    """One brand's rounds, safe to use from many threads and processes at once."""

    def __init__(self, path: Path) -> None:
        """Open the store, made empty where there is none.

        Raises:
            StateVersionError: Its layout is of another version.
            StateAccessError: It cannot be read or made.
        """
        self._file = LocalDatabase(path, TABLES, SCHEMA_VERSION)

    def contribution(self, key: RoundKey) -> KeptContribution | None:
        """Return what this brand contributes to a round, or None before it was made.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one(f"SELECT * FROM contributions WHERE {ROUND}", *round_values(key))  # noqa: S608
        return None if row is None else kept_from_row(row)

    def standing(self, key: RoundKey) -> Standing | None:
        """Tell where a contribution stands, without reading it; None before it was made.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one(
            f"SELECT {STANDING} FROM contributions WHERE {ROUND}",  # noqa: S608 - constants
            *round_values(key),
        )
        return None if row is None else standing_from_row(row)

    def keep_contribution(self, contribution: Contribution) -> None:
        """Keep what this brand contributes to a round, once; the same again changes nothing.

        Args:
            contribution: It and its nonce must be there.

        Raises:
            ContributionChangedError: Another one was kept for the round.
            StateAccessError: The disk is full or broken; nothing is kept.
        """
        fault_points.reach("brand.persist-contribution.before")
        with self._file.writing() as connection:
            held = connection.execute(
                f"SELECT * FROM contributions WHERE {ROUND}",  # noqa: S608 - a constant
                round_values(contribution.round),
            ).fetchone()
            if held is None:
                connection.execute(
                    "INSERT INTO contributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL,"
                    " NULL)",
                    contribution_values(contribution),
                )
            elif kept_from_row(held).contribution != contribution:
                raise ContributionChangedError(
                    f"expected the contribution kept for {named(contribution.round)}, got "
                    "another one; take the kept one"
                )
        fault_points.reach("brand.persist-contribution.after")

    def go_live(self, attempt: Attempt) -> None:
        """Move a contribution on to an attempt; what the attempts before it kept is deleted.

        So are the replies of earlier rounds that were revealed: a server that goes on to
        another question has their sums. Digests stay.

        The live attempt itself changes nothing.

        Raises:
            ContributionMissingError: Nothing was kept for the round.
            ContributionSpentError: Its shares were revealed in another attempt.
            SessionOutdatedError: The attempt, or its run, was given up for another one.
            StateAccessError: The disk is full or broken; nothing moves.
        """
        key = attempt.round
        with self._file.writing() as connection:
            standing = _found(connection, key)
            if standing.live == attempt:
                return
            if standing.is_spent:
                raise ContributionSpentError(
                    f"expected an unspent contribution for {named(key)}, got one whose shares "
                    "were revealed; it never enters a second sum, so ask the next round"
                )
            _check_later(connection, standing, attempt)
            _give_up(connection, ROUND, round_values(key))
            _give_up(connection, _SUMMED, (key.study,))
            connection.execute(
                "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, NULL)", attempt_values(attempt)
            )
            connection.execute(
                f"UPDATE contributions SET live_run = ?, live_attempt = ? WHERE {ROUND}",  # noqa: S608
                (attempt.run, attempt.number, *round_values(key)),
            )
        self._file.empty_log()

    def session_state(self, attempt: Attempt) -> bytes | None:
        """Return the protocol state of an attempt, or None where there is none (any more).

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one(
            f"SELECT state FROM attempts WHERE {ATTEMPT}",  # noqa: S608 - a constant
            *attempt_values(attempt),
        )
        return None if row is None else row[0]

    def step(self, attempt: Attempt, step: str) -> StoredStep | None:
        """Return a step that was taken, or None.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        row = self._file.one(
            f"SELECT * FROM steps WHERE {ATTEMPT} AND step = ?",  # noqa: S608 - a constant
            *attempt_values(attempt),
            step,
        )
        return None if row is None else step_from_row(row)

    def keep_step(
        self,
        attempt: Attempt,
        step: str,
        request_digest: str,
        *,
        reply: bytes,
        new_state: bytes | None,
        spends: bytes | None = None,
    ) -> StoredStep:
        """Keep a step before its reply is sent: reply, state and mark, all or nothing.

        Args:
            attempt: The live attempt.
            step: The step's name.
            request_digest: SHA-256 of the request's payload, 64 hex digits.
            reply: The reply's encoded payload, without its binding.
            new_state: The protocol state from here on; None where no secret is needed
                any more.
            spends: Digest of the survivor list, for the step that reveals shares.

        Returns:
            The step whose bytes are to be sent: where two were at it at once, the first.

        Raises:
            ContributionMissingError: Nothing was kept for the round.
            SessionOutdatedError: The attempt is not the live one.
            StepConflictError: The step was taken for another request.
            ContributionSpentError: Its shares were revealed; no further step is taken.
            StateAccessError: The disk is full or broken; nothing is kept, send nothing.
        """
        fault_points.reach("brand.persist-step.before")
        with self._file.writing() as connection:
            standing = _found(connection, attempt.round)
            _check_live(standing, attempt)
            taken = _taken(connection, attempt, step, request_digest)
            if taken is None:
                if standing.is_spent:
                    raise ContributionSpentError(
                        f"expected no step after shares were revealed for {named(attempt.round)}, "
                        f"got step {step}; ask the next round"
                    )
                taken = StoredStep(
                    attempt, step, request_digest, reply, hashlib.sha256(reply).hexdigest()
                )
                _keep(connection, taken, new_state, spends)
        fault_points.reach("brand.persist-step.after")
        return taken

    def forget_study(self, study: str) -> None:
        """Drop vectors, secrets and replies of a study; digests and marks stay.

        Raises:
            StateAccessError: The disk is full or broken, and nothing is dropped; or another
                process reads, and what was dropped is in the log still: forget it again.
        """
        with self._file.writing() as connection:
            _give_up(connection, "study = ?", (study,))
            connection.execute(
                "UPDATE contributions SET vector = NULL, nonce = NULL, live_run = NULL, "
                "live_attempt = NULL WHERE study = ?",
                (study,),
            )
        if not self._file.empty_log():
            raise StateAccessError(
                "expected the log of the local records to be cut after a purge, got another "
                "process that reads them; purge again once it has ended"
            )

    def remembered(self) -> tuple[str, ...]:
        """List the studies whose vectors are kept still, by digest.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        rows = self._file.all(
            "SELECT DISTINCT study FROM contributions WHERE vector IS NOT NULL ORDER BY study"
        )
        return tuple(row[0] for row in rows)

    def contributions(self, study: str | None = None) -> tuple[KeptContribution, ...]:
        """List what was kept, of one study or of all, in the order it was kept.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        query = "SELECT * FROM contributions WHERE ? IS NULL OR study = ? ORDER BY rowid"
        return tuple(kept_from_row(row) for row in self._file.all(query, study, study))

    def steps(self, study: str | None = None) -> tuple[StoredStep, ...]:
        """List the steps taken, of one study or of all, in the order they were taken.

        Raises:
            StateAccessError: The file cannot be read now.
        """
        query = "SELECT * FROM steps WHERE ? IS NULL OR study = ? ORDER BY rowid"
        return tuple(step_from_row(row) for row in self._file.all(query, study, study))


def _found(connection: sqlite3.Connection, key: RoundKey) -> Standing:
    row = connection.execute(
        f"SELECT {STANDING} FROM contributions WHERE {ROUND}",  # noqa: S608 - constants
        round_values(key),
    ).fetchone()
    if row is None:
        raise ContributionMissingError(
            f"expected a contribution kept for {named(key)}, got none; keep it first"
        )
    return standing_from_row(row)


def _check_later(connection: sqlite3.Connection, standing: Standing, attempt: Attempt) -> None:
    """Refuse an attempt of a run that was left, or before the live one of its run."""
    left = connection.execute(
        f"SELECT max(attempt) FROM attempts WHERE {ROUND} AND run = ?",  # noqa: S608 - a constant
        (*round_values(attempt.round), attempt.run),
    ).fetchone()[0]
    is_live_run = standing.live is not None and standing.live.run == attempt.run
    if left is None or (is_live_run and attempt.number > left):
        return
    raise SessionOutdatedError(
        f"expected a later attempt than those given up for {named(attempt.round)}, got attempt "
        f"{attempt.number}; start a later one"
    )


def _check_live(standing: Standing, attempt: Attempt) -> None:
    if standing.live != attempt:
        raise SessionOutdatedError(
            f"expected a step of the live attempt for {named(attempt.round)}, got one of attempt "
            f"{attempt.number}; go on with the live one"
        )


def _taken(
    connection: sqlite3.Connection, attempt: Attempt, step: str, request_digest: str
) -> StoredStep | None:
    row = connection.execute(
        f"SELECT * FROM steps WHERE {ATTEMPT} AND step = ?",  # noqa: S608 - a constant
        (*attempt_values(attempt), step),
    ).fetchone()
    if row is None:
        return None
    taken = step_from_row(row)
    if taken.request_digest != request_digest:
        raise StepConflictError(
            f"expected step {step} as it was asked before for {named(attempt.round)}, got other "
            "content; a step is answered once"
        )
    return taken


def _keep(
    connection: sqlite3.Connection,
    taken: StoredStep,
    new_state: bytes | None,
    spends: bytes | None,
) -> None:
    place = attempt_values(taken.attempt)
    connection.execute(
        "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*place, taken.step, taken.request_digest, taken.reply, taken.reply_digest),
    )
    connection.execute(
        f"UPDATE attempts SET state = ? WHERE {ATTEMPT}",  # noqa: S608 - a constant
        (new_state, *place),
    )
    if spends is not None:
        connection.execute(
            f"UPDATE contributions SET survivors = ? WHERE {ROUND}",  # noqa: S608 - a constant
            (spends, *round_values(taken.attempt.round)),
        )


def _give_up(connection: sqlite3.Connection, condition: str, values: tuple[str | int, ...]) -> None:
    """Delete the states and replies that a condition (a constant) selects."""
    for table, column in (("attempts", "state"), ("steps", "reply")):
        connection.execute(
            f"UPDATE {table} SET {column} = NULL WHERE {condition}",  # noqa: S608 - constants
            values,
        )
