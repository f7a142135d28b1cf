"""Where a brand's data and consent register lie, and what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hanse_policies.documents.approval import ApprovalRules, Approver, check_approvers
from hanse_policies.documents.base import (
    ONE_LINE,
    ColumnName,
    Digest,
    Identifier,
    Jurisdiction,
    SemanticVersion,
    ShortText,
    StrictModel,
    fault_at,
)
from hanse_policies.documents.consent import AgeBand, ConsentBasis, ConsentField
from hanse_policies.documents.vocabulary import (
    ARITHMETIC,
    LABEL,
    WORDS,
    ColumnType,
    LocationPrecision,
    Pseudonym,
    Purpose,
    Sensitivity,
)
from hanse_policies.taxonomy.pins import TaxonomyPin

CategoryPath = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$", max_length=128)
]
"""A data category, general to particular: `user.behavior.purchase_history`."""


class SourceFormat(StrEnum):
    """What the embedded engine (DuckDB) reads."""

    PARQUET = "parquet"
    CSV = "csv"
    DUCKDB = "duckdb"


class TableSource(StrictModel):
    """A file beside the asset document; `table` names the table inside a DuckDB file."""

    format: SourceFormat
    path: Annotated[str, StringConstraints(min_length=1, max_length=500), ONE_LINE]
    """Relative to the folder of the asset document, or absolute."""
    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        if (self.table is not None) != (self.format is SourceFormat.DUCKDB):
            raise ValueError("table is needed for format duckdb and for no other")
        return self


class AssetColumn(StrictModel):
    """A column that studies may name, and what is known of it.

    What is left out counts as the worst: an identifier as plain, a location as exact.
    """

    name: ColumnName
    type: ColumnType
    description: ShortText
    category: CategoryPath
    sensitivity: Sensitivity
    retention_days: Annotated[int, Field(ge=1, le=36_500)]
    """How long the brand keeps a value."""
    pseudonym: Pseudonym | None = None
    """How an identifier was replaced."""
    precision: LocationPrecision | None = None
    """Of a location."""


class StatedBasis(StrictModel):
    """A basis that holds for every row of the register."""

    constant: ConsentBasis


class StatedNotice(StrictModel):
    """A version of the notice that every person of the register saw."""

    constant: ShortText


class StatedAgeBand(StrictModel):
    """An age band that holds for every person of the register."""

    constant: AgeBand


class StatedJurisdiction(StrictModel):
    """A jurisdiction that holds for every person of the register."""

    constant: Jurisdiction


class ConsentMapping(StrictModel):
    """How the brand's consent register maps to consent records, a row a person and purpose.

    Person, purpose and the four instants are mandatory: without any of them a
    withdrawal, an expiry or an old copy could pass for consent. Each further field
    is a column, or a constant where the register as a whole makes it true. What
    is neither is unknown, and denies wherever a study or policy asks for it.
    How rows are judged is told at `hanse_policies.documents.consent.standing_of`.
    """

    source: TableSource
    person: ColumnName
    purpose: ColumnName
    granted: ColumnName
    expires: ColumnName
    withdrawn: ColumnName
    synced: ColumnName
    """When the register was last brought up to date for this row."""
    purposes: dict[Purpose, ShortText] = Field(min_length=1)
    """The register's own word for each purpose."""
    invalidated: ColumnName | None = None
    """When it was found that the consent never counted."""
    fresh_until: ColumnName | None = None
    """Until when the record itself may be relied on."""
    ttl_hours: Annotated[int, Field(ge=1, le=87_600)] | None = None
    """How long after its sync any record may be relied on; the policy's age binds too."""
    basis: ColumnName | StatedBasis | None = None
    notice: ColumnName | StatedNotice | None = None
    age_band: ColumnName | StatedAgeBand | None = None
    guardian: ColumnName | None = None
    """A flag, true where a guardian consented; never a constant."""
    jurisdiction: ColumnName | StatedJurisdiction | None = None
    recipients: ColumnName | None = None
    """Who may receive: identifiers with single spaces between them."""
    origin: ColumnName | None = None
    """Where a record comes from; kept for the brand's own people, never judged."""

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        kinds = [set(self.instants), set(self.texts), set(self.flags)]
        if sum(map(len, kinds)) != len(set().union(*kinds)):
            raise ValueError("a column is an instant, a word or a flag, not two of them")
        return self

    @property
    def instants(self) -> tuple[str, ...]:
        """List the columns that hold instants, each once."""
        names = (self.granted, self.expires, self.withdrawn, self.synced)
        more = (self.invalidated, self.fresh_until)
        return tuple(dict.fromkeys((*names, *(name for name in more if name is not None))))

    @property
    def texts(self) -> tuple[str, ...]:
        """List the columns that hold words besides the person, each once."""
        more = (self.basis, self.notice, self.age_band, self.jurisdiction, self.recipients)
        return tuple(dict.fromkeys((self.purpose, *(n for n in more if isinstance(n, str)))))

    @property
    def flags(self) -> tuple[str, ...]:
        """List the columns that hold flags."""
        return () if self.guardian is None else (self.guardian,)

    @cached_property
    def told(self) -> frozenset[ConsentField]:
        """List what the register tells beyond purpose and instants."""
        return frozenset(f for f in ConsentField if getattr(self, f.value) is not None)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnKind:
    """What is stated of a column beside its name; one object for all columns of an asset alike.

    Attributes:
        category: What it holds.
        is_sensitive: Whether the asset states it as sensitive.
        pseudonym: How an identifier was replaced; None where that is not stated.
        precision: How narrowly it tells a place; None where that is not stated.
    """

    category: str
    is_sensitive: bool
    pseudonym: Pseudonym | None
    precision: LocationPrecision | None


@dataclass(frozen=True, slots=True)
class ColumnSets:
    """The names of an asset's columns, by what is stated of them.

    Attributes:
        every: All of them.
        sensitive: Those that are not stated to be ordinary.
        not_numbers: Those that cannot be reckoned with.
        not_words: Those whose words cannot be compared.
        not_labels: Those that a model cannot learn to tell.
        categories: No names, but what the columns hold: each category once.
    """

    every: frozenset[str]
    sensitive: frozenset[str]
    not_numbers: frozenset[str]
    not_words: frozenset[str]
    not_labels: frozenset[str]
    categories: frozenset[str]


class DataAsset(StrictModel):
    """One table of persons' data with the consent register that governs it."""

    kind: Literal["DataAsset"]
    id: Identifier
    version: SemanticVersion
    supersedes: Digest | None = None
    """The version before this one; None for the first."""
    brand: Identifier
    author: Identifier | None = None
    """Who wrote this version, as typed: no key proves it; never one who approves it."""
    approvers: tuple[Approver, ...] = Field(default=(), max_length=50)
    """Who may approve the next version."""
    approvals: ApprovalRules = ApprovalRules(loosen=0)
    """At least as many as the brand's policy takes, or the engine refuses."""
    taxonomy: TaxonomyPin
    """What the columns' categories are words of."""
    source: TableSource
    person: ColumnName
    columns: tuple[AssetColumn, ...] = Field(min_length=1, max_length=2000)
    max_rows_per_person: Annotated[int, Field(ge=1, le=10_000)]
    consent: ConsentMapping
    persons_at_most: Annotated[int, Field(ge=1, le=10_000_000_000)] | None = None
    """An upper bound, rounded up; never the true count."""
    renewed_every_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """After how many days all rows tell of new events."""

    @model_validator(mode="after")
    def _check_approvers(self) -> Self:
        check_approvers(self.approvers, self.approvals)
        if self.approvals.loosen and self.author is None:
            raise fault_at(
                ("approvals", "loosen"),
                "expected an author beside approvals, since nobody approves what they wrote, got "
                "none; add author",
            )
        return self

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        # A warehouse takes `Region` and `region` for one column.
        seen: set[str] = set()
        for index, column in enumerate(self.columns):
            place = ("columns", index, "name")
            if column.name.casefold() in seen:
                raise fault_at(place, "a column may be listed once only, whatever its case")
            if column.name == self.person:
                raise fault_at(place, "the person column is never a column that studies may name")
            seen.add(column.name.casefold())
        return self

    def column(self, name: str) -> AssetColumn | None:
        """Find a column by name, or None."""
        return self.columns_by_name.get(name)

    @cached_property
    def approver_keys(self) -> frozenset[str]:
        """The keys of those who may approve, derived once."""
        return frozenset(approver.key for approver in self.approvers)

    @cached_property
    def columns_by_name(self) -> Mapping[str, AssetColumn]:
        """The columns by name, derived once."""
        return {column.name: column for column in self.columns}

    @cached_property
    def column_kinds(self) -> Mapping[str, ColumnKind]:
        """What is stated of each column, by its name, derived once."""
        kinds: dict[tuple[object, ...], ColumnKind] = {}
        found = {}
        for column in self.columns:
            is_sensitive = column.sensitivity is Sensitivity.SENSITIVE
            stated = (column.category, is_sensitive, column.pseudonym, column.precision)
            found[column.name] = kinds.setdefault(stated, ColumnKind(*stated))
        return found

    @cached_property
    def names_by_kind(self) -> tuple[tuple[ColumnKind, frozenset[str]], ...]:
        """Each kind with the names of the columns that it is stated of, derived once."""
        names: dict[ColumnKind, list[str]] = {}
        for name, kind in self.column_kinds.items():
            names.setdefault(kind, []).append(name)
        return tuple((kind, frozenset(held)) for kind, held in names.items())

    @cached_property
    def column_sets(self) -> ColumnSets:
        """The columns as sets, derived once: a decision asks for them again and again."""

        def not_of(kinds: tuple[ColumnType, ...]) -> frozenset[str]:
            return frozenset(column.name for column in self.columns if column.type not in kinds)

        return ColumnSets(
            every=frozenset(self.columns_by_name),
            sensitive=frozenset(
                c.name for c in self.columns if c.sensitivity is not Sensitivity.ORDINARY
            ),
            not_numbers=not_of(ARITHMETIC),
            not_words=not_of(WORDS),
            not_labels=not_of(LABEL),
            categories=frozenset(column.category for column in self.columns),
        )
