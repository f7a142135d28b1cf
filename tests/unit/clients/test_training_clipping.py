from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hanse_clients.errors import GradientShapeError
from hanse_clients.training.clipping import clipped_sum

gradients = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 5)),
    elements=st.floats(-(2.0**60), 2.0**60, width=32),
)
norms = st.floats(1e-3, 1e3)


@given(gradients, norms)
def test_no_person_adds_more_than_the_clipping_norm(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]], norm: float
) -> None:
    for row in rows:
        part = clipped_sum(row[np.newaxis], norm)
        # In exact arithmetic, so that rounding cannot hide an excess.
        squares = sum(int(x * 2**80) ** 2 for x in part)
        assert squares <= int(norm * 2**80) ** 2


@given(gradients, norms)
def test_leaving_one_person_out_changes_the_sum_by_exactly_that_persons_part(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]], norm: float
) -> None:
    for person in range(len(rows)):
        without = clipped_sum(np.delete(rows, person, axis=0), norm)
        part = clipped_sum(rows[person : person + 1], norm)
        np.testing.assert_array_equal(clipped_sum(rows, norm), without + part)


@given(gradients, norms)
def test_the_sum_does_not_depend_on_the_order_of_persons(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]], norm: float
) -> None:
    np.testing.assert_array_equal(clipped_sum(rows, norm), clipped_sum(rows[::-1], norm))


def test_short_gradients_pass_almost_unchanged_and_long_ones_keep_their_direction() -> None:
    np.testing.assert_allclose(clipped_sum(np.array([[0.3, -0.4]]), 1.0), [0.3, -0.4], atol=1e-8)
    np.testing.assert_allclose(clipped_sum(np.array([[30.0, -40.0]]), 1.0), [0.6, -0.8], atol=1e-7)


def test_no_persons_add_up_to_zero() -> None:
    np.testing.assert_array_equal(clipped_sum(np.zeros((0, 3), dtype=np.float32), 1.0), np.zeros(3))


def test_the_gradients_given_are_not_modified() -> None:
    rows = np.array([[3.0, 4.0]])
    clipped_sum(rows, 1.0)
    np.testing.assert_array_equal(rows, [[3.0, 4.0]])


@given(gradients, norms, st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_person_whose_gradient_is_not_finite_counts_as_zero(
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    norm: float,
    value: float,
    data: st.DataObject,
) -> None:
    person = data.draw(st.integers(0, len(rows) - 1))
    damaged = rows.copy()
    damaged[person, data.draw(st.integers(0, rows.shape[1] - 1))] = value
    without = clipped_sum(np.delete(rows, person, axis=0), norm)
    np.testing.assert_array_equal(clipped_sum(damaged, norm), without)


def test_gradient_whose_norm_overflows_counts_as_zero() -> None:
    rows = np.array([[1e200, 0.0], [0.3, -0.4]])
    np.testing.assert_array_equal(clipped_sum(rows, 1.0), clipped_sum(rows[1:], 1.0))


def test_gradients_that_are_not_one_row_a_person_are_refused() -> None:
    with pytest.raises(GradientShapeError):
        clipped_sum(np.zeros((2, 1, 3)), 1.0)
