"""The first layout: members, studies, runs, releases and traffic.

Stores of version 1 were made before there were steps; they are marked as being
here without the step being taken.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables of version 1."""
    _make_version()
    _make_membership()
    _make_studies()
    _make_runs()
    _make_traffic()


def _make_version() -> None:
    version = op.create_table(
        "schema_version",
        sa.Column(
            "only_row",
            sa.Integer(),
            sa.CheckConstraint("only_row = 1"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.bulk_insert(version, [{"only_row": 1, "version": 1}])


def _make_membership() -> None:
    op.create_table(
        "certificates",
        sa.Column("serial", WORD, primary_key=True),
        sa.Column("role", WORD, nullable=False),
        sa.Column("brand", WORD, nullable=False),
        sa.Column("fingerprint", WORD, nullable=False, unique=True),
        sa.Column("not_before", WORD, nullable=False),
        sa.Column("not_after", WORD, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_index("certificates_by_brand", "certificates", ["brand"])
    op.create_table(
        "charters",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", WORD, nullable=False),
    )


def _make_studies() -> None:
    op.create_table(
        "studies",
        sa.Column("digest", WORD, primary_key=True),
        sa.Column("study_id", WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("proposed_at", WORD, nullable=False),
        sa.UniqueConstraint("study_id", "version"),
    )
    op.create_table(
        "verdicts",
        sa.Column("study", WORD, sa.ForeignKey("studies.digest"), primary_key=True),
        sa.Column("brand", WORD, primary_key=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", WORD, nullable=False),
        sa.Column("received_at", WORD, nullable=False),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", LONG, primary_key=True, autoincrement=False),
        sa.Column("study", WORD, sa.ForeignKey("studies.digest"), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("started_at", WORD, nullable=False),
        sa.Column("ended_at", WORD, nullable=True),
    )
    op.create_index("runs_by_study", "runs", ["study"])
    op.create_table(
        "rounds",
        sa.Column("run", LONG, sa.ForeignKey("runs.run"), primary_key=True),
        sa.Column("round_number", sa.Integer(), primary_key=True),
        sa.Column("record", sa.Text(), nullable=False),
    )
    op.create_table(
        "releases",
        sa.Column("digest", WORD, primary_key=True),
        sa.Column("study", WORD, sa.ForeignKey("studies.digest"), nullable=False),
        sa.Column("run", LONG, sa.ForeignKey("runs.run"), nullable=False),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("released_at", WORD, nullable=False),
    )


def _make_traffic() -> None:
    op.create_table(
        "traffic",
        sa.Column("session", WORD, primary_key=True),
        sa.Column("brand", WORD, primary_key=True),
        sa.Column("direction", WORD, primary_key=True),
        sa.Column("message_type", WORD, primary_key=True),
        sa.Column("messages", LONG, nullable=False),
        sa.Column("payload_bytes", LONG, nullable=False),
        sa.Column("framed_bytes", LONG, nullable=False),
    )
