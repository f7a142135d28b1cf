"""What the rest of the brand's side may ask of its data, as interfaces and results.

Rules: a `MeasuringSource` gives out schema verdicts, digests and sums over
persons only, and can therefore live in another process; a `DataSource` also
gives out rows, to training and scoring in the same process. Whoever asks gives
`now` with every view, so consent is judged again with every question. True
counts are for the mechanisms that add noise; nothing here may be sent as it is.
No row refuses a question of a measurement or a training: what cannot be used
leaves its person out, and `faults` tells the brand's own people why. A file, a
schema, the engine's memory or a defect may still refuse, each a matter of the
whole table and the same whatever the study's filters are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hanse_clients.data.row_faults import RowFault
from hanse_clients.data.view import MinimalView
from hanse_policies.documents import AudienceHistogram, ConsentState

Column = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class WarehouseLimits:
    """What the embedded engine may use.

    Attributes:
        threads: Worker threads, at least 1.
        memory_mb: Memory for data, in MiB, beside the engine itself. Nothing is
            ever spilled to disk: a question that needs more is refused.
    """

    threads: int = 1
    memory_mb: int = 1024


@dataclass(frozen=True, slots=True)
class PersonCount:
    """True number of persons in a view, and the data version it was counted on."""

    persons: int
    version: str


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """True number of persons in one cell of a measurement; cells without persons are left out.

    Attributes:
        cell: Index of the cell, from 0, in the order the measurement states.
        persons: How many persons are in it, at least 1.
    """

    cell: int
    persons: int


@dataclass(frozen=True, slots=True)
class MeasuredCells:
    """A measurement's true cells, and the data version they were counted on."""

    cells: tuple[MeasuredCell, ...]
    version: str


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """One row a person, without who it is. Arrays are read-only and of one length.

    Attributes:
        columns: The features: float64, or text (object; None where missing).
        label: 0.0 or 1.0, float64.
        holdout: Whether the person is held out from training.
        version: The data version the rows were read from.
    """

    columns: Mapping[str, Column]
    label: NDArray[np.float64]
    holdout: NDArray[np.bool_]
    version: str

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True)
class ScoringRows:
    """Persons to score, with their features. Never leaves the brand.

    Attributes:
        persons: Person ids as text (object), one a row, each once.
        columns: The features, as in `TrainingRows`.
        left_out: Persons with a missing or not finite number, who get no score.
    """

    persons: Column
    columns: Mapping[str, Column]
    left_out: int

    def __len__(self) -> int:
        return len(self.persons)


@dataclass(frozen=True, slots=True)
class EndedConsents:
    """True numbers of persons whose used consent ended; for the brand's own people.

    Attributes:
        withdrawn: Whose consent counted when it was used.
        invalidated: Whose consent never did.
        unreadable: Of whom it cannot be told; in neither number.
    """

    withdrawn: int
    invalidated: int
    unreadable: int


class MeasuringSource(Protocol):
    """Schema verdicts, digests and sums over persons: all that a measurement needs."""

    def check(self) -> None:
        """Compare the stored tables with the asset document; read the schema only.

        Raises:
            MissingSourceError: A file is not there.
            UnreadableSourceError: A file is not of its declared format.
            MissingColumnError: A column that the asset names is not there.
            ColumnTypeError: A column cannot hold its declared type.
        """
        ...

    def version(self) -> str:
        """Digest the identity of the data and consent files as they are now."""
        ...

    def consent_state(self, now: datetime) -> ConsentState:
        """Describe the consent register as a whole at `now`; no person is in it."""
        ...

    def persons(self, view: MinimalView) -> PersonCount:
        """Count the persons in a view."""
        ...

    def cells(self, view: MinimalView, computation: AudienceHistogram) -> MeasuredCells:
        """Count the persons in each cell of a measurement."""
        ...

    def faults(self, view: MinimalView) -> tuple[RowFault, ...]:
        """Tell for which reasons the view leaves rows or persons out; no number, no person."""
        ...


class DataSource(MeasuringSource, Protocol):
    """A source that also hands rows to the training and scoring of its own process."""

    def rows(self, view: MinimalView) -> TrainingRows:
        """Read a training view; nobody and one class of labels are fine."""
        ...

    def scoring_rows(self, view: MinimalView) -> ScoringRows:
        """Read a scoring view; what it refuses stays at the brand.

        Raises:
            SeveralRowsPerPersonError: A person has more than one row.
            EmptyCohortError: There is no consenting person.
        """
        ...

    def ended_consents(
        self, purpose_word: str, used: Sequence[datetime], now: datetime
    ) -> EndedConsents:
        """Count whose consent for a purpose covered an instant of use and has ended since.

        See `hanse_policies.documents.ended_use` and `is_end_untold`; no person is named,
        and no list kept.
        """
        ...

    def forget_rows(self) -> None:
        """Drop the rows that are kept between questions."""
        ...
