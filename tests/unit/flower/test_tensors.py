from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp
from numpy.typing import NDArray

from hanse_federation.messages import Tensor
from hanse_flower import (
    UnsupportedRecordError,
    parameters_from_record,
    parameters_to_record,
    rounded_parameters_from_record,
)
from hanse_flower.tensors import is_within

SHAPES = stnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FLOATS = stnp.arrays(np.float32, SHAPES)
NAMED = st.dictionaries(st.text(max_size=8), FLOATS, max_size=4)


@given(NAMED)
def test_parameters_survive_the_round_trip_in_name_order_and_value(
    named: dict[str, NDArray[np.float32]],
) -> None:
    sent = tuple(Tensor(name, values) for name, values in named.items())
    back = parameters_from_record(parameters_to_record(sent))
    assert [tensor.name for tensor in back] == list(named)
    for before, after in zip(sent, back, strict=True):
        np.testing.assert_array_equal(after.values, before.values, strict=True)


@given(FLOATS)
def test_packed_array_is_what_flower_itself_would_have_packed(values: NDArray[np.float32]) -> None:
    packed = parameters_to_record((Tensor("w", np.asarray(values, order="C")),))["w"]
    assert packed == Array(np.asarray(values, order="C"))


def test_unpacking_is_a_view_of_the_record_and_cannot_change_it() -> None:
    record = parameters_to_record((Tensor("w", np.arange(6, dtype=np.float32)),))
    values = parameters_from_record(record)[0].values
    assert np.shares_memory(values, np.frombuffer(record["w"].data, np.uint8))
    assert not values.flags.writeable


def test_fortran_order_arrives_in_c_order() -> None:
    values = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    for record in (ArrayRecord({"w": Array(values)}), parameters_to_record((Tensor("w", values),))):
        back = parameters_from_record(record)[0].values
        assert back.flags.c_contiguous
        np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8", "bool", ">f4"])
def test_other_types_than_float32_are_refused(dtype: str) -> None:
    values: NDArray[Any] = np.zeros(3, dtype)
    with pytest.raises(UnsupportedRecordError, match="expected float32 for array `w`, got "):
        parameters_from_record(ArrayRecord({"w": Array(values)}))
    with pytest.raises(UnsupportedRecordError, match="expected float32"):
        parameters_to_record((Tensor("w", values),))


def test_two_tensors_of_one_name_are_refused() -> None:
    tensor = Tensor("w", np.zeros(1, np.float32))
    with pytest.raises(UnsupportedRecordError, match="two tensors are named `w`"):
        parameters_to_record((tensor, tensor))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x93NUMPY", b"pickle" * 30, Array(np.zeros(3, np.float32)).data[:-1]],
    ids=["empty", "magic-only", "no-npy", "truncated"],
)
def test_bytes_that_are_no_whole_npy_file_are_refused(data: bytes) -> None:
    array = Array("float32", (3,), "numpy.ndarray", data)
    with pytest.raises(UnsupportedRecordError, match="are no npy file of the size"):
        parameters_from_record(ArrayRecord({"w": array}))


def test_another_serialisation_is_refused() -> None:
    array = Array("float32", (3,), "pickle", b"")
    with pytest.raises(UnsupportedRecordError, match="got `pickle`"):
        parameters_from_record(ArrayRecord({"w": array}))


def test_double_precision_of_the_optimiser_is_rounded_on_its_way_out() -> None:
    record = ArrayRecord({"w": Array(np.array([0.1, -2.0]))})
    values = rounded_parameters_from_record(record)[0].values
    np.testing.assert_array_equal(values, np.array([0.1, -2.0], np.float32), strict=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_value_that_is_not_finite_is_never_sent_to_brands(value: float) -> None:
    record = ArrayRecord({"w": Array(np.array([value]))})
    with pytest.raises(UnsupportedRecordError, match="holds NaN or infinity"):
        rounded_parameters_from_record(record)


@pytest.mark.parametrize(("value", "finite"), [(1.0, True), (np.nan, False), (-np.inf, False)])
def test_finiteness_is_told(value: float, finite: bool) -> None:
    assert is_within(ArrayRecord({"w": Array(np.array([0.0, value]))}), math.inf) is finite
