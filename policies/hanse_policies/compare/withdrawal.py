"""How the rules on ended consents compare: what a release may still be used for, and how long."""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.compare.fields import (
    FieldTable,
    lower_is_stricter,
    ordered,
    shown,
)
from hanse_policies.documents.withdrawal_rules import ModelConsequence
from hanse_policies.source import FieldPath


def compare_within(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare how long a release stays in use, where none given is without end."""
    if before is None and after is not None:
        yield FieldChange(path, Direction.TIGHTENS, shown(before), shown(after))
    elif before is not None and after is None:
        yield FieldChange(path, Direction.LOOSENS, shown(before), shown(after))
    else:
        yield from lower_is_stricter(path, before, after)


def compare_evidence(path: FieldPath, before: object, after: object) -> Iterator[FieldChange]:
    """Compare evidence: another is neither more nor less; that it comes or goes, its rule says."""
    if before != after:
        is_other = before is not None and after is not None
        direction = Direction.MIXED if is_other else Direction.TEXT
        yield FieldChange(path, direction, shown(before), shown(after))


CONSENT_END_RULE: FieldTable = {
    "consequence": ordered(
        ModelConsequence.KEEP_WITH_EVIDENCE, ModelConsequence.RETRAIN_BY, ModelConsequence.RETIRE
    ),
    "within_days": compare_within,
    "evidence": compare_evidence,
    "purge_within_days": lower_is_stricter,
}
