"""Compare two versions of a document: every change, which way it goes, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hanse_policies.canonical import digest
from hanse_policies.compare.direction import Direction, FieldChange, joint
from hanse_policies.compare.duties import duty_changes
from hanse_policies.compare.fields import FieldTable, compare_fields
from hanse_policies.compare.tables import ALLIANCE_CHARTER, BRAND_POLICY, DATA_ASSET
from hanse_policies.documents import AllianceCharter, BrandPolicy, DataAsset, StrictModel
from hanse_policies.errors import ComparisonError
from hanse_policies.versions import VersionNumber

TABLES: Mapping[type[StrictModel], FieldTable] = {
    AllianceCharter: ALLIANCE_CHARTER,
    BrandPolicy: BRAND_POLICY,
    DataAsset: DATA_ASSET,
}
Comparable = AllianceCharter | BrandPolicy | DataAsset


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a document, and what lies between them.

    Attributes:
        before: The older version.
        after: The newer one.
        changes: Each field that changed, in the order of the document.
        direction: What all changes do together.
    """

    before: Comparable
    after: Comparable
    changes: tuple[FieldChange, ...]
    direction: Direction

    @property
    def is_same(self) -> bool:
        """Whether the two say exactly the same."""
        return digest(self.before) == digest(self.after)

    @property
    def expected_version(self) -> VersionNumber | None:
        """The version that announces the change; None for a charter, which counts enrolments."""
        if isinstance(self.before, AllianceCharter):
            return None
        return VersionNumber.of(self.before.version).after(self.direction.step)

    @property
    def is_version_right(self) -> bool:
        """Whether the newer version's number announces the change as what it is."""
        if isinstance(self.before, AllianceCharter) or isinstance(self.after, AllianceCharter):
            return True
        step = VersionNumber.of(self.before.version).step_to(VersionNumber.of(self.after.version))
        return step is self.direction.step

    @property
    def names_predecessor(self) -> bool:
        """Whether the newer version names the older one as what it supersedes."""
        if isinstance(self.after, AllianceCharter):
            return True
        return self.after.supersedes == digest(self.before)


def compare_versions(before: Comparable, after: Comparable) -> Comparison:
    """Compare two versions of one document.

    Args:
        before: The version in effect.
        after: The version that is to replace it.

    Raises:
        ComparisonError: They are of different kinds, or of different parties.
    """
    if type(before) is not type(after):
        raise ComparisonError(
            f"expected two versions of one document, got a {before.kind} and a {after.kind}"
        )
    if before.id != after.id:
        raise ComparisonError(
            f"expected two versions of {before.kind} {before.id}, got one of {after.id}; "
            "compare a document with its own older version"
        )
    changes = tuple(compare_fields(TABLES[type(before)], (), before, after))
    if isinstance(before, BrandPolicy) and isinstance(after, BrandPolicy):
        met = tuple(duty_changes(before, after))
        places = {change.path for change in met}
        changes = (*(change for change in changes if change.path not in places), *met)
    return Comparison(before, after, changes, joint(changes))
