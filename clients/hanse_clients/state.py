"""The brand's own records: charters, studies, decisions, verdicts, approvals, classes of versions.

What follows once consents have ended is in the same file, see `ends`; so are the charters
that wait for a person, see `held`, by which all charters come in.

Rules: nothing personal is in it, only digests, codes and signed documents; a
charter is never followed by an older one, and two charters of one version are a
fork of the alliance; what is recorded is never changed, only followed; every write
is synced before it returns. Threads share one object, processes share the file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hanse_clients.end_records import END_TABLES, EndRecords
from hanse_clients.errors import StudyNotSeenError
from hanse_clients.held_charters import HELD_CHARTER_TABLES, HeldCharters
from hanse_clients.local_database import KeptFile, LocalDatabase
from hanse_policies.compare.direction import Direction
from hanse_policies.documents import Verdict

SCHEMA_VERSION: Final = 3

_CLASSED_VERSIONS: Final = """CREATE TABLE classed_versions (
        position INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL,
        supersedes TEXT NOT NULL, direction TEXT NOT NULL, charter TEXT)"""

_TABLES: Final = (
    """CREATE TABLE charters (
        version INTEGER PRIMARY KEY, digest TEXT NOT NULL, envelope BLOB NOT NULL,
        accepted_at TEXT NOT NULL)""",
    """CREATE TABLE studies (
        digest TEXT PRIMARY KEY, envelope BLOB NOT NULL, first_seen TEXT NOT NULL)""",
    """CREATE TABLE decisions (
        position INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL,
        study TEXT NOT NULL REFERENCES studies (digest), record TEXT NOT NULL)""",
    """CREATE TABLE verdicts (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        study TEXT NOT NULL REFERENCES studies (digest), envelope BLOB NOT NULL,
        signed_at TEXT NOT NULL)""",
    """CREATE TABLE approvals (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        study TEXT NOT NULL REFERENCES studies (digest), approved INTEGER NOT NULL,
        given_at TEXT NOT NULL)""",
    _CLASSED_VERSIONS,
    *END_TABLES,
    *HELD_CHARTER_TABLES,
)
_UPGRADES: Final = {1: (_CLASSED_VERSIONS, *END_TABLES), 2: HELD_CHARTER_TABLES}


@dataclass(frozen=True, slots=True)
class AcceptedCharter:
    """A charter this brand follows or followed."""

    version: int
    digest: str
    envelope: bytes
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class SeenStudy:
    """A study this brand received, and when first."""

    digest: str
    envelope: bytes
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What this brand's client decided on a study, by which rules.

    Attributes:
        study: Digest of the study.
        verdict: The outcome.
        codes: Rules that decided; codes only.
        policy: Digest of the signed policy it was decided under.
        decided_at: When.
    """

    study: str
    verdict: Verdict
    codes: tuple[str, ...]
    policy: str
    decided_at: datetime

    def to_json(self) -> str:
        """Write the record; two equal ones have the same text."""
        fields = {
            "study": self.study,
            "verdict": self.verdict.value,
            "codes": list(self.codes),
            "policy": self.policy,
            "decided_at": _to_text(self.decided_at),
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of the record, by which the egress journal names it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> DecisionRecord:
        """Read a record written by `to_json`."""
        held = json.loads(text)
        return cls(
            study=held["study"],
            verdict=Verdict(held["verdict"]),
            codes=tuple(held["codes"]),
            policy=held["policy"],
            decided_at=datetime.fromisoformat(held["decided_at"]),
        )


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """A verdict this brand signed."""

    study: str
    envelope: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word on a study: yes or no."""

    study: str
    approved: bool
    given_at: datetime


@dataclass(frozen=True, slots=True)
class ClassedVersion:
    """As what a version of a policy or an asset took the place of the one before.

    A charter that pins a legal pack later on changes nothing of what was done before.

    Attributes:
        document: Digest of the version.
        supersedes: Digest of the one before.
        direction: What lay between them, under the legal packs in play then.
        charter: Digest of the charter in force then; None before the brand joined.
    """

    document: str
    supersedes: str
    direction: Direction
    charter: str | None


class BrandState(KeptFile):
    """The brand's local store."""

    def __init__(self, path: Path) -> None:
        """Open the store, made empty where there is none.

        Raises:
            StateVersionError: Its layout is of another version.
            StateAccessError: It cannot be read or made.
        """
        self._file = LocalDatabase(path, _TABLES, SCHEMA_VERSION, _UPGRADES)
        self.ends = EndRecords(self._file)
        self.held = HeldCharters(self._file)

    def charter(self) -> AcceptedCharter | None:
        """Return the charter in force here, or None before the first."""
        row = self._file.one("SELECT * FROM charters ORDER BY version DESC LIMIT 1")
        return AcceptedCharter(row[0], row[1], row[2], _from_text(row[3])) if row else None

    def charter_named(self, digest: str) -> AcceptedCharter | None:
        """Return a charter that is or was in force here, by its digest, or None."""
        row = self._file.one("SELECT * FROM charters WHERE digest = ?", digest)
        return AcceptedCharter(row[0], row[1], row[2], _from_text(row[3])) if row else None

    def charters(self) -> tuple[AcceptedCharter, ...]:
        """List every charter that is or was in force here, newest first."""
        rows = self._file.all("SELECT * FROM charters ORDER BY version DESC")
        return tuple(AcceptedCharter(r[0], r[1], r[2], _from_text(r[3])) for r in rows)

    def record_class(self, version: ClassedVersion) -> None:
        """Record as what a version took effect; it follows an earlier record of the same."""
        with self._file.writing() as connection:
            connection.execute(
                "INSERT INTO classed_versions (document, supersedes, direction, charter) "
                "VALUES (?, ?, ?, ?)",
                (version.document, version.supersedes, version.direction.value, version.charter),
            )

    def class_of(self, document: str, supersedes: str) -> ClassedVersion | None:
        """Return as what a version took the place of another, or None if it is not recorded."""
        row = self._file.one(
            "SELECT document, supersedes, direction, charter FROM classed_versions "
            "WHERE document = ? AND supersedes = ? ORDER BY position DESC LIMIT 1",
            document,
            supersedes,
        )
        return ClassedVersion(row[0], row[1], Direction(row[2]), row[3]) if row else None

    def classes(self) -> tuple[ClassedVersion, ...]:
        """List as what each version took effect, oldest first."""
        rows = self._file.all(
            "SELECT document, supersedes, direction, charter FROM classed_versions "
            "ORDER BY position"
        )
        return tuple(ClassedVersion(r[0], r[1], Direction(r[2]), r[3]) for r in rows)

    def see_study(self, study: SeenStudy) -> bool:
        """Record a study received.

        Returns:
            Whether it was never seen before.
        """
        with self._file.writing() as connection:
            done = connection.execute(
                "INSERT OR IGNORE INTO studies VALUES (?, ?, ?)",
                (study.digest, study.envelope, _to_text(study.first_seen)),
            )
        return done.rowcount == 1

    def study(self, digest: str) -> SeenStudy:
        """Find a study by its digest.

        Raises:
            StudyNotSeenError: It was never received.
        """
        row = self._file.one("SELECT * FROM studies WHERE digest = ?", digest)
        if row is None:
            raise _not_seen(digest)
        return SeenStudy(row[0], row[1], _from_text(row[2]))

    def studies(self) -> tuple[SeenStudy, ...]:
        """List every study received, in the order first seen."""
        rows = self._file.all("SELECT * FROM studies ORDER BY first_seen, digest")
        return tuple(SeenStudy(row[0], row[1], _from_text(row[2])) for row in rows)

    def record_decision(self, decision: DecisionRecord) -> str:
        """Record a decision, permit or denial.

        Returns:
            Its digest.

        Raises:
            StudyNotSeenError: Its study was never received.
        """
        self._add(
            "INSERT INTO decisions (study, digest, record) VALUES (?, ?, ?)",
            decision.study,
            decision.digest,
            decision.to_json(),
        )
        return decision.digest

    def decisions(self, study: str) -> tuple[DecisionRecord, ...]:
        """List the decisions on a study, oldest first."""
        rows = self._file.all(
            "SELECT record FROM decisions WHERE study = ? ORDER BY position", study
        )
        return tuple(DecisionRecord.from_json(row[0]) for row in rows)

    def record_verdict(self, verdict: OwnVerdict) -> None:
        """Record a verdict this brand signed; it follows an earlier one.

        Raises:
            StudyNotSeenError: Its study was never received.
        """
        self._add(
            "INSERT INTO verdicts (study, envelope, signed_at) VALUES (?, ?, ?)",
            verdict.study,
            verdict.envelope,
            _to_text(verdict.signed_at),
        )

    def verdict(self, study: str) -> OwnVerdict | None:
        """Return the newest verdict on a study, or None before the first."""
        row = self._file.one(
            "SELECT study, envelope, signed_at FROM verdicts WHERE study = ? "
            "ORDER BY position DESC LIMIT 1",
            study,
        )
        return OwnVerdict(row[0], row[1], _from_text(row[2])) if row else None

    def record_approval(self, approval: Approval) -> None:
        """Record a person's word on a study; it follows an earlier one.

        Raises:
            StudyNotSeenError: The study was never received.
        """
        self._add(
            "INSERT INTO approvals (study, approved, given_at) VALUES (?, ?, ?)",
            approval.study,
            int(approval.approved),
            _to_text(approval.given_at),
        )

    def approval(self, study: str) -> Approval | None:
        """Return a person's newest word on a study, or None before the first."""
        row = self._file.one(
            "SELECT study, approved, given_at FROM approvals WHERE study = ? "
            "ORDER BY position DESC LIMIT 1",
            study,
        )
        return Approval(row[0], bool(row[1]), _from_text(row[2])) if row else None

    def _add(self, statement: str, study: str, *values: object) -> None:
        with self._file.writing() as connection:
            if not connection.execute(
                "SELECT 1 FROM studies WHERE digest = ?", (study,)
            ).fetchone():
                raise _not_seen(study)
            connection.execute(statement, (study, *values))


def _not_seen(digest: str) -> StudyNotSeenError:
    return StudyNotSeenError(
        f"expected a study that was received, got digest {digest[:64]}; hanse brand studies lists "
        "them"
    )


def _to_text(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone, got one without")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)
