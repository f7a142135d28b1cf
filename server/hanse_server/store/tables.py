"""The tables of the operator's store, and the version of their layout.

Rules: an instant is an ISO 8601 text in UTC, so that rows sort by it; a
document is the exact bytes of its signed envelope; a list is JSON text; words
sort by their bytes, whatever the database's language. A change of layout raises
`SCHEMA_VERSION` and comes with a migration that leads to it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 2

LongInteger = BigInteger().with_variant(Integer, "sqlite")
"""Signed, 64 bits; SQLite's own integers have that many."""

Word = String().with_variant(String(collation="C"), "postgresql")
"""A short text that sorts by its bytes."""

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column(
        "only_row", Integer, CheckConstraint("only_row = 1"), primary_key=True, autoincrement=False
    ),
    Column("version", Integer, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("serial", Word, primary_key=True),
    Column("role", Word, nullable=False),
    Column("brand", Word, nullable=False),
    Column("fingerprint", Word, nullable=False, unique=True),
    Column("not_before", Word, nullable=False),
    Column("not_after", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("reason", Text, nullable=False),
    Index("certificates_by_brand", "brand"),
)

charters = Table(
    "charters",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Word, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("signed_at", Word, nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("digest", Word, primary_key=True),
    Column("study_id", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("state", Word, nullable=False),
    Column("proposed_at", Word, nullable=False),
    UniqueConstraint("study_id", "version"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("study", Word, ForeignKey("studies.digest"), primary_key=True),
    Column("brand", Word, primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("decided_at", Word, nullable=False),
    Column("received_at", Word, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run", LongInteger, primary_key=True, autoincrement=False),
    Column("study", Word, ForeignKey("studies.digest"), nullable=False),
    Column("state", Word, nullable=False),
    Column("started_at", Word, nullable=False),
    Column("ended_at", Word, nullable=True),
    Column("token", LongInteger, nullable=False, server_default="0"),
    Index("runs_by_study", "study"),
)

rounds = Table(
    "rounds",
    metadata,
    Column("run", LongInteger, ForeignKey("runs.run"), primary_key=True),
    Column("round_number", Integer, primary_key=True),
    Column("record", Text, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("digest", Word, primary_key=True),
    Column("study", Word, ForeignKey("studies.digest"), nullable=False),
    Column("run", LongInteger, ForeignKey("runs.run"), nullable=False),
    Column("directory", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("released_at", Word, nullable=False),
)

traffic = Table(
    "traffic",
    metadata,
    Column("session", Word, primary_key=True),
    Column("brand", Word, primary_key=True),
    Column("direction", Word, primary_key=True),
    Column("message_type", Word, primary_key=True),
    Column("messages", LongInteger, nullable=False),
    Column("payload_bytes", LongInteger, nullable=False),
    Column("framed_bytes", LongInteger, nullable=False),
)

aggregations = Table(
    "aggregations",
    metadata,
    Column("run", LongInteger, ForeignKey("runs.run"), primary_key=True),
    Column("question", Word, primary_key=True),
    Column("round_number", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("phase", Word, nullable=False),
    Column("opened_at", Word, nullable=False),
    Column("charter", Word, nullable=False),
    Column("survivors", Text, nullable=False),
    Column("masked_sum", LargeBinary, nullable=True),
    Column("masked_digest", Word, nullable=True),
    Column("ring_bits", Integer, nullable=True),
)

envelopes = Table(
    "envelopes",
    metadata,
    Column("run", LongInteger, primary_key=True),
    Column("question", Word, primary_key=True),
    Column("round_number", Integer, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("step", Word, primary_key=True),
    Column("brand", Word, primary_key=True),
    Column("digest", Word, nullable=False),
    Column("content", LargeBinary, nullable=True),
    ForeignKeyConstraint(
        ["run", "question", "round_number"],
        ["aggregations.run", "aggregations.question", "aggregations.round_number"],
    ),
)

sums = Table(
    "sums",
    metadata,
    Column("run", LongInteger, primary_key=True),
    Column("question", Word, primary_key=True),
    Column("round_number", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("contributors", Text, nullable=False),
    Column("ring_bits", Integer, nullable=False),
    Column("cells", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["run", "question", "round_number"],
        ["aggregations.run", "aggregations.question", "aggregations.round_number"],
    ),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Word, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", LongInteger, nullable=False),
    Column("expires_at", Word, nullable=False),
)
