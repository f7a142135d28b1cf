"""Why a view leaves rows or persons out: faults of stored rows, for the brand's own eyes.

Rules: a fault names a kind and a column and nothing else of the data, no row,
value, person or number; it never refuses a question and never crosses the wire.
Which faults a view can have follows from the view alone, so that whether each is
there is a row of booleans. This module stays as light as `view`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hanse_clients.data.view import MinimalView, ViewUse
from hanse_clients.errors import (
    InvalidLabelError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
    SeveralRowsPerPersonError,
    UnreadableValueError,
    UnusableDataError,
)
from hanse_policies.documents import ColumnType


@dataclass(frozen=True, slots=True)
class RowFault:
    """One kind of fault in one column.

    Attributes:
        kind: The error it is where a person asks.
        column: Whose values; the person's column where a person has several rows.
        is_register: Whether the column is the consent register's.
    """

    kind: type[UnusableDataError]
    column: str
    is_register: bool = False

    @property
    def code(self) -> str:
        """The stable code of the fault."""
        return self.kind.code

    def error(self) -> UnusableDataError:
        """Make the error to show to the brand's own people."""
        place = f"column {self.column}" + (" of the consent register" if self.is_register else "")
        return self.kind(_MESSAGES[self.kind].format(place=place))


_MESSAGES: dict[type[UnusableDataError], str] = {
    UnreadableValueError: (
        "expected every value of {place} to fit its declared type, got one that does not; studies "
        "leave such persons out or count the value as missing, so clean the table or correct the "
        "asset document"
    ),
    SeveralRowsPerPersonError: (
        "expected one row for each person of {place}, or for a measurement at most as many as the "
        "asset document allows, got more for some; studies take one of them by chance, so "
        "aggregate the table to one row a person"
    ),
    MissingFeatureValueError: (
        "expected a number in every row of {place}, got missing values; training leaves such "
        "persons out, so fill them in the asset or leave the column out of the study"
    ),
    NonFiniteFeatureError: (
        "expected finite numbers in {place}, got NaN or infinity; training leaves such persons "
        "out, so clean them in the asset or leave the column out of the study"
    ),
    InvalidLabelError: (
        "expected 0 or 1 in every row of label {place}, got another value or none; training "
        "leaves such persons out, so correct the column or choose another label"
    ),
}


def possible_faults(view: MinimalView) -> tuple[RowFault, ...]:
    """List the faults that a view's rows and its consent register can have, in a fixed order.

    A measurement counts what is missing in a cell of its own, so there only
    unreadable values and surplus rows are faults.
    """
    return (*_unreadable(view), several_rows(view), *_unusable(view))


def several_rows(view: MinimalView) -> RowFault:
    """Describe the fault that a person has more rows than `most_rows`."""
    return RowFault(SeveralRowsPerPersonError, view.asset.person)


def most_rows(view: MinimalView) -> int:
    """Return how many rows of a person are in order.

    A measurement takes what the asset document allows; who trains or scores
    wants one row a person.
    """
    return view.asset.max_rows_per_person if view.use is ViewUse.MEASUREMENT else 1


def _unreadable(view: MinimalView) -> tuple[RowFault, ...]:
    return (
        *(
            RowFault(UnreadableValueError, name, is_register=True)
            for name in view.asset.consent.instants
        ),
        *(RowFault(UnreadableValueError, name) for name in number_columns(view)),
    )


def _unusable(view: MinimalView) -> tuple[RowFault, ...]:
    if view.use is ViewUse.MEASUREMENT:
        return ()
    numbers = [c.name for c in view.columns if c.type is not ColumnType.CATEGORY]
    features = [name for name in numbers if name != view.label]
    faults = [
        RowFault(kind, name)
        for name in features
        for kind in (MissingFeatureValueError, NonFiniteFeatureError)
    ]
    if view.label is not None:
        faults.append(RowFault(InvalidLabelError, view.label))
    return tuple(faults)


def number_columns(view: MinimalView) -> tuple[str, ...]:
    """List the columns whose stored values may not fit: all read ones but categories."""
    read = (*(c.name for c in view.columns), *(f.column for f in view.population))
    declared = ((name, view.asset.column(name)) for name in dict.fromkeys(read))
    return tuple(
        name
        for name, column in declared
        if column is not None and column.type is not ColumnType.CATEGORY
    )
