"""What a newer charter changes beyond who belongs to the alliance, and a brand has to accept.

Rules: who is a member, with which keys and where, the operator says alone, since each
enrolment and each expulsion is a version. All else that may let more through needs a
person at each brand; what only tightens is followed at once. It is the same whatever
versions lie between the two: a chain of changes that a brand follows is one that it
follows as a whole. A brand's own policy can pin any pack, so a change counts as if one
that reads every field judged beside it: what is called tightening here is so with every
pack.
"""

from __future__ import annotations

from typing import Final

from hanse_policies.compare.comparison import compare_versions
from hanse_policies.compare.direction import FieldChange
from hanse_policies.compare.pack_effects import PacksInPlay
from hanse_policies.documents import AllianceCharter, PackPin

_READS_EVERYTHING: Final = PacksInPlay((PackPin(id="any", version="0.0.0", digest="0" * 64),))
"""A pin whose words are at hand nowhere, which counts as moved by all that packs read."""


def changes_to_accept(before: AllianceCharter, after: AllianceCharter) -> tuple[FieldChange, ...]:
    """List the changes that a person at each brand has to accept; none for what is followed.

    Args:
        before: The charter that a brand follows.
        after: A newer one of the same alliance.

    Raises:
        ComparisonError: They are of two alliances.
    """
    # With the same members on both sides, what is left is the rest of the charter.
    same_members = after.model_copy(update={"members": before.members})
    compared = compare_versions(before, same_members, _READS_EVERYTHING)
    return tuple(change for change in compared.changes if change.direction.may_loosen)
