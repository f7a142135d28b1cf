"""What a legal pack's questions are asked about, laid out once a decision.

What is not known stands here as None: a column that the asset does not list, a permit
that there is none of, a recipient whom the charter does not place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DataAsset,
    FlowLabel,
    LocationPrecision,
    Notice,
    Permit,
    Pseudonym,
    ReleaseForm,
    Sensitivity,
    Study,
)

ALL_MEMBERS: Final = "members"
"""The recipient that stands for every member."""
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What questions look at of a column; columns with the same profile are asked about once.

    Attributes:
        category: What it holds.
        is_sensitive: Whether the asset states it as sensitive.
        pseudonym: How an identifier was replaced; None where that is not stated.
        precision: How narrowly it tells a place; None where that is not stated.
        is_excused: Whether the permit names it as sensitive.
    """

    category: str
    is_sensitive: bool
    pseudonym: Pseudonym | None
    precision: LocationPrecision | None
    is_excused: bool


@dataclass(frozen=True, slots=True)
class LegalFacts:
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
        columns: The profiles of the columns that the study reads, each once; None for a
            column that the asset does not list.
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
    columns: tuple[ColumnProfile | None, ...]
    are_permitted: bool | None
    places: tuple[str | None, ...]

    @property
    def notice(self) -> Notice | None:
        """The newest notice; None for none."""
        return self.policy.notices[-1] if self.policy.notices else None


def profiles_of(
    read: tuple[str, ...], asset: DataAsset, permit: Permit | None
) -> tuple[ColumnProfile | None, ...]:
    """Tell what the columns that a study reads are like, each profile once.

    Args:
        read: The names of the columns.
        asset: The description of the data; None stands for a column that it does not list.
        permit: Names the columns that may be read though they are sensitive.
    """
    known = {column.name: column for column in asset.columns}
    permitted = () if permit is None else permit.columns
    excused = {column.name for column in permitted if column.sensitive}
    found: dict[tuple[object, ...], ColumnProfile | None] = {}
    for name in read:
        column = known.get(name)
        if column is None:
            found[()] = None
            continue
        is_sensitive, is_excused = column.sensitivity is Sensitivity.SENSITIVE, name in excused
        # Members of an enumeration are slow to hash, and their names are not.
        pseudonym = column.pseudonym and column.pseudonym.name
        precision = column.precision and column.precision.name
        key = (column.category, is_sensitive, pseudonym, precision, is_excused)
        if key not in found:
            found[key] = ColumnProfile(
                column.category, is_sensitive, column.pseudonym, column.precision, is_excused
            )
    return tuple(found.values())


def places_of(study: Study, charter: AllianceCharter) -> tuple[str | None, ...]:
    """Say where the operator and the recipients stand, each place once.

    The operator sums what brands send, so it takes part in every study.
    """
    return tuple(dict.fromkeys(_places(study, charter)))


def _places(study: Study, charter: AllianceCharter) -> Iterator[str | None]:
    yield charter.operator.jurisdiction
    members = {member.brand: member.jurisdiction for member in charter.members}
    for name in study.recipients:
        if name == ALL_MEMBERS:
            yield from members.values()
        elif name != OPERATOR:
            yield members.get(name)
