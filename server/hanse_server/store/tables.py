"""The tables of the operator's store, and the version of their layout.

Rules: an instant is an ISO 8601 text in UTC, so that rows sort by it; a
document is the exact bytes of its signed envelope; a list is JSON text. A
change of layout raises `SCHEMA_VERSION`; a store of another version is refused
until it has been migrated.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("only_row", Integer, CheckConstraint("only_row = 1"), primary_key=True),
    Column("version", Integer, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("serial", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("brand", String, nullable=False),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("not_before", String, nullable=False),
    Column("not_after", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Index("certificates_by_brand", "brand"),
)

charters = Table(
    "charters",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("signed_at", String, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("digest", String, primary_key=True),
    Column("study_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("proposed_at", String, nullable=False),
    UniqueConstraint("study_id", "version"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("study", String, ForeignKey("studies.digest"), primary_key=True),
    Column("brand", String, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("decided_at", String, nullable=False),
    Column("received_at", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("study", String, ForeignKey("studies.digest"), nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("ended_at", String, nullable=True),
    Index("runs_by_study", "study"),
)

rounds = Table(
    "rounds",
    metadata,
    Column("run", Integer, ForeignKey("runs.run"), primary_key=True),
    Column("round_number", Integer, primary_key=True),
    Column("record", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("digest", String, primary_key=True),
    Column("study", String, ForeignKey("studies.digest"), nullable=False),
    Column("run", Integer, ForeignKey("runs.run"), nullable=False),
    Column("directory", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("released_at", String, nullable=False),
)

traffic = Table(
    "traffic",
    metadata,
    Column("session", String, primary_key=True),
    Column("brand", String, primary_key=True),
    Column("direction", String, primary_key=True),
    Column("message_type", String, primary_key=True),
    Column("messages", Integer, nullable=False),
    Column("payload_bytes", Integer, nullable=False),
    Column("framed_bytes", Integer, nullable=False),
)
