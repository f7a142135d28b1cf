"""A brand's data in files, read by an embedded DuckDB in this process, by any compiler.

Rules: every question opens the files anew, judges consent at the view's `now`,
and is refused when a file changed while it was read. Rows of a training view
are kept between questions only as long as they must be the same: the files are
unchanged and no consent for the purpose begins, ends or goes stale before the
new `now`; so a withdrawal, an expiry and a new file all count at the very next
question. Every statement
comes from the compiler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from hanse_clients.data.fingerprint import data_version
from hanse_clients.data.queries import (
    CellsQuery,
    LastSyncQuery,
    NextChangeQuery,
    PersonsQuery,
    RowsQuery,
    SeveralRowsQuery,
    SqlCompiler,
    SqlQuery,
)
from hanse_clients.data.source import (
    Column,
    MeasuredCell,
    MeasuredCells,
    PersonCount,
    ScoringRows,
    TrainingRows,
    WarehouseLimits,
)
from hanse_clients.data.tables import open_tables
from hanse_clients.data.training_rows import scoring_rows, training_rows
from hanse_clients.data.view import MinimalView, ViewUse
from hanse_clients.errors import (
    ColumnUseError,
    SeveralRowsPerPersonError,
    SourceChangedError,
    UnreadableValueError,
    WarehouseLimitError,
)
from hanse_policies.documents import AudienceHistogram, ConsentState, DataAsset


@dataclass(frozen=True, slots=True)
class _KeptRows:
    """Rows read at `view.now`, the same until `unchanged_until` (None: for good)."""

    view: MinimalView
    unchanged_until: datetime | None
    rows: TrainingRows

    def serve(self, view: MinimalView, version: str) -> bool:
        """Tell whether reading `view` now would give these very rows."""
        return (
            self.rows.version == version
            and self.view.now <= view.now
            and (self.unchanged_until is None or view.now < self.unchanged_until)
            and self.view.is_same_but_for_time(view)
        )


class FileSource:
    """The data source of one asset; see `DataSource` for what each method promises."""

    def __init__(
        self,
        asset: DataAsset,
        folder: Path,
        compiler: SqlCompiler,
        limits: WarehouseLimits | None = None,
    ) -> None:
        """Remember where the files lie; nothing is opened.

        Args:
            asset: What is stored where, and as what.
            folder: The folder of the asset document.
            compiler: Writes the SQL text.
            limits: What the engine may use.
        """
        self._asset = asset
        self._folder = folder
        self._compiler = compiler
        self._limits = limits or WarehouseLimits()
        self._kept: _KeptRows | None = None

    def check(self) -> None:
        """Compare the stored tables with the asset document; read the schema only."""
        with open_tables(self._asset, self._folder, self._limits):
            pass

    def version(self) -> str:
        """Digest the identity of the data and consent files as they are now."""
        return data_version(self._asset, self._folder)

    def consent_state(self, now: datetime) -> ConsentState:
        """Describe the consent register as a whole at `now`.

        The purposes are those of the asset document, whether or not any row
        records them: which do must not depend on a single person.
        """
        with self._question() as engine:
            ((synced,),) = engine.run(LastSyncQuery(asset=self._asset, now=now))
        return ConsentState(_aware(synced), frozenset(self._asset.consent.purposes))

    def persons(self, view: MinimalView) -> PersonCount:
        """Count the persons in a view."""
        self._check_view(view)
        with self._question() as engine:
            ((count,),) = engine.run(PersonsQuery(view=view))
            return PersonCount(count, engine.version)

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        """Count the persons in each cell of a measurement."""
        self._check_view(view)
        with self._question() as engine:
            found = sorted(engine.run(CellsQuery(view=view, computation=computation)))
            cells = tuple(MeasuredCell(cell, persons) for cell, persons in found)
            return MeasuredCells(cells, engine.version)

    def persons_with_several_rows(self, view: MinimalView) -> bool:
        """Tell whether any person in the view has more than one row to choose from."""
        self._check_view(view)
        with self._question() as engine:
            return _has_several_rows(engine, view)

    def rows(self, view: MinimalView) -> TrainingRows:
        """Read a training view, or give out the kept rows while they must be the same.

        Raises:
            SeveralRowsPerPersonError: A person has more than one row.
            UnusableDataError: Another of its kinds (see `training_rows`).
        """
        self._check_view(view, ViewUse.TRAINING)
        kept = self._kept
        if kept is not None and kept.serve(view, self.version()):
            return kept.rows
        self._kept = None
        with self._question() as engine:
            _refuse_several_rows(engine, view)
            unchanged_until = _next_change(engine, view)
            fetched = engine.columns(RowsQuery(view=view))
            rows = training_rows(view, fetched, engine.version)
        self._kept = _KeptRows(view, unchanged_until, rows)
        return rows

    def scoring_rows(self, view: MinimalView) -> ScoringRows:
        """Read a scoring view.

        Raises:
            SeveralRowsPerPersonError: A person has more than one row.
            EmptyCohortError: There is no consenting person.
        """
        self._check_view(view, ViewUse.SCORING)
        with self._question() as engine:
            _refuse_several_rows(engine, view)
            fetched = engine.columns(RowsQuery(view=view))
            return scoring_rows(view, fetched)

    def _check_view(self, view: MinimalView, use: ViewUse | None = None) -> None:
        if view.asset != self._asset or (use is not None and view.use is not use):
            raise ColumnUseError(
                f"expected a view of asset {self._asset.id} version {self._asset.version}"
                f"{'' if use is None else f' for {use}'}, got one of {view.asset.id} version "
                f"{view.asset.version} for {view.use}; make the view from this asset"
            )

    @contextmanager
    def _question(self) -> Iterator[_Engine]:
        """Open the tables for one question; translate what the engine says of values."""
        version = self.version()
        with open_tables(self._asset, self._folder, self._limits) as connection:
            try:
                yield _Engine(connection, self._compiler, version)
            except duckdb.OutOfMemoryException:
                raise WarehouseLimitError(
                    f"expected the question to fit in {self._limits.memory_mb} MiB, got more; "
                    "raise the memory limit of the data source"
                ) from None
            except duckdb.Error as error:
                raise UnreadableValueError(
                    f"expected every value of asset {self._asset.id} and its consent register to "
                    f"fit its declared type, got one that does not ({type(error).__name__}); "
                    "clean the table or correct the asset document"
                ) from None
        if self.version() != version:
            raise SourceChangedError(
                f"expected the files of asset {self._asset.id} to stay as they are while they "
                "are read, got a change; ask again"
            )


@dataclass(frozen=True, slots=True)
class _Engine:
    """The open tables, what writes their SQL, and the version of the files behind them."""

    connection: duckdb.DuckDBPyConnection
    compiler: SqlCompiler
    version: str

    def run(self, query: SqlQuery) -> list[Any]:
        """Run a query and fetch its rows."""
        return self.connection.execute(self.compiler.compile(query)).fetchall()

    def columns(self, query: SqlQuery) -> Mapping[str, Column]:
        """Run a query and fetch its columns."""
        return self.connection.execute(self.compiler.compile(query)).fetchnumpy()


def _aware(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)


def _has_several_rows(engine: _Engine, view: MinimalView) -> bool:
    ((persons,),) = engine.run(SeveralRowsQuery(view=view))
    return bool(persons)


def _refuse_several_rows(engine: _Engine, view: MinimalView) -> None:
    if _has_several_rows(engine, view):
        raise SeveralRowsPerPersonError(
            f"expected one row a person in asset {view.asset.id}, got several for some; "
            "aggregate the table to one row a person"
        )


def _next_change(engine: _Engine, view: MinimalView) -> datetime | None:
    """Find until when the consent register says the same as at the view's `now`."""
    ((*changes, stale),) = engine.run(NextChangeQuery(view=view))
    if stale is not None:
        changes.append(stale + timedelta(hours=view.consent_max_age_hours))
    return _aware(min((change for change in changes if change is not None), default=None))
