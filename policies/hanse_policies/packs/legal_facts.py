"""What a legal pack's questions are asked about, laid out once a decision.

What is not known stands here as None: a column that the asset does not list, a permit
that there is none of, a recipient whom the charter does not place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from hanse_policies.documents import (
    AllianceCharter,
    BrandId,
    BrandPolicy,
    DataAsset,
    FlowLabel,
    Permit,
    ReleaseForm,
    Study,
)
from hanse_policies.documents.asset import ColumnKind

ALL_MEMBERS: Final = "members"
"""The recipient that stands for every member."""
OPERATOR: Final = "operator"
_ALL: Final = (ALL_MEMBERS,)


class ColumnsRead(NamedTuple):
    """What is stated of the columns that a study reads.

    Attributes:
        kinds: What is stated of each, every kind once; None for a column not listed.
        categories: What they hold; None for a column that the asset does not list.
        ordinary_categories: The same, of those that are not stated as sensitive.
        has_sensitive: Whether any is stated as sensitive.
    """

    kinds: tuple[ColumnKind | None, ...]
    categories: frozenset[str | None]
    ordinary_categories: frozenset[str | None]
    has_sensitive: bool


class LegalFacts(NamedTuple):
    """The facts of one decision as legal packs see them.

    Attributes:
        study: What is proposed.
        charter: The charter in force.
        policy: The brand's policy.
        asset: The description of the data.
        permit: The permit that the study is judged by; None for none.
        flow: How well what leaves the brand is protected.
        form: What comes out.
        is_charter_signed: Whether the charter is signed by its operator.
        now: The instant to decide for, with time zone.
        read: The columns that the study reads.
        unexcused: Those of them that the permit does not name as sensitive; None without a
            permit.
        are_permitted: Whether the permit covers all these columns; None without a permit.
        places: Where the operator and the recipients stand; None for one not known.
    """

    study: Study
    charter: AllianceCharter
    policy: BrandPolicy
    asset: DataAsset
    permit: Permit | None
    flow: FlowLabel
    form: ReleaseForm
    is_charter_signed: bool
    now: datetime
    read: ColumnsRead
    unexcused: ColumnsRead | None
    are_permitted: bool | None
    places: tuple[str | None, ...]


def columns_read(names: frozenset[str], asset: DataAsset) -> ColumnsRead:
    """Lay out what is stated of some columns.

    Args:
        names: Of the columns.
        asset: Describes them, or not.
    """
    kinds: list[ColumnKind | None] = [
        kind for kind, held in asset.names_by_kind if not held.isdisjoint(names)
    ]
    if not names <= asset.column_sets.every:
        kinds.append(None)
    ordinary = [kind for kind in kinds if kind is None or not kind.is_sensitive]
    return ColumnsRead(
        tuple(kinds), _categories(kinds), _categories(ordinary), len(ordinary) < len(kinds)
    )


def _categories(kinds: list[ColumnKind | None]) -> frozenset[str | None]:
    return frozenset([None if kind is None else kind.category for kind in kinds])


def columns_unexcused(
    read: ColumnsRead, names: frozenset[str], asset: DataAsset, permit: Permit
) -> ColumnsRead:
    """Lay out those that the permit does not name as sensitive.

    Args:
        read: All that are read.
        names: Their names.
        asset: Describes them; one that it does not list is excused by nobody.
        permit: Names the columns that may be read though they are sensitive.
    """
    there = asset.column_sets
    excused = permit.excused & names & there.every
    if not excused:
        return read
    if excused == there.sensitive & names:
        left = tuple([kind for kind in read.kinds if kind is None or not kind.is_sensitive])
        ordinary = read.ordinary_categories
        return ColumnsRead(left, ordinary, ordinary, has_sensitive=False)
    return columns_read(names - excused, asset)


def places_of(study: Study, charter: AllianceCharter) -> tuple[str | None, ...]:
    """Say where the operator and the recipients stand, each place once.

    The operator sums what brands send, so it takes part in every study.
    """
    if study.recipients == _ALL:
        return charter.all_places
    places = [charter.operator.jurisdiction]
    for name in study.recipients:
        if name == ALL_MEMBERS:
            places += charter.member_places
        elif name != OPERATOR:
            member = charter.member(BrandId(name))
            places.append(charter.place_of(name) if member is None else member.jurisdiction)
    return tuple(dict.fromkeys(places))
