"""Runs of studies, round by round, and the releases that came out of them.

Rules: a study has at most one run at a time, and none once it is released; a
run and its study change state in one transaction; a round is recorded when it
has ended, and never changes.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from hanse_federation.desk import StudyState
from hanse_policies.documents import BrandId
from hanse_server.errors import StudyRunError
from hanse_server.store.database import Database
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.records import ReleaseRecord, RoundRecord, RunRecord
from hanse_server.store.studies import find_study
from hanse_server.store.tables import releases, rounds, runs, studies

RUNNABLE = frozenset({StudyState.PROPOSED, StudyState.REFUSED, StudyState.FAILED})
"""A refused study may be tried again: a brand may have changed its mind."""


class RunStore:
    """Runs, rounds and releases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, run: int, study: str, now: datetime) -> None:
        """Record that a study starts to run; of two that try at once, one wins.

        Args:
            run: Random number below 2**63, never used before.
            study: Digest of the study.
            now: When it starts.

        Raises:
            StudyUnknownError: No such study was proposed.
            StudyRunError: The study is running or released.
        """
        with self._database.writing() as connection:
            state = find_study(connection, study).state
            if state not in RUNNABLE:
                raise StudyRunError(
                    f"expected a study that is {', '.join(sorted(RUNNABLE))}, got one that is "
                    f"{state}; propose a new version to compute anew"
                )
            connection.execute(
                insert(runs).values(
                    run=run, study=study, state=StudyState.RUNNING, started_at=to_text(now)
                )
            )
            _set_study(connection, study, StudyState.RUNNING)

    def record_round(self, run: int, record: RoundRecord) -> None:
        """Record what a round came to."""
        text = _round_to_json(record)
        with self._database.writing() as connection:
            connection.execute(
                insert(rounds).values(run=run, round_number=record.round_number, record=text)
            )

    def end(self, run: int, state: StudyState, now: datetime) -> None:
        """Record that a run ended without a release.

        Args:
            run: The run, which must be running.
            state: `REFUSED` or `FAILED`.
            now: When it ended.

        Raises:
            StudyRunError: The run is not running, or `state` is another.
        """
        if state not in {StudyState.REFUSED, StudyState.FAILED}:
            raise StudyRunError(f"expected a run to end refused or failed, got {state}")
        with self._database.writing() as connection:
            _end(connection, run, state, now)

    def release(self, release: ReleaseRecord) -> None:
        """Record the release that ends a run.

        Raises:
            StudyRunError: The run is not running.
        """
        with self._database.writing() as connection:
            _end(connection, release.run, StudyState.RELEASED, release.released_at)
            connection.execute(
                insert(releases).values(
                    digest=release.digest,
                    study=release.study,
                    run=release.run,
                    directory=release.directory,
                    recipients=json.dumps(release.recipients),
                    released_at=to_text(release.released_at),
                )
            )

    def abandon(self, now: datetime) -> tuple[RunRecord, ...]:
        """Mark as failed every run that a killed server left behind; call it when serving starts.

        Returns:
            The runs so marked.
        """
        query = select(runs).where(runs.c.state == StudyState.RUNNING)
        with self._database.writing() as connection:
            left = [_run(row) for row in connection.execute(query).mappings()]
            for record in left:
                _end(connection, record.run, StudyState.FAILED, now)
        return tuple(left)

    def runs(self, study: str) -> tuple[RunRecord, ...]:
        """List the runs of a study, oldest first."""
        query = select(runs).where(runs.c.study == study).order_by(runs.c.started_at)
        with self._database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(query).mappings())

    def rounds(self, run: int) -> tuple[RoundRecord, ...]:
        """List the rounds of a run that have ended, in order."""
        query = select(rounds.c.record).where(rounds.c.run == run).order_by(rounds.c.round_number)
        with self._database.reading() as connection:
            return tuple(_round_from_json(text) for text in connection.execute(query).scalars())

    def releases(self) -> tuple[ReleaseRecord, ...]:
        """List every release, oldest first."""
        query = select(releases).order_by(releases.c.released_at)
        with self._database.reading() as connection:
            return tuple(_release(row) for row in connection.execute(query).mappings())


def _end(connection: Connection, run: int, state: StudyState, now: datetime) -> None:
    query = select(runs.c.study, runs.c.state).where(runs.c.run == run)
    row = connection.execute(query).mappings().one_or_none()
    if row is None or row["state"] != StudyState.RUNNING:
        raise StudyRunError("expected a run that is running, got one that ended or never began")
    connection.execute(
        update(runs).where(runs.c.run == run).values(state=state, ended_at=to_text(now))
    )
    _set_study(connection, row["study"], state)


def _set_study(connection: Connection, study: str, state: StudyState) -> None:
    connection.execute(update(studies).where(studies.c.digest == study).values(state=state))


def _run(row: RowMapping) -> RunRecord:
    return RunRecord(
        run=row["run"],
        study=row["study"],
        state=StudyState(row["state"]),
        started_at=from_text(row["started_at"]),
        ended_at=from_text(row["ended_at"]) if row["ended_at"] else None,
    )


def _release(row: RowMapping) -> ReleaseRecord:
    return ReleaseRecord(
        digest=row["digest"],
        study=row["study"],
        run=row["run"],
        directory=row["directory"],
        recipients=tuple(json.loads(row["recipients"])),
        released_at=from_text(row["released_at"]),
    )


def _round_to_json(record: RoundRecord) -> str:
    return json.dumps(
        {
            "round_number": record.round_number,
            "ended_at": to_text(record.ended_at),
            "brands": record.brands,
            "refusals": record.refusals,
            "metrics": record.metrics,
        },
        allow_nan=False,
    )


def _round_from_json(text: str) -> RoundRecord:
    held = json.loads(text)
    return RoundRecord(
        round_number=held["round_number"],
        ended_at=from_text(held["ended_at"]),
        brands=tuple(BrandId(brand) for brand in held["brands"]),
        refusals=tuple((BrandId(brand), code) for brand, code in held["refusals"]),
        metrics=tuple((name, value) for name, value in held["metrics"]),
    )
