"""Studies proposed to the alliance and what the brands said of them.

Rules: a study is known by the digest of its signed payload; one id and version
never name two studies; each brand has one verdict on each study, the newest it
signed, so that an old verdict sent again changes nothing.
"""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, insert, select, update

from hanse_federation.desk import StudyState
from hanse_policies.documents import BrandId
from hanse_server.errors import (
    StudyConflictError,
    StudyRunError,
    StudyUnknownError,
    VerdictStaleError,
)
from hanse_server.store.database import Database
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.records import StudyRecord, VerdictRecord
from hanse_server.store.tables import studies, verdicts
from hanse_server.store.upsert import put


class StudyStore:
    """Studies and verdicts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def propose(self, study: StudyRecord) -> None:
        """Record a proposed study; proposing the same one again changes nothing.

        Raises:
            StudyConflictError: Another study has its id and version.
        """
        with self._database.writing() as connection:
            same_name = select(studies.c.digest).where(
                studies.c.study_id == study.study_id, studies.c.version == study.version
            )
            known = connection.execute(same_name).scalar_one_or_none()
            if known == study.digest:
                return
            if known is not None:
                raise StudyConflictError(
                    f"expected a new version of study {study.study_id}, got version "
                    f"{study.version} with other content; raise its version"
                )
            connection.execute(
                insert(studies).values(
                    digest=study.digest,
                    study_id=study.study_id,
                    version=study.version,
                    envelope=study.envelope,
                    state=study.state,
                    proposed_at=to_text(study.proposed_at),
                )
            )

    def study(self, digest: str) -> StudyRecord:
        """Find a study by its digest.

        Raises:
            StudyUnknownError: No such study was proposed.
        """
        with self._database.reading() as connection:
            return find_study(connection, digest)

    def studies(self) -> tuple[StudyRecord, ...]:
        """List every study, in the order proposed."""
        query = select(studies).order_by(studies.c.proposed_at, studies.c.digest)
        with self._database.reading() as connection:
            return tuple(_study(row) for row in connection.execute(query).mappings())

    def refuse(self, digest: str) -> None:
        """Record that a study was not run because too few brands approve it; it may be tried again.

        Raises:
            StudyUnknownError: No such study was proposed.
            StudyRunError: The study is running or released.
        """
        with self._database.writing() as connection:
            state = find_study(connection, digest).state
            if state in {StudyState.RUNNING, StudyState.RELEASED}:
                raise StudyRunError(
                    f"expected a study that is neither running nor released, got one {state}"
                )
            connection.execute(
                update(studies).where(studies.c.digest == digest).values(state=StudyState.REFUSED)
            )

    def record_verdict(self, verdict: VerdictRecord) -> None:
        """Record a brand's verdict in place of an older one; the same again changes nothing.

        Raises:
            StudyUnknownError: No such study was proposed.
            VerdictStaleError: A newer verdict of that brand is recorded.
        """
        key = (verdicts.c.study == verdict.study, verdicts.c.brand == verdict.brand)
        values = {
            "envelope": verdict.envelope,
            "decided_at": to_text(verdict.decided_at),
            "received_at": to_text(verdict.received_at),
        }
        with self._database.writing() as connection:
            find_study(connection, verdict.study)
            held = connection.execute(select(verdicts).where(*key)).mappings().one_or_none()
            if held is not None and held["envelope"] == verdict.envelope:
                return
            if held is not None and from_text(held["decided_at"]) >= verdict.decided_at:
                raise VerdictStaleError(
                    f"expected a verdict decided after {held['decided_at']}, got one of "
                    f"{values['decided_at']}; decide and sign anew"
                )
            put(connection, verdicts, {"study": verdict.study, "brand": verdict.brand}, values)

    def verdicts(self, study: str) -> tuple[VerdictRecord, ...]:
        """List the verdicts on a study, sorted by brand."""
        query = select(verdicts).where(verdicts.c.study == study).order_by(verdicts.c.brand)
        with self._database.reading() as connection:
            return tuple(_verdict(row) for row in connection.execute(query).mappings())


def find_study(connection: Connection, digest: str) -> StudyRecord:
    """Find a study within an open transaction.

    Raises:
        StudyUnknownError: No such study was proposed.
    """
    query = select(studies).where(studies.c.digest == digest)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise StudyUnknownError(
            f"expected a study that was proposed, got digest {digest[:64]}; hanse operator status "
            "lists them"
        )
    return _study(row)


def _study(row: RowMapping) -> StudyRecord:
    return StudyRecord(
        digest=row["digest"],
        study_id=row["study_id"],
        version=row["version"],
        envelope=row["envelope"],
        state=StudyState(row["state"]),
        proposed_at=from_text(row["proposed_at"]),
    )


def _verdict(row: RowMapping) -> VerdictRecord:
    return VerdictRecord(
        brand=BrandId(row["brand"]),
        study=row["study"],
        envelope=row["envelope"],
        decided_at=from_text(row["decided_at"]),
        received_at=from_text(row["received_at"]),
    )
