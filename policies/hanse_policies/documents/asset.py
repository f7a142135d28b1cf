"""Where a brand's data and consent register lie, and what each column means."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hanse_policies.documents.base import (
    ColumnName,
    Digest,
    Identifier,
    SemanticVersion,
    ShortText,
    StrictModel,
)
from hanse_policies.documents.vocabulary import (
    ColumnType,
    LocationPrecision,
    Pseudonym,
    Purpose,
    Sensitivity,
)

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
    path: Annotated[str, StringConstraints(min_length=1, max_length=500)]
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


class ConsentMapping(StrictModel):
    """How the brand's consent register maps to consent records, a row a person and purpose.

    Consent counts at instant `now` when granted <= now, now < expires (or it is
    null), withdrawn is null or > now, and synced is at most the policy's age ago.
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
    age_band: ColumnName | None = None
    """How old a person is, as far as rules on minors need it."""


class DataAsset(StrictModel):
    """One table of persons' data with the consent register that governs it."""

    kind: Literal["DataAsset"]
    id: Identifier
    version: SemanticVersion
    supersedes: Digest | None = None
    """The version before this one; None for the first."""
    brand: Identifier
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
    def _check_columns(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column may be listed once only")
        if self.person in names:
            raise ValueError("the person column is never a column that studies may name")
        return self

    def column(self, name: str) -> AssetColumn | None:
        """Find a column by name, or None."""
        return next((c for c in self.columns if c.name == name), None)
