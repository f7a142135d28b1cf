"""Compare two versions of a document: every change, which way it goes, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hanse_policies.canonical import digest
from hanse_policies.compare.direction import Direction, FieldChange, joint
from hanse_policies.compare.duties import duty_changes
from hanse_policies.compare.fields import FieldTable, compare_fields
from hanse_policies.compare.pack_effects import PackEffect, PacksInPlay, pack_effects
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
ONLY_OWN_PACKS = PacksInPlay()
"""Nothing else pins a pack, and of what the versions pin themselves nothing is known."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a document, and what lies between them.

    Attributes:
        before: The older version.
        after: The newer one.
        changes: Each field that changed, in the order of the document.
        direction: What all changes do together, under the legal packs in play.
        without_packs: What they do where no pack is asked.
    """

    before: Comparable
    after: Comparable
    changes: tuple[FieldChange, ...]
    direction: Direction
    without_packs: Direction

    @property
    def is_same(self) -> bool:
        """Whether the two say exactly the same."""
        return digest(self.before) == digest(self.after)

    @property
    def expected_version(self) -> VersionNumber | None:
        """The version that announces the change; None for a charter, where any higher one does."""
        if isinstance(self.before, AllianceCharter):
            return None
        return VersionNumber.of(self.before.version).after(self.direction.step)

    @property
    def is_version_right(self) -> bool:
        """Whether the newer version's number announces the change as what it is."""
        if isinstance(self.before, AllianceCharter) or isinstance(self.after, AllianceCharter):
            # It counts enrolments; brands follow the highest, so a rise is all it can say.
            return int(self.after.version) > int(self.before.version)
        step = VersionNumber.of(self.before.version).step_to(VersionNumber.of(self.after.version))
        return step is self.direction.step

    @property
    def names_predecessor(self) -> bool:
        """Whether the newer version names the older one as what it supersedes."""
        if isinstance(self.after, AllianceCharter):
            return True
        return self.after.supersedes == digest(self.before)


def compare_versions(
    before: Comparable, after: Comparable, packs: PacksInPlay = ONLY_OWN_PACKS
) -> Comparison:
    """Compare two versions of one document.

    Args:
        before: The version in effect.
        after: The version that is to replace it.
        packs: The legal packs that judge beside them. A change that moves an answer of
            theirs is called by what it does to that, too.

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
    plain = tuple(compare_fields(TABLES[type(before)], (), before, after))
    if isinstance(before, BrandPolicy) and isinstance(after, BrandPolicy):
        met = tuple(duty_changes(before, after))
        places = {change.path for change in met}
        plain = (*(change for change in plain if change.path not in places), *met)
    changes = _with_packs(plain, pack_effects(before, after, packs))
    return Comparison(before, after, changes, joint(changes), joint(plain))


def _with_packs(
    changes: tuple[FieldChange, ...], effects: tuple[PackEffect, ...]
) -> tuple[FieldChange, ...]:
    """Join to each change what it does to the packs; what no change accounts for stands alone.

    That is the order of permits, which decides which of two a study is judged by.
    """
    joined = []
    for change in changes:
        read = [effect for effect in effects if _is_of(effect, change)]
        direction = change.direction
        for effect in read:
            direction = direction.joined(effect.direction)
        readers = tuple(dict.fromkeys(effect.reader for effect in read))
        joined.append(replace(change, direction=direction, read_by=readers))
    alone: dict[str, FieldChange] = {}
    for effect in effects:
        if any(_is_of(effect, change) for change in changes):
            continue
        held = alone.get(effect.place)
        direction = effect.direction if held is None else held.direction.joined(effect.direction)
        readers = (*(() if held is None else held.read_by), effect.reader)
        path = tuple(effect.place.split("."))
        alone[effect.place] = FieldChange(
            path, direction, "as before", "in another order", read_by=tuple(dict.fromkeys(readers))
        )
    return (*joined, *alone.values())


def _is_of(effect: PackEffect, change: FieldChange) -> bool:
    """Tell whether a change is of the field that an effect names, of a part or of the whole."""
    path = [step for step in change.path if isinstance(step, str)]
    place = effect.place.split(".")
    length = min(len(path), len(place))
    return path[:length] == place[:length]
