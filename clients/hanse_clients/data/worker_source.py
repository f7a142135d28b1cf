"""A measuring source whose data is opened in another, short-lived process.

Rules: this process imports no database and no compiler and never opens the
data. A worker is started by the first of a few questions in a row and ends
soon after the last. A worker that fails or answers anything but the question is
killed, never trusted; a fresh one is asked once, within the same time, and if it
fails too, that is reported. A refusal of the data is an answer, not a failure.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hanse_clients.data.left_out_log import LeftOutLog
from hanse_clients.data.line_process import LineProcess
from hanse_clients.data.row_faults import RowFault, possible_faults
from hanse_clients.data.source import MeasuredCell, MeasuredCells, PersonCount, WarehouseLimits
from hanse_clients.data.view import MinimalView
from hanse_clients.data.worker_messages import (
    ANSWERS,
    CellsAnswer,
    CellsQuestion,
    CheckQuestion,
    ConsentAnswer,
    ConsentQuestion,
    DoneAnswer,
    FaultsAnswer,
    FaultsQuestion,
    PersonsAnswer,
    PersonsQuestion,
    RefusedAnswer,
    VersionAnswer,
    VersionQuestion,
    WorkerAnswer,
    WorkerQuestion,
    WorkerSetup,
    line_of,
)
from hanse_clients.errors import DataError, WorkerError
from hanse_policies.documents import AudienceHistogram, ConsentState, DataAsset

_LOG = logging.getLogger(__name__)
WORKER_MODULE = "hanse_clients.data.worker"
Answer = TypeVar("Answer", bound=WorkerAnswer)


class WorkerSource:
    """The measuring source of one asset, behind a worker; see `MeasuringSource`."""

    def __init__(
        self,
        asset: DataAsset,
        folder: Path,
        limits: WarehouseLimits | None = None,
        *,
        answer_seconds: float = 300.0,
    ) -> None:
        """Remember what to start; nothing is started.

        Args:
            asset: What is stored where, and as what.
            folder: The folder of the asset document.
            limits: What the worker's engine may use.
            answer_seconds: How long one answer may take.
        """
        limits = limits or WarehouseLimits()
        self._setup = WorkerSetup(
            asset=asset,
            folder=str(folder.resolve()),
            threads=limits.threads,
            memory_mb=limits.memory_mb,
        )
        self._answer_seconds = answer_seconds
        self._worker: LineProcess | None = None
        self._lock = threading.Lock()
        self._left_out = LeftOutLog()

    def check(self) -> None:
        """Compare the stored tables with the asset document; read the schema only."""
        self._ask(CheckQuestion(), DoneAnswer)

    def version(self) -> str:
        """Digest the identity of the data and consent files as they are now."""
        return self._ask(VersionQuestion(), VersionAnswer).version

    def consent_state(self, now: datetime) -> ConsentState:
        """Describe the consent register as a whole at `now`."""
        told = self._ask(ConsentQuestion(now=now), ConsentAnswer)
        return ConsentState(told.synced, frozenset(told.purposes), frozenset(told.fields))

    def persons(self, view: MinimalView) -> PersonCount:
        """Count the persons in a view."""
        told = self._ask(PersonsQuestion(view=view), PersonsAnswer)
        self._left_out.tell(view, told.version, self.faults)
        return PersonCount(told.persons, told.version)

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        """Count the persons in each cell of a measurement."""
        told = self._ask(CellsQuestion(view=view, computation=computation), CellsAnswer)
        self._left_out.tell(view, told.version, self.faults)
        return MeasuredCells(
            tuple(MeasuredCell(cell, persons) for cell, persons in told.cells), told.version
        )

    def faults(self, view: MinimalView) -> tuple[RowFault, ...]:
        """Tell for which reasons the view leaves rows or persons out; no number, no person."""
        found, possible = (
            self._ask(FaultsQuestion(view=view), FaultsAnswer).found,
            possible_faults(view),
        )
        if len(found) != len(possible):
            raise _failure("faults of another view")
        return tuple(f for f, is_there in zip(possible, found, strict=True) if is_there)

    def close(self) -> None:
        """End the worker, if one runs."""
        with self._lock:
            self._end()

    def _ask(self, question: WorkerQuestion, expected: type[Answer]) -> Answer:
        """Ask a worker, a fresh one if the last has ended, and check the answer.

        Raises:
            DataError: The worker's refusal, as the error of its code.
            WorkerError: The worker failed.
        """
        deadline = time.monotonic() + self._answer_seconds
        with self._lock:
            try:
                return self._exchange(question, expected, deadline)
            except WorkerError as error:
                self._end()
                if time.monotonic() >= deadline:
                    raise
                _LOG.warning("the warehouse worker is started anew: %s", error.code)
            return self._exchange(question, expected, deadline)

    def _exchange(
        self, question: WorkerQuestion, expected: type[Answer], deadline: float
    ) -> Answer:
        worker = self._worker
        line = None if worker is None else worker.ask(line_of(question), _left(deadline))
        if worker is None or line is None:  # It ended for lack of questions: start another.
            worker = self._worker = LineProcess(WORKER_MODULE)
            line = worker.ask(line_of(self._setup) + line_of(question), _left(deadline))
        if line is None:
            raise _failure("the end of the process")
        try:
            told = ANSWERS.validate_json(line)
        except ValidationError:
            raise _failure("an answer of no known form") from None
        if isinstance(told, RefusedAnswer):
            raise _error_of(told)
        if not isinstance(told, expected):
            raise _failure("an answer to another question")
        return told

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _failure(got: str) -> WorkerError:
    return WorkerError(
        f"expected an answer of the warehouse worker, got {got}; ask again, and if it stays so, "
        "run the brand's data check by itself"
    )


def _error_of(refused: RefusedAnswer) -> DataError:
    """Make the error that the worker raised, by its code."""
    kinds = {kind.code: kind for kind in _kinds(DataError)}
    return kinds.get(refused.code, WorkerError)(refused.message)


def _kinds(kind: type[DataError]) -> Iterator[type[DataError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
