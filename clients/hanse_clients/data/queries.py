"""The few queries that a source runs, as data, and what turns them into SQL text.

Rules: these are all the queries there are; a source asks a compiler for the
text of one and runs that text. A query is data, so it can be compiled in this
process (`compiler.InProcessCompiler`) or in another (`compiler_process`), where
this one must stay small: the compiler's libraries take 30 MB.
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, Field, TypeAdapter

from hanse_clients.data.view import MinimalView
from hanse_policies.documents import AudienceHistogram, DataAsset, StrictModel

ROWS_TABLE = "brand_rows"
CONSENT_TABLE = "brand_consent"
PERSON = "hanse_person"
ROW = "hanse_row"
HOLDOUT = "hanse_holdout"


def unreadable_name(column: str) -> str:
    """Name the canonical column that tells whether a stored value did not fit its type."""
    return f"hanse_unreadable_{column}"


def fault_name(number: int) -> str:
    """Name the column that tells whether the fault of that number is there."""
    return f"hanse_fault_{number}"


class RowsQuery(StrictModel):
    """The view itself."""

    query: Literal["rows"] = "rows"
    view: MinimalView


class PersonsQuery(StrictModel):
    """How many persons are in a view: one number."""

    query: Literal["persons"] = "persons"
    view: MinimalView


class FaultsQuery(StrictModel):
    """Which of the view's `possible_faults` there are: one row of booleans, in their order."""

    query: Literal["faults"] = "faults"
    view: MinimalView


class CellsQuery(StrictModel):
    """How many persons of a view are in each cell of a measurement: pairs of numbers."""

    query: Literal["cells"] = "cells"
    view: MinimalView
    computation: AudienceHistogram


class NextChangeQuery(StrictModel):
    """When any consent for the view's purpose may next change: instants or nulls."""

    query: Literal["next-change"] = "next-change"
    view: MinimalView


class LastSyncQuery(StrictModel):
    """When the consent register was last synced, at or before `now`: an instant or null."""

    query: Literal["last-sync"] = "last-sync"
    asset: DataAsset
    now: AwareDatetime


class TaintedQuery(StrictModel):
    """How many persons have an invalidated consent: a true number, for the brand's own people."""

    query: Literal["tainted"] = "tainted"
    view: MinimalView


class EndedConsentsQuery(StrictModel):
    """How many persons' consents ended that were used: true numbers, for the brand's own people.

    One row: `invalidated`, `withdrawn`, `unreadable` (see `ended_expression`).
    """

    query: Literal["ended-consents"] = "ended-consents"
    asset: DataAsset
    purpose_word: str
    used: Annotated[tuple[AwareDatetime, ...], Field(min_length=1, max_length=10_000)]
    now: AwareDatetime


SqlQuery = (
    RowsQuery
    | PersonsQuery
    | FaultsQuery
    | CellsQuery
    | NextChangeQuery
    | LastSyncQuery
    | TaintedQuery
    | EndedConsentsQuery
)
QUERIES: TypeAdapter[SqlQuery] = TypeAdapter(Annotated[SqlQuery, Field(discriminator="query")])


class CompiledSql(StrictModel):
    """The text of a query, in DuckDB's SQL."""

    sql: str


class SqlCompiler(Protocol):
    """Turns queries into SQL text; the same query gives the same text."""

    def compile(self, query: SqlQuery) -> str:
        """Return the text of a query in DuckDB's SQL."""
        ...
