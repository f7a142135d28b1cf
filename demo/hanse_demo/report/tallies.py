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
    "joinrequest": "the question; model parameters, the same for all brands, where it needs them",
    "joinreply": "a key for this sum and a seal over the answer, signed; no answer",
    "sharerequest": "who takes part, each by its own signature",
    "sharereply": "parts of this brand's secrets, each encrypted to one other brand",
    "maskrequest": "the parts that other brands encrypted to this one",
    "maskreply": "the noised answer under masks: evenly random numbers",
    "endorserequest": "whose masked answers are in the sum",
    "endorsereply": "a signature on that list",
    "unmaskrequest": "the signatures of the others on that list",
    "unmaskreply": "parts that take the masks off the sum and off nothing else",
    "refusal": "a code, no text",
}
"""What each message type that can cross holds, by its name without case; in their order."""

_PLACES = {name: place for place, name in enumerate(CARRIES)}


def traffic_rows(counts: Iterable[TrafficCount]) -> tuple[TrafficRow, ...]:
    """Add up what crossed, by direction and message type; to the brands first, step by step."""
    sums: dict[tuple[str, str], tuple[int, int, int]] = {}
    for count in counts:
        key = (count.direction, count.message_type)
        messages, payload, framed = sums.get(key, (0, 0, 0))
        sums[key] = (
            messages + count.messages,
            payload + count.payload_bytes,
            framed + count.framed_bytes,
        )
    ordered = sorted(sums.items(), key=lambda item: _place(*item[0]))
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
    return CARRIES.get(_name(message_type), "–")


def _name(message_type: str) -> str:
    name = message_type.rsplit(".", 1)[-1]
    return "".join(character for character in name.lower() if character.isalnum())


def _place(direction: str, message_type: str) -> tuple[bool, str, int, str]:
    """Order requests before replies, and the steps of the protocol as they are taken."""
    place = _PLACES.get(_name(message_type), len(_PLACES))
    return direction != "to-brand", direction, place, message_type


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
