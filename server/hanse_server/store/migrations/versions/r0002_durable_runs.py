"""Runs that survive: the lease, and secure aggregation step by step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
QUESTION = ["run", "question", "round_number"]


def upgrade() -> None:
    """Make the tables that version 2 has beyond version 1."""
    _make_lease()
    _make_aggregations()
    op.execute("UPDATE schema_version SET version = 2")


def _make_lease() -> None:
    op.add_column("runs", sa.Column("token", LONG, nullable=False, server_default="0"))
    op.create_table(
        "leases",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", LONG, nullable=False),
        sa.Column("expires_at", WORD, nullable=False),
    )


def _make_aggregations() -> None:
    op.create_table(
        "aggregations",
        sa.Column("run", LONG, sa.ForeignKey("runs.run"), primary_key=True),
        sa.Column("question", WORD, primary_key=True),
        sa.Column("round_number", sa.Integer(), primary_key=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("phase", WORD, nullable=False),
        sa.Column("opened_at", WORD, nullable=False),
        sa.Column("charter", WORD, nullable=False),
        sa.Column("survivors", sa.Text(), nullable=False),
        sa.Column("masked_sum", sa.LargeBinary(), nullable=True),
        sa.Column("masked_digest", WORD, nullable=True),
        sa.Column("ring_bits", sa.Integer(), nullable=True),
    )
    op.create_table(
        "envelopes",
        *_question_columns(),
        sa.Column("attempt", sa.Integer(), primary_key=True),
        sa.Column("step", WORD, primary_key=True),
        sa.Column("brand", WORD, primary_key=True),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(QUESTION, [f"aggregations.{name}" for name in QUESTION]),
    )
    op.create_table(
        "sums",
        *_question_columns(),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("contributors", sa.Text(), nullable=False),
        sa.Column("ring_bits", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(QUESTION, [f"aggregations.{name}" for name in QUESTION]),
    )


def _question_columns() -> tuple[sa.Column[int], sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("run", LONG, primary_key=True),
        sa.Column("question", WORD, primary_key=True),
        sa.Column("round_number", sa.Integer(), primary_key=True),
    )
