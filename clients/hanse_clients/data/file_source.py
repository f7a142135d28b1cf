"""A brand's data in files, read by an embedded DuckDB in this process, by any compiler.

Rules: every question opens the files anew, judges consent at the view's `now`,
and is asked once more when a file changed while it was read, then refused. Rows of a training view
are kept between questions only as long as they must be the same: the files are
unchanged and no consent for the purpose begins, ends or goes stale before the
new `now`; so a withdrawal, an expiry and a new file all count at the very next
question. Every statement comes from the compiler.

No row refuses a question of a measurement or a training: what the rows hold
that cannot be used leaves its person out. What the engine itself refuses, for
want of memory or for a file that it cannot decode, depends on the size of the
tables and on the files as a whole; it is the same for any filter of a study, so
it cannot be aimed at a person. It sends the one code `data-not-usable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from hanse_clients.data.fingerprint import data_version
from hanse_clients.data.queries import (
    CellsQuery,
    EndedConsentsQuery,
    FaultsQuery,
    LastSyncQuery,
    NextChangeQuery,
    PersonsQuery,
    RowsQuery,
    SqlCompiler,
    SqlQuery,
)
from hanse_clients.data.row_faults import RowFault, possible_faults, several_rows
from hanse_clients.data.source import (
    Column,
    EndedConsents,
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
    SourceChangedError,
    SourceError,
    UnusableDataError,
    WarehouseEngineError,
    WarehouseLimitError,
)
from hanse_policies.documents import AudienceHistogram, ConsentState, DataAsset

Answer = TypeVar("Answer")

KEEP_CONSENT_FOR = timedelta(minutes=5)
"""How long the state of an unchanged register is kept."""


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


@dataclass(frozen=True, slots=True)
class _KeptConsent:
    """What the register said at `asked`; a stamp between then and now is not in it.

    Such a stamp could only make the register fresher, so what is kept errs
    towards a refusal.
    """

    version: str
    asked: datetime
    state: ConsentState

    def serves(self, version: str, now: datetime) -> bool:
        """Tell whether the register, unchanged since, need not be read again at `now`."""
        return self.version == version and self.asked <= now < self.asked + KEEP_CONSENT_FOR


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
        self._kept_consent: _KeptConsent | None = None

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
        kept, version = self._kept_consent, self.version()
        if kept is not None and kept.serves(version, now):
            return kept.state

        def read(engine: _Engine) -> _KeptConsent:
            ((synced,),) = engine.run(LastSyncQuery(asset=self._asset, now=now))
            mapping = self._asset.consent
            state = ConsentState(_aware(synced), frozenset(mapping.purposes), mapping.told)
            return _KeptConsent(engine.version, now, state)

        self._kept_consent = read_now = self._ask(read)
        return read_now.state

    def persons(self, view: MinimalView) -> PersonCount:
        """Count the persons in a view, or the kept rows of it while they must be the same."""
        self._check_view(view)
        kept = self._kept
        if kept is not None and kept.serve(view, version := self.version()):
            return PersonCount(len(kept.rows), version)

        def count(engine: _Engine) -> PersonCount:
            ((persons,),) = engine.run(PersonsQuery(view=view))
            return PersonCount(persons, engine.version)

        return self._ask(count)

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        """Count the persons in each cell of a measurement."""
        self._check_view(view)

        def measure(engine: _Engine) -> MeasuredCells:
            found = sorted(engine.run(CellsQuery(view=view, computation=computation)))
            cells = tuple(MeasuredCell(cell, persons) for cell, persons in found)
            return MeasuredCells(cells, engine.version)

        return self._ask(measure)

    def faults(self, view: MinimalView) -> tuple[RowFault, ...]:
        """Tell for which reasons the view leaves rows or persons out; no number, no person."""
        self._check_view(view)
        return self._ask(lambda engine: _faults(engine, view))

    def rows(self, view: MinimalView) -> TrainingRows:
        """Read a training view, or give out the kept rows while they must be the same."""
        self._check_view(view, ViewUse.TRAINING)
        kept = self._kept
        if kept is not None and kept.serve(view, self.version()):
            return kept.rows
        self._kept = None

        def read(engine: _Engine) -> _KeptRows:
            unchanged_until = _next_change(engine, view)
            fetched = engine.columns(RowsQuery(view=view))
            return _KeptRows(view, unchanged_until, training_rows(view, fetched, engine.version))

        self._kept = read_now = self._ask(read)
        return read_now.rows

    def scoring_rows(self, view: MinimalView) -> ScoringRows:
        """Read a scoring view.

        Raises:
            SeveralRowsPerPersonError: A person has more than one row.
            EmptyCohortError: There is no consenting person.
        """
        self._check_view(view, ViewUse.SCORING)

        def read(engine: _Engine) -> ScoringRows:
            surplus = several_rows(view)
            if surplus in _faults(engine, view):
                raise surplus.error()
            return scoring_rows(view, engine.columns(RowsQuery(view=view)))

        return self._ask(read)

    def ended_consents(
        self, purpose_word: str, used: Sequence[datetime], now: datetime
    ) -> EndedConsents:
        """Count whose consent for a purpose covered an instant of use and has ended since."""
        query = EndedConsentsQuery(
            asset=self._asset, purpose_word=purpose_word, used=tuple(used), now=now
        )

        def count(engine: _Engine) -> EndedConsents:
            ((invalidated, withdrawn, unreadable),) = engine.run(query)
            return EndedConsents(withdrawn, invalidated, unreadable)

        return self._ask(count)

    def forget_rows(self) -> None:
        """Drop the rows that are kept between questions."""
        self._kept = None

    def _check_view(self, view: MinimalView, use: ViewUse | None = None) -> None:
        if view.asset != self._asset or (use is not None and view.use is not use):
            raise ColumnUseError(
                f"expected a view of asset {self._asset.id} version {self._asset.version}"
                f"{'' if use is None else f' for {use}'}, got one of {view.asset.id} version "
                f"{view.asset.version} for {view.use}; make the view from this asset"
            )

    def _ask(self, work: Callable[[_Engine], Answer]) -> Answer:
        """Do the work on one version of the files, anew if they changed in the meantime.

        Raises:
            SourceChangedError: They changed again.
            UnusableDataError: The engine failed on files that did not change.
        """
        try:
            return self._ask_once(work)
        except SourceChangedError:
            return self._ask_once(work)

    def _ask_once(self, work: Callable[[_Engine], Answer]) -> Answer:
        version = self.version()
        try:
            with open_tables(self._asset, self._folder, self._limits) as connection:
                answer = work(_Engine(connection, self._compiler, version))
        except duckdb.Error as error:
            self._check_unchanged(version)
            raise self._failure(error) from None
        except SourceError:
            self._check_unchanged(version)
            raise
        self._check_unchanged(version)
        return answer

    def _check_unchanged(self, version: str) -> None:
        if self.version() != version:
            raise SourceChangedError(
                f"expected the files of asset {self._asset.id} to stay as they are while they "
                "are read, got a change; ask again"
            ) from None

    def _failure(self, error: duckdb.Error) -> UnusableDataError:
        """Say what the engine failed of, without its words, which may quote a value."""
        if isinstance(error, duckdb.OutOfMemoryException):
            return WarehouseLimitError(
                f"expected the question to fit in {self._limits.memory_mb} MiB, got more; "
                "raise the memory limit of the data source"
            )
        return WarehouseEngineError(
            f"expected the files of asset {self._asset.id} and its consent register to be whole "
            f"and in their declared encoding, got a failure of the engine "
            f"({type(error).__name__}); write the files anew"
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


def _faults(engine: _Engine, view: MinimalView) -> tuple[RowFault, ...]:
    (found,) = engine.run(FaultsQuery(view=view))
    return tuple(f for f, is_there in zip(possible_faults(view), found, strict=True) if is_there)


def _next_change(engine: _Engine, view: MinimalView) -> datetime | None:
    """Find until when the consent register says the same as at the view's `now`."""
    ((*changes, stale),) = engine.run(NextChangeQuery(view=view))
    if stale is not None:
        changes.append(stale + timedelta(hours=view.need.max_age_hours))
    return _aware(min((change for change in changes if change is not None), default=None))
