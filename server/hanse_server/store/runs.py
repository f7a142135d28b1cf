"""Runs of studies, round by round, and the releases that came out of them.

Rules: a study has one run, which is taken up again until it is released; under
one lease a run is carried on by one party at a time; a run and its study change
state in one transaction; a round is recorded when it has ended, and never
changes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from hanse_federation.desk import StudyState
from hanse_federation.fault_points import reach
from hanse_policies.documents import BrandId
from hanse_server.errors import StudyRunError
from hanse_server.store.database import Database
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.records import ReleaseRecord, RoundRecord, RunRecord
from hanse_server.store.studies import find_study
from hanse_server.store.tables import releases, rounds, runs, studies


class RunStore:
    """Runs, rounds and releases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._going: set[int] = set()

    def start_or_resume(self, study: str, new_run: int, now: datetime) -> RunRecord:
        """Record that a study's run goes on, or begins; of two that try at once, one wins.

        A run that is recorded as running was left by a server that was killed, and is taken up
        under a newer lease; or by this one, which let it go but could not write so. Under the
        lease that it goes on under it is refused.

        Args:
            study: Digest of the study.
            new_run: Random number below 2**63, never used before; for a study without a run.
            now: When it starts.

        Returns:
            The run, under the number it has had from the first.

        Raises:
            StudyUnknownError: No such study was proposed.
            StudyRunError: The study is released, or its run goes on already.
        """
        reach("server.persist-run-start.before")
        going = 0
        try:
            with self._database.writing() as connection:
                record = self._started(connection, study, new_run, now)
                # Within the transaction, which others wait for: of two that try, one wins.
                going = record.run
                self._going.add(going)
            reach("server.persist-run-start.after")
        except BaseException:
            self.let_go(going)  # its caller holds no record, so nobody else could
            raise
        return record

    def _started(
        self, connection: Connection, study: str, new_run: int, now: datetime
    ) -> RunRecord:
        if find_study(connection, study).state is StudyState.RELEASED:
            raise StudyRunError(
                "expected a study that is not released, got one that is; propose a new "
                "version to compute anew"
            )
        held = _newest(connection, study)
        if held is None:
            record = RunRecord(new_run, study, StudyState.RUNNING, now)
            _add(connection, record, self._database.token)
        else:
            record = self._take_up(connection, held)
        _set_study(connection, study, StudyState.RUNNING)
        return record

    def let_go(self, run: int) -> None:
        """Note that nobody carries a run on here, whether or not its end could be written."""
        self._going.discard(run)

    def _take_up(self, connection: Connection, held: RowMapping) -> RunRecord:
        token = self._database.token
        # Under this very lease a run may be one that could not write down that it stopped.
        was_let_go = 0 < token == held["token"] and held["run"] not in self._going
        if held["state"] == StudyState.RUNNING and held["token"] >= token and not was_let_go:
            raise StudyRunError(
                "expected a study that does not run, got one whose run goes on; wait for its end"
            )
        connection.execute(
            update(runs)
            .where(runs.c.run == held["run"])
            .values(state=StudyState.RUNNING, ended_at=None, token=token)
        )
        return replace(_run(held), state=StudyState.RUNNING, ended_at=None)

    def resumable(self) -> tuple[RunRecord, ...]:
        """List the runs recorded as running that nobody carries on here, oldest first.

        A killed server left them behind, or this one could not write down that they stopped.
        """
        going = self._going.copy()  # first: a run that stops meanwhile is not to be listed
        query = select(runs).where(runs.c.state == StudyState.RUNNING)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(runs.c.started_at, runs.c.run)).mappings()
            return tuple(_run(row) for row in found if row["run"] not in going)

    def record_round(self, run: int, record: RoundRecord) -> RoundRecord:
        """Record what a round came to.

        Args:
            run: The run, which must be running.
            record: What it came to.

        Returns:
            What is recorded: if a killed server recorded the round already, that stays.

        Raises:
            StudyRunError: The run is not running.
        """
        text = _round_to_json(record)
        reach("server.persist-round.before")
        with self._database.writing() as connection:
            check_running(connection, run)
            known = _find_round(connection, run, record.round_number)
            if known is None:
                values = {"run": run, "round_number": record.round_number, "record": text}
                connection.execute(insert(rounds).values(**values))
        reach("server.persist-round.after")
        return known or record

    def end(self, run: int, state: StudyState, now: datetime) -> None:
        """Record that a run stopped without a release; it may be taken up again.

        Args:
            run: The run, which must be running.
            state: `REFUSED` or `FAILED`.
            now: When it ended.

        Raises:
            StudyRunError: The run is not running, or `state` is another.
        """
        if state not in {StudyState.REFUSED, StudyState.FAILED}:
            raise StudyRunError(f"expected a run to end refused or failed, got {state}")
        reach("server.persist-run-end.before")
        with self._database.writing() as connection:
            _end(connection, run, state, now)
        reach("server.persist-run-end.after")

    def release(self, release: ReleaseRecord) -> None:
        """Record the release that ends a run for good.

        Raises:
            StudyRunError: The run is not running.
        """
        reach("server.persist-release.before")
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
        reach("server.persist-release.after")

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


def check_running(connection: Connection, run: int) -> str:
    """Check within an open transaction that a run is running; return its study's digest.

    Raises:
        StudyRunError: It ended, or never began.
    """
    query = select(runs.c.study, runs.c.state).where(runs.c.run == run)
    row = connection.execute(query).mappings().one_or_none()
    if row is None or row["state"] != StudyState.RUNNING:
        raise StudyRunError("expected a run that is running, got one that ended or never began")
    study: str = row["study"]
    return study


def _end(connection: Connection, run: int, state: StudyState, now: datetime) -> None:
    study = check_running(connection, run)
    connection.execute(
        update(runs).where(runs.c.run == run).values(state=state, ended_at=to_text(now))
    )
    _set_study(connection, study, state)


def _newest(connection: Connection, study: str) -> RowMapping | None:
    """Find a study's run; programs of layout 1 began a new one at each try."""
    query = select(runs).where(runs.c.study == study)
    newest_first = query.order_by(runs.c.started_at.desc(), runs.c.run.desc()).limit(1)
    return connection.execute(newest_first).mappings().one_or_none()


def _add(connection: Connection, record: RunRecord, token: int) -> None:
    connection.execute(
        insert(runs).values(
            run=record.run,
            study=record.study,
            state=record.state,
            started_at=to_text(record.started_at),
            token=token,
        )
    )


def _find_round(connection: Connection, run: int, round_number: int) -> RoundRecord | None:
    query = select(rounds.c.record).where(
        rounds.c.run == run, rounds.c.round_number == round_number
    )
    text = connection.execute(query).scalar_one_or_none()
    return None if text is None else _round_from_json(text)


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
