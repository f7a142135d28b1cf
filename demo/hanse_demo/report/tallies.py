"""What the report adds up before it shows it: messages by type, budgets by purpose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hanse_demo.report.model import BudgetLine
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId, Purpose


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """One message type in one direction, over all brands."""

    direction: str
    message_type: str
    carries: str
    messages: int
    payload_bytes: int
    framed_bytes: int


@dataclass(frozen=True, slots=True)
class PurposeBudgets:
    """All brands' lines for one purpose."""

    purpose: Purpose
    lines: tuple[BudgetLine, ...]


CARRIES: dict[str, str] = {
    "cohortrequest": "asks how many persons take part",
    "cohortreply": "one noised count",
    "trainrequest": "model parameters, the same for all brands",
    "trainreply": "model parameters after private training, and a public weight",
    "evaluaterequest": "model parameters, the same for all brands",
    "measurerequest": "asks for the study's measurement",
    "cellsreply": "noised integer cells: the measurement, or score by label",
    "refusal": "a code, no text",
}
"""What each payload type of `hanse_federation.messages` holds, by its name without case."""


def traffic_rows(counts: Iterable[TrafficCount]) -> tuple[TrafficRow, ...]:
    """Add up what crossed, by direction and message type; to the brands first."""
    sums: dict[tuple[str, str], tuple[int, int, int]] = {}
    for count in counts:
        key = (count.direction, count.message_type)
        messages, payload, framed = sums.get(key, (0, 0, 0))
        sums[key] = (
            messages + count.messages,
            payload + count.payload_bytes,
            framed + count.framed_bytes,
        )
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] != "to-brand", *item[0]))
    return tuple(
        TrafficRow(direction, kind, carries(kind), *numbers)
        for (direction, kind), numbers in ordered
    )


def traffic_total(rows: Sequence[TrafficRow]) -> TrafficRow:
    """Add up all rows."""
    return TrafficRow(
        direction="",
        message_type="",
        carries="",
        messages=sum(row.messages for row in rows),
        payload_bytes=sum(row.payload_bytes for row in rows),
        framed_bytes=sum(row.framed_bytes for row in rows),
    )


def carries(message_type: str) -> str:
    """Say what a message type holds; a dash for one that is not known here."""
    name = message_type.rsplit(".", 1)[-1]
    return CARRIES.get("".join(c for c in name.lower() if c.isalnum()), "–")


def by_purpose(lines: Iterable[BudgetLine]) -> tuple[PurposeBudgets, ...]:
    """Group budget lines by purpose, in the order of the vocabulary."""
    kept = tuple(lines)
    groups = ((p, tuple(line for line in kept if line.purpose is p)) for p in Purpose)
    return tuple(PurposeBudgets(purpose, group) for purpose, group in groups if group)


def bars(
    lines: Iterable[BudgetLine], names: Mapping[BrandId, str]
) -> tuple[tuple[str, float, float], ...]:
    """Turn budget lines into bars: name in words or identifier, epsilon spent, epsilon allowed."""
    return tuple(
        (names.get(line.brand, line.brand), line.spent_epsilon, line.budget_epsilon)
        for line in lines
    )
