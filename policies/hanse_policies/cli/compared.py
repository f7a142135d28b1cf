"""How `hanse policy diff` shows a comparison: lines for people, a record for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import hanse_policies

if TYPE_CHECKING:
    from hanse_policies.compare.comparison import Comparison
    from hanse_policies.compare.direction import FieldChange
    from hanse_policies.compare.replay import ReplayedStudy
    from hanse_policies.compare.witness import Witness
    from hanse_policies.facts import ApprovalState
    from hanse_policies.source import Source

COUNTED_WHERE = (
    "not counted here, since that takes the brand's data; the brand counts them on its own "
    "machine with hanse brand replay"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is shown of two versions.

    Attributes:
        comparison: What changed.
        approvals: How far the newer version is approved; None for what needs none ever.
        witnesses: Requests that show the change.
        replayed: Past studies under both versions.
        faults: What keeps the newer version from taking effect.
        assumed: What was taken for granted; empty for nothing.
        before: Where the older version is written.
        after: Where the newer one is.
    """

    comparison: Comparison
    approvals: ApprovalState | None
    witnesses: tuple[Witness, ...]
    replayed: tuple[ReplayedStudy, ...]
    faults: list[str]
    assumed: str
    before: Source
    after: Source

    def text(self) -> str:
        """Write it for people."""
        return "\n".join(self._lines())

    def record(self) -> dict[str, object]:
        """Write it as one JSON value."""
        comparison, expected = self.comparison, self.comparison.expected_version
        return {
            "kind": comparison.before.kind,
            "id": comparison.before.id,
            "before": hanse_policies.digest(comparison.before),
            "after": hanse_policies.digest(comparison.after),
            "direction": comparison.direction.value,
            "expected_version": None if expected is None else str(expected),
            "version": comparison.after.version,
            "changes": [
                {
                    "field": change.name,
                    "direction": change.direction.value,
                    "before": change.before,
                    "after": change.after,
                    "packs": change.read_by,
                    "source": self._place(change),
                }
                for change in comparison.changes
            ],
            "examples": [
                {
                    "newly": "allowed" if witness.is_newly_allowed else "refused",
                    "request": witness.describe(),
                }
                for witness in self.witnesses
            ],
            "replayed": [replayed_record(study) for study in self.replayed],
            "persons": COUNTED_WHERE if self.replayed else "",
            "approvals": _approvals_record(self.approvals),
            "faults": self.faults,
            "assumed": self.assumed,
        }

    def _lines(self) -> Iterator[str]:
        comparison, approvals = self.comparison, self.approvals
        document = comparison.before
        heading = "says the same" if comparison.is_same else comparison.direction.value
        versions = f"{document.version} -> {comparison.after.version}"
        yield f"{document.kind} {document.id} {versions}: {heading}"
        for change in comparison.changes:
            yield (
                f"  {change.direction:<8} {change.name}: {change.before} -> {change.after} "
                f"[{self._place(change)}]"
            )
            if change.read_by:
                yield f"           read by {', '.join(change.read_by)}"
        for witness in self.witnesses:
            what = "newly allowed" if witness.is_newly_allowed else "newly refused"
            yield f"  {what}: {witness.describe()}"
        for study in self.replayed:
            yield f"  study {study.study.id}: {replayed_text(study)}"
        if self.replayed:
            yield f"  persons: {COUNTED_WHERE}"
        if approvals is not None and approvals.needed:
            given = f" ({', '.join(approvals.roles)})" if approvals.roles else ""
            yield (f"  approvals: {len(approvals.roles)} of {roles_text(approvals.needed)}{given}")
        for fault in self.faults:
            yield f"  not yet: {fault}"
        if self.assumed:
            yield f"  assumed: {self.assumed}"

    def _place(self, change: FieldChange) -> str:
        return (self.before if change.is_gone else self.after).line_of(*change.path)


def _approvals_record(state: ApprovalState | None) -> dict[str, object] | None:
    if state is None:
        return None
    return {"needed": state.needed, "roles": state.roles, "refused_by": state.refused_by}


def roles_text(count: int) -> str:
    """Write a number of roles."""
    return f"{count} role" if count == 1 else f"{count} roles"


def replayed_text(study: ReplayedStudy) -> str:
    """Write for people what becomes of a study."""
    if not study.is_changed:
        return f"{study.after.verdict} as before"
    parts = [f"{study.before.verdict} -> {study.after.verdict}"]
    if study.after.denied_by:
        parts.append(f"refused by {', '.join(study.after.denied_by)}")
    if study.lost_columns:
        parts.append(f"no longer covers {', '.join(study.lost_columns)}")
    if study.gained_columns:
        parts.append(f"now covers {', '.join(study.gained_columns)}")
    if study.epsilon_before != study.epsilon_after:
        parts.append(f"epsilon {_epsilon(study.epsilon_before)} -> {_epsilon(study.epsilon_after)}")
    return "; ".join(parts)


def replayed_record(study: ReplayedStudy) -> dict[str, object]:
    """Write for programs what becomes of a study."""
    return {
        "study": study.study.id,
        "version": study.study.version,
        "before": study.before.verdict,
        "after": study.after.verdict,
        "denied_by": study.after.denied_by,
        "lost_columns": study.lost_columns,
        "gained_columns": study.gained_columns,
        "epsilon_before": study.epsilon_before,
        "epsilon_after": study.epsilon_after,
    }


def _epsilon(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
