"""Fetched columns as rows to train on or to score, with every refusal that rows can cause.

Rules: a message names a column and nothing else of the data, no row, value,
person or number of rows. What is handed out is read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hanse_clients.data.queries import HOLDOUT, PERSON
from hanse_clients.data.source import Column, ScoringRows, TrainingRows
from hanse_clients.data.view import MinimalView
from hanse_clients.errors import (
    EmptyCohortError,
    InvalidLabelError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
    OneClassLabelError,
)
from hanse_policies.documents import ColumnType

Fetched = Mapping[str, Column]
"""Columns as DuckDB hands them out: masked arrays where values are missing."""


def training_rows(view: MinimalView, fetched: Fetched, version: str) -> TrainingRows:
    """Check what a training view fetched and hand it to training.

    Args:
        view: The training view, one row a person.
        fetched: Its columns.
        version: The data version they were read from.

    Raises:
        EmptyCohortError: There is no person to train on.
        MissingFeatureValueError: A numeric feature is missing.
        NonFiniteFeatureError: A numeric feature is NaN or infinite.
        InvalidLabelError: A label is missing, or neither 0 nor 1.
        OneClassLabelError: All training rows have one label.
    """
    holdout = np.ma.getdata(fetched[HOLDOUT]).astype(np.bool_)
    if holdout.all():
        raise EmptyCohortError(
            "expected at least one consenting person to train on, got none; check the "
            "population filters, the consent register's purposes and when it was last synced"
        )
    columns: dict[str, Column] = {}
    for column in view.columns:
        values = fetched[column.name]
        if column.type is ColumnType.CATEGORY:
            columns[column.name] = _texts(values)
        elif column.name == view.label:
            label = _label(column.name, values, holdout)
        else:
            columns[column.name] = _numbers(column.name, values)
    for array in (*columns.values(), label, holdout):
        array.flags.writeable = False
    return TrainingRows(MappingProxyType(columns), label, holdout, version)


def scoring_rows(view: MinimalView, fetched: Fetched) -> ScoringRows:
    """Take the persons whose numbers are all there; count those left out.

    Args:
        view: The scoring view, one row a person.
        fetched: Its columns.

    Raises:
        EmptyCohortError: There is no consenting person.
    """
    persons = np.ma.getdata(fetched[PERSON])
    if not len(persons):
        raise EmptyCohortError(
            "expected at least one consenting person to score, got none; check the "
            "population filters, the consent register's purposes and when it was last synced"
        )
    numeric = [c.name for c in view.columns if c.type is not ColumnType.CATEGORY]
    usable = np.ones(len(persons), dtype=np.bool_)
    for name in numeric:
        usable &= np.isfinite(_with_nan(fetched[name]))
    columns: dict[str, Column] = {}
    for column in view.columns:
        values = fetched[column.name]
        whole = _with_nan(values) if column.name in numeric else _texts(values)
        columns[column.name] = whole[usable]
    return ScoringRows(persons[usable], MappingProxyType(columns), int((~usable).sum()))


def _texts(values: Column) -> Column:
    texts = np.ma.getdata(values).astype(np.object_)
    texts[np.ma.getmaskarray(values)] = None
    return texts


def _with_nan(values: Column) -> NDArray[np.float64]:
    numbers = np.ma.getdata(values).astype(np.float64)
    numbers[np.ma.getmaskarray(values)] = np.nan
    return numbers


def _numbers(name: str, values: Column) -> NDArray[np.float64]:
    if np.ma.is_masked(values):
        raise MissingFeatureValueError(
            f"expected a number in every row of column {name}, got missing values; fill them "
            "in the asset or leave the column out of the study"
        )
    numbers = np.ma.getdata(values).astype(np.float64)
    if not np.isfinite(numbers).all():
        raise NonFiniteFeatureError(
            f"expected finite numbers in column {name}, got NaN or infinity; clean them in the "
            "asset or leave the column out of the study"
        )
    return numbers


def _label(name: str, values: Column, holdout: NDArray[np.bool_]) -> NDArray[np.float64]:
    label = _with_nan(values)
    if not np.isin(label, (0.0, 1.0)).all():
        raise InvalidLabelError(
            f"expected 0 or 1 in every row of label column {name}, got another value or none; "
            "correct the column or choose another label"
        )
    if len(np.unique(label[~holdout])) < 2:
        raise OneClassLabelError(
            f"expected both 0 and 1 among the training rows of label column {name}, got one of "
            "them only; widen the population or choose another label"
        )
    return label
