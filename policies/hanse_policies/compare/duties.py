"""Duties that a version comes to meet because less counts, or to miss because more does.

Most rules ask less of whoever asks for less. A few ask for evidence of all that counts, and
the less counts, the easier it is to show: with the notices gone that never asked separate
consent, joint use is asked for by every notice that is left; the later a version takes
effect, the more assessments are older. Such a change is `mixed`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hanse_policies.compare.direction import Direction, FieldChange
from hanse_policies.compare.fields import shown
from hanse_policies.documents.brand import BrandPolicy
from hanse_policies.rules.joint_use import asks_for_joint_use


def duty_changes(before: BrandPolicy, after: BrandPolicy) -> Iterator[FieldChange]:
    """List the fields by which one of two versions meets a duty that the other does not."""
    if _told(before) != _told(after):
        old, new = before.consent.notices, after.consent.notices
        yield FieldChange(("consent", "notices"), Direction.MIXED, shown(old), shown(new))
    if _is_assessed(before) != _is_assessed(after):
        report, newer = shown(before.assessment), shown(after.assessment)
        yield FieldChange(("assessment",), Direction.MIXED, report, newer)


def _is_assessed(policy: BrandPolicy) -> bool:
    """Tell whether the assessment is from before the policy takes effect."""
    return policy.assessment is not None and policy.assessment.dated <= policy.active_from


def _told(policy: BrandPolicy) -> frozenset[str]:
    """Collect whom every notice that counts names, and asks separate consent for."""
    common = policy.common_notice
    return common.recipients if common and asks_for_joint_use(policy) else frozenset()
