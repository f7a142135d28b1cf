"""Turn a view's columns into the matrix a model reads, by the study's public rules alone.

Rules: a number is clipped to the study's bounds and scaled to [-1, 1]; a
category becomes one-hot cells, the last of them `other`, which also takes
missing categories. Nothing is derived from the data: no mean, no quantile, no
list of categories, so a row's encoding depends on that row only. A missing,
NaN or infinite number is refused, naming the column and nothing else; the rows
of a training or scoring view hold none (`data.training_rows` leaves them out),
so no question of a study can meet this refusal. No rows encode to no rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hanse_clients.errors import MissingColumnError, MissingFeatureValueError, NonFiniteFeatureError
from hanse_federation.messages import FloatArray
from hanse_federation.model import input_width
from hanse_policies.documents import CategoricalFeature, Feature, NumericFeature, Scale

Column = NDArray[np.generic]


def encode_features(features: Sequence[Feature], columns: Mapping[str, Column]) -> FloatArray:
    """Encode columns as a model's input.

    Args:
        features: The study's features, in the study's order; at least one.
        columns: One array a column, all of one length (rows,). Numbers may be of
            any numeric or boolean dtype; categories are text, or None where
            missing. Masked arrays mark missing values.

    Returns:
        Matrix of shape (rows, input_width(features)), float32, C order, every
        value in [-1, 1].

    Raises:
        MissingColumnError: A feature's column is not among `columns`.
        MissingFeatureValueError: A number is missing.
        NonFiniteFeatureError: A number is NaN or infinite.
    """
    missing = [feature.column for feature in features if feature.column not in columns]
    if missing:
        raise MissingColumnError(
            f"the study's features need column {missing[0]}, but the view does not hold it; "
            "list it in the asset and permit it in the policy"
        )
    rows = len(columns[features[0].column])
    matrix = np.zeros((rows, input_width(features)), dtype=np.float32)
    start = 0
    for feature in features:
        column = columns[feature.column]
        if isinstance(feature, CategoricalFeature):
            end = start + len(feature.categories) + 1
            _encode_category(feature, column, matrix[:, start:end])
        else:
            end = start + 1
            matrix[:, start] = _scale_number(feature, column)
        start = end
    return matrix


def _scale_number(feature: NumericFeature, column: Column) -> NDArray[np.float64]:
    """Clip and scale one numeric column to [-1, 1]."""
    if np.ma.is_masked(column) or (
        column.dtype == np.object_ and any(value is None for value in column)
    ):
        raise MissingFeatureValueError(
            f"expected a number in every row of column {feature.column}, got missing values; "
            "fill them in the asset or leave the column out of the study"
        )
    values = np.asarray(column, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        raise NonFiniteFeatureError(
            f"expected finite numbers in column {feature.column}, got NaN or infinity; "
            "clean them in the asset or leave the column out of the study"
        )
    values = np.clip(values, feature.lower, feature.upper)
    lower, upper = feature.lower, feature.upper
    if feature.scale is Scale.LOG:
        values, lower, upper = np.log1p(values), float(np.log1p(lower)), float(np.log1p(upper))
    # Halves are subtracted, not whole bounds, so that bounds near the largest float do not
    # overflow; the last clip takes away what rounding leaves beyond the ends.
    middle, radius = lower / 2 + upper / 2, upper / 2 - lower / 2
    if radius <= 0:  # Bounds so close that scaling makes them one number.
        return np.where(values > lower, 1.0, -1.0)
    return np.clip((values - middle) / radius, -1.0, 1.0)


def _encode_category(feature: CategoricalFeature, column: Column, cells: FloatArray) -> None:
    """Write the one-hot cells of one categorical column."""
    mask = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    texts = np.asarray(column)
    known = np.zeros(len(texts), dtype=bool)
    for cell, category in enumerate(feature.categories):
        match = np.asarray(texts == category, dtype=bool)
        if mask is not None:
            match &= ~mask
        cells[:, cell] = match
        known |= match
    cells[:, -1] = ~known
