"""Fetched columns as rows to train on or to score, without a refusal for training.

Rules: whether a person's row is used depends on that row alone, so one person
more or less changes nothing of the others; a row that cannot be trained on is
left out, and no row, no lack of rows and no label refuses a training. What is
handed out is read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hanse_clients.data.queries import HOLDOUT, PERSON
from hanse_clients.data.source import Column, ScoringRows, TrainingRows
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import EmptyCohortError
from hanse_policies.documents import ColumnType

Fetched = Mapping[str, Column]
"""Columns as DuckDB hands them out: masked arrays where values are missing."""


def training_rows(view: MinimalView, fetched: Fetched, version: str) -> TrainingRows:
    """Take the rows whose numbers are all finite and whose label is 0 or 1.

    The view's own text leaves all others out already. This is the second wall:
    training and scoring count on it, and engines differ in what NaN is.

    Args:
        view: The training view, one row a person.
        fetched: Its columns.
        version: The data version they were read from.

    Returns:
        The usable rows, possibly none, possibly of one class.
    """
    usable = _usable(view, fetched)
    held_out = np.ma.getdata(fetched[HOLDOUT]).astype(np.bool_)[usable]
    columns: dict[str, Column] = {}
    label = np.zeros(len(held_out))
    for column in view.columns:
        values = fetched[column.name]
        if column.name == view.label:
            label = _with_nan(values)[usable]
        elif column.type is ColumnType.CATEGORY:
            columns[column.name] = _texts(values)[usable]
        else:
            columns[column.name] = _with_nan(values)[usable]
    for array in (*columns.values(), label, held_out):
        array.flags.writeable = False
    return TrainingRows(MappingProxyType(columns), label, held_out, version)


def scoring_rows(view: MinimalView, fetched: Fetched) -> ScoringRows:
    """Take the persons whose numbers are all there; count those left out.

    Args:
        view: The scoring view, one row a person.
        fetched: Its columns.

    Raises:
        EmptyCohortError: There is no consenting person; scores stay at the brand, and
            so does this.
    """
    persons = np.ma.getdata(fetched[PERSON])
    if not len(persons):
        raise EmptyCohortError(
            "expected at least one consenting person to score, got none; check the "
            "population filters, the consent register's purposes and when it was last synced"
        )
    usable = _usable(view, fetched)
    columns: dict[str, Column] = {}
    for column in view.columns:
        values = fetched[column.name]
        is_text = column.type is ColumnType.CATEGORY
        columns[column.name] = (_texts(values) if is_text else _with_nan(values))[usable]
    return ScoringRows(persons[usable], MappingProxyType(columns), int((~usable).sum()))


def _usable(view: MinimalView, fetched: Fetched) -> NDArray[np.bool_]:
    """Tell of each row whether its numbers are finite and its label, if any, is 0 or 1."""
    usable = np.ones(len(next(iter(fetched.values()))), dtype=np.bool_)
    for column in view.columns:
        if column.name == view.label:
            usable &= np.isin(_with_nan(fetched[column.name]), (0.0, 1.0))
        elif column.type is not ColumnType.CATEGORY:
            usable &= np.isfinite(_with_nan(fetched[column.name]))
    return usable


def _texts(values: Column) -> Column:
    texts = np.ma.getdata(values).astype(np.object_)
    texts[np.ma.getmaskarray(values)] = None
    return texts


def _with_nan(values: Column) -> NDArray[np.float64]:
    numbers = np.ma.getdata(values).astype(np.float64)
    numbers[np.ma.getmaskarray(values)] = np.nan
    return numbers
