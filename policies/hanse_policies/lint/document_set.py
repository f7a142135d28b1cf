"""The documents that are linted together, and how they find each other.

Rules: documents belong together by what they name themselves: a policy its alliance, a
permit its asset, a study its purpose. A version that another version of the set
supersedes is there to be compared with and is not linted itself. What a document names
and the set does not hold is not known, and a lint says so only where that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AllianceCharter,
    Approval,
    AssetColumn,
    BrandPolicy,
    DataAsset,
    Member,
    Permit,
    StrictModel,
    Study,
)
from hanse_policies.lint.finding import Place
from hanse_policies.source import Position, Source

T_co = TypeVar("T_co", bound=StrictModel, covariant=True)
T = TypeVar("T", bound=StrictModel)

START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Linted(Generic[T_co]):
    """A document, the file that it stands in, and the places of its fields."""

    document: T_co
    file: str
    source: Source

    def place(self, *path: str | int) -> Place:
        """Name the place of a field, or of the nearest one above that was written."""
        return Place(self.file, self.source.position_of(*path) or START)


@dataclass(frozen=True)
class DocumentSet:
    """All documents of one linting.

    Attributes:
        documents: Each with its file, in the order given.
    """

    documents: tuple[Linted[StrictModel], ...]

    @cached_property
    def charters(self) -> tuple[Linted[AllianceCharter], ...]:
        """The charters."""
        return self._of(AllianceCharter)

    @cached_property
    def policies(self) -> tuple[Linted[BrandPolicy], ...]:
        """The policies, without those that another one supersedes."""
        return self._newest(self._of(BrandPolicy))

    @cached_property
    def assets(self) -> tuple[Linted[DataAsset], ...]:
        """The assets, without those that another one supersedes."""
        return self._newest(self._of(DataAsset))

    @cached_property
    def studies(self) -> tuple[Linted[Study], ...]:
        """The studies."""
        return self._of(Study)

    @cached_property
    def approvals(self) -> tuple[Linted[Approval], ...]:
        """The approvals."""
        return self._of(Approval)

    def charter_of(self, alliance: str) -> Linted[AllianceCharter] | None:
        """Find an alliance's charter, or None."""
        return next((c for c in self.charters if c.document.id == alliance), None)

    def member_of(self, policy: BrandPolicy) -> Member | None:
        """Find what the charter says of a policy's brand, or None."""
        charter = self.charter_of(policy.alliance)
        members = () if charter is None else charter.document.members
        return next((m for m in members if m.brand == policy.brand), None)

    def asset_of(self, policy: BrandPolicy, permit: Permit) -> Linted[DataAsset] | None:
        """Find the asset that a permit is for, or None."""
        return next((a for a in self.assets_of(policy) if a.document.id == permit.asset), None)

    def columns_of(self, policy: BrandPolicy, permit: Permit) -> Mapping[str, AssetColumn]:
        """Return the columns of a permit's asset by name; none where the set has no such asset."""
        asset = self.asset_of(policy, permit)
        return {} if asset is None else {column.name: column for column in asset.document.columns}

    def assets_of(self, policy: BrandPolicy) -> tuple[Linted[DataAsset], ...]:
        """List the assets of a policy's brand."""
        return tuple(a for a in self.assets if a.document.brand == policy.brand)

    def policies_of(self, study: Study) -> tuple[Linted[BrandPolicy], ...]:
        """List the policies that decide on a study."""
        return tuple(p for p in self.policies if p.document.alliance == study.alliance)

    def studies_of(self, policy: BrandPolicy, permit: Permit) -> tuple[Linted[Study], ...]:
        """List the studies that a permit is meant for: of its purpose and its asset."""
        meant = (policy.alliance, permit.purpose, permit.asset)
        return tuple(
            s
            for s in self.studies
            if (s.document.alliance, s.document.purpose, s.document.asset) == meant
        )

    def permits(self) -> Iterator[tuple[Linted[BrandPolicy], int, Permit]]:
        """List every permit with its policy and its index there."""
        for policy in self.policies:
            for index, permit in enumerate(policy.document.permits):
                yield policy, index, permit

    def predecessor_of(self, policy: BrandPolicy) -> BrandPolicy | None:
        """Find the version that a policy supersedes, or None."""
        if policy.supersedes is None:
            return None
        versions = (linted.document for linted in self._of(BrandPolicy))
        return next((v for v in versions if digest(v) == policy.supersedes), None)

    def _of(self, model: type[T]) -> tuple[Linted[T], ...]:
        return tuple(
            Linted(linted.document, linted.file, linted.source)
            for linted in self.documents
            if isinstance(linted.document, model)
        )

    def _newest(self, versions: Sequence[Linted[T]]) -> tuple[Linted[T], ...]:
        replaced = {getattr(version.document, "supersedes", None) for version in versions}
        if replaced <= {None}:
            return tuple(versions)
        return tuple(v for v in versions if digest(v.document) not in replaced)
