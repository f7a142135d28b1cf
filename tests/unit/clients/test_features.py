from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hanse_clients.errors import (
    MissingColumnError,
    MissingFeatureValueError,
    NonFiniteFeatureError,
)
from hanse_clients.features import encode_features
from hanse_policies.documents import CategoricalFeature, NumericFeature, Scale

SPEND = NumericFeature(column="spend", lower=0, upper=100)
LOG_SPEND = NumericFeature(column="spend", lower=0, upper=99, scale=Scale.LOG)
AGE = CategoricalFeature(column="age", categories=("young", "old"))
finite = st.floats(allow_nan=False, allow_infinity=False)


def texts(*values: str | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array(values, dtype=object)


def test_numbers_are_clipped_and_scaled_by_public_bounds() -> None:
    matrix = encode_features([SPEND], {"spend": np.array([-5.0, 0, 25, 50, 100, 1e9])})
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix[:, 0], [-1, -1, -0.5, 0, 1, 1])


def test_log_scale_maps_equal_ratios_to_equal_distances() -> None:
    matrix = encode_features([LOG_SPEND], {"spend": np.array([0.0, 9, 99])})
    np.testing.assert_allclose(matrix[:, 0], [-1, 0, 1], atol=1e-6)


def test_categories_are_one_hot_and_unknown_or_missing_is_other() -> None:
    matrix = encode_features([AGE], {"age": texts("young", "old", "ancient", None)})
    np.testing.assert_array_equal(matrix, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])


def test_masked_categories_are_other() -> None:
    column = np.ma.MaskedArray(texts("young", "old"), mask=[False, True])
    np.testing.assert_array_equal(encode_features([AGE], {"age": column})[1], [0, 0, 1])


def test_columns_stand_in_the_order_of_the_study() -> None:
    columns = {"age": texts("old"), "spend": np.array([100.0])}
    np.testing.assert_array_equal(encode_features([AGE, SPEND], columns), [[0, 1, 0, 1]])
    np.testing.assert_array_equal(encode_features([SPEND, AGE], columns), [[1, 0, 1, 0]])


def test_flags_are_numbers() -> None:
    flag = NumericFeature(column="active", lower=0, upper=1)
    matrix = encode_features([flag], {"active": np.array([True, False])})
    np.testing.assert_array_equal(matrix[:, 0], [1, -1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_or_infinity_is_refused_naming_the_column_only(value: float) -> None:
    with pytest.raises(NonFiniteFeatureError) as refusal:
        encode_features([SPEND], {"spend": np.array([17.25, value])})
    assert "column spend" in str(refusal.value)
    assert "17.25" not in str(refusal.value)
    assert refusal.value.wire_code() == "data-not-usable"


@pytest.mark.parametrize(
    "column",
    [
        np.ma.MaskedArray([1.0, 2.0], mask=[False, True]),
        np.array([1.0, None], dtype=object),
    ],
)
def test_missing_number_is_refused_naming_the_column(column: np.ndarray) -> None:
    with pytest.raises(MissingFeatureValueError, match="column spend"):
        encode_features([SPEND], {"spend": column})


def test_column_that_the_view_lacks_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="column spend"):
        encode_features([SPEND], {"age": texts("old")})


def test_no_persons_encode_to_no_rows() -> None:
    matrix = encode_features([SPEND, AGE], {"spend": np.array([]), "age": texts()})
    assert matrix.shape == (0, 4)


@given(
    st.tuples(finite, finite).filter(lambda bounds: bounds[0] < bounds[1]),
    hnp.arrays(np.float64, st.integers(1, 5), elements=finite),
)
def test_any_finite_number_lands_in_the_unit_interval(
    bounds: tuple[float, float], values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    feature = NumericFeature(column="spend", lower=bounds[0], upper=bounds[1])
    matrix = encode_features([feature], {"spend": values})
    assert np.all(np.abs(matrix) <= 1)


@given(hnp.arrays(np.float64, 6, elements=st.floats(-1e6, 1e6)), st.integers(0, 5))
def test_a_persons_encoding_depends_on_that_person_alone(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], person: int
) -> None:
    together = encode_features([LOG_SPEND], {"spend": values})
    alone = encode_features([LOG_SPEND], {"spend": values[person : person + 1]})
    np.testing.assert_array_equal(together[person], alone[0])
