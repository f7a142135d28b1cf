"""The rows behind `rounds`: each function works within a transaction that is open."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, insert, select, update

from hanse_federation.messages import Question
from hanse_policies.documents import BrandId
from hanse_server.errors import SumConflictError
from hanse_server.store.aggregation_records import (
    AggregationStep,
    AttemptPhase,
    AttemptRecord,
    EnvelopeRecord,
    MaskedSum,
    QuestionKey,
    SumRecord,
)
from hanse_server.store.instants import from_text, to_text
from hanse_server.store.tables import aggregations, envelopes, sums
from hanse_server.store.upsert import put

_ATTEMPT_COLUMNS = [
    column for column in aggregations.c if column.name not in {"masked_sum", "masked_digest"}
]


def find_attempt(connection: Connection, key: QuestionKey) -> AttemptRecord | None:
    """Find the newest attempt at a question."""
    query = select(*_ATTEMPT_COLUMNS).where(*_of(aggregations, key))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _attempt(row)


def list_attempts(connection: Connection, run: int) -> tuple[AttemptRecord, ...]:
    """List the newest attempt at each question of a run, by round, then as begun."""
    order = (aggregations.c.round_number, aggregations.c.opened_at, aggregations.c.question)
    query = select(*_ATTEMPT_COLUMNS).where(aggregations.c.run == run).order_by(*order)
    return tuple(_attempt(row) for row in connection.execute(query).mappings())


def put_attempt(connection: Connection, record: AttemptRecord) -> None:
    """Write a new attempt in place of the one before."""
    values = {
        "attempt": record.attempt,
        "phase": record.phase,
        "opened_at": to_text(record.opened_at),
        "survivors": json.dumps(record.survivors),
        "masked_sum": None,
        "masked_digest": None,
        "ring_bits": record.ring_bits,
        "charter": record.charter,
    }
    put(connection, aggregations, _key(record.key), values)


def set_phase(connection: Connection, key: QuestionKey, phase: AttemptPhase) -> None:
    """Move the newest attempt to another phase."""
    connection.execute(update(aggregations).where(*_of(aggregations, key)).values(phase=phase))


def add_envelopes(
    connection: Connection, key: QuestionKey, records: Sequence[EnvelopeRecord]
) -> None:
    """Write envelopes."""
    values = [
        {
            **_key(key),
            "attempt": record.attempt,
            "step": record.step,
            "brand": record.brand,
            "digest": record.digest.hex(),
            "content": record.content,
        }
        for record in records
    ]
    # Without any, SQLAlchemy would write one of default values.
    if values:
        connection.execute(insert(envelopes), values)


def list_envelopes(
    connection: Connection, key: QuestionKey, attempt: int
) -> tuple[EnvelopeRecord, ...]:
    """List the envelopes of an attempt, sorted by step name and brand."""
    query = (
        select(envelopes)
        .where(*_of(envelopes, key), envelopes.c.attempt == attempt)
        .order_by(envelopes.c.step, envelopes.c.brand)
    )
    return tuple(_envelope(row) for row in connection.execute(query).mappings())


def set_masked(connection: Connection, key: QuestionKey, masked: MaskedSum) -> None:
    """Fix survivors and masked sum."""
    connection.execute(
        update(aggregations)
        .where(*_of(aggregations, key))
        .values(
            survivors=json.dumps(masked.survivors),
            masked_sum=masked.elements,
            masked_digest=_digest(masked.elements),
            ring_bits=masked.ring_bits,
        )
    )


def check_same_masked(connection: Connection, key: QuestionKey, masked: MaskedSum) -> None:
    """Check that what is fixed is this.

    Raises:
        SumConflictError: It is something else.
    """
    columns = (aggregations.c.survivors, aggregations.c.ring_bits, aggregations.c.masked_digest)
    row = connection.execute(select(*columns).where(*_of(aggregations, key))).one()
    if tuple(row) != (json.dumps(masked.survivors), masked.ring_bits, _digest(masked.elements)):
        raise SumConflictError("expected the survivors and masked sum that are fixed, got others")


def find_masked(connection: Connection, key: QuestionKey) -> MaskedSum | None:
    """Return the masked sum of the newest attempt, while there is one."""
    query = select(aggregations).where(*_of(aggregations, key))
    row = connection.execute(query).mappings().one_or_none()
    if row is None or row["masked_sum"] is None:
        return None
    return MaskedSum(_brands(row["survivors"]), row["ring_bits"], row["masked_sum"])


def drop_secrets(connection: Connection, record: AttemptRecord) -> None:
    """Delete the masked sum and the sealed shares of an attempt; digests stay."""
    connection.execute(
        update(aggregations).where(*_of(aggregations, record.key)).values(masked_sum=None)
    )
    connection.execute(
        update(envelopes)
        .where(
            *_of(envelopes, record.key),
            envelopes.c.attempt == record.attempt,
            envelopes.c.step == AggregationStep.SHARE,
        )
        .values(content=None)
    )


def find_sum(connection: Connection, key: QuestionKey) -> SumRecord | None:
    """Return the decoded sum of a question, if there is one."""
    row = connection.execute(select(sums).where(*_of(sums, key))).mappings().one_or_none()
    if row is None:
        return None
    brands = _brands(row["contributors"])
    return SumRecord(key, row["attempt"], brands, row["ring_bits"], row["cells"])


def add_sum(connection: Connection, record: SumRecord) -> None:
    """Write a decoded sum."""
    connection.execute(
        insert(sums).values(
            **_key(record.key),
            attempt=record.attempt,
            contributors=json.dumps(record.contributors),
            ring_bits=record.ring_bits,
            cells=record.cells,
        )
    )


def _key(key: QuestionKey) -> dict[str, object]:
    return {"run": key.run, "question": key.question, "round_number": key.round_number}


def _of(table: Table, key: QuestionKey) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _key(key).items()]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _brands(text: str) -> tuple[BrandId, ...]:
    return tuple(BrandId(brand) for brand in json.loads(text))


def _attempt(row: RowMapping) -> AttemptRecord:
    return AttemptRecord(
        key=QuestionKey(row["run"], Question(row["question"]), row["round_number"]),
        attempt=row["attempt"],
        phase=AttemptPhase(row["phase"]),
        opened_at=from_text(row["opened_at"]),
        charter=row["charter"],
        survivors=_brands(row["survivors"]),
        ring_bits=row["ring_bits"],
    )


def _envelope(row: RowMapping) -> EnvelopeRecord:
    return EnvelopeRecord(
        attempt=row["attempt"],
        step=AggregationStep(row["step"]),
        brand=BrandId(row["brand"]),
        digest=bytes.fromhex(row["digest"]),
        content=row["content"],
    )
