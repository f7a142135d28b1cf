"""Parameters as Flower arrays and back, without a copy where none is needed.

Names and their order are kept. A Flower array holds the bytes of an npy file:
going in, the values are copied once, behind the header; coming out, the result
is a read-only view of those bytes. Only float32 crosses the link. What a
server-side optimiser made of float32 in float64 is rounded on its way out;
any other type is refused.
"""

from __future__ import annotations

from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord
from numpy.lib import format as npy
from numpy.typing import NDArray

from hanse_federation.messages import FloatArray, Parameters, Tensor
from hanse_flower.errors import UnsupportedRecordError
from hanse_flower.internals import NUMPY_SERIALISATION


def parameters_to_record(parameters: Parameters) -> ArrayRecord:
    """Pack parameters for Flower.

    Args:
        parameters: float32 tensors with distinct names; not modified.

    Returns:
        A record with the same names in the same order.

    Raises:
        UnsupportedRecordError: A tensor is not float32, or two share a name.
    """
    arrays: dict[str, Array] = {}
    for tensor in parameters:
        if tensor.name in arrays:
            raise UnsupportedRecordError(
                f"two tensors are named `{tensor.name}`, but a name may stand once only"
            )
        arrays[tensor.name] = _pack(tensor)
    return ArrayRecord(arrays)


def parameters_from_record(record: ArrayRecord) -> Parameters:
    """Unpack parameters that must be float32 already.

    Args:
        record: Arrays in the npy format.

    Returns:
        Tensors in the order of the record; their values are read-only views.

    Raises:
        UnsupportedRecordError: An array is not float32 in the npy format, or
            its bytes do not hold what they announce.
    """
    return tuple(Tensor(name, _float32(name, _view(name, a))) for name, a in record.items())


def rounded_parameters_from_record(record: ArrayRecord) -> Parameters:
    """Unpack parameters of the operator's own making, rounding float64 to float32.

    Flower's FedAdam, FedYogi and FedAdagrad compute their step in float64.

    Args:
        record: Arrays in the npy format, float32 or float64.

    Returns:
        float32 tensors in the order of the record.

    Raises:
        UnsupportedRecordError: As `parameters_from_record`, and when a value is
            NaN or infinite, also after rounding.
    """
    parameters = []
    for name, array in record.items():
        values = _view(name, array)
        if values.dtype == np.float64:
            with np.errstate(over="ignore"):
                values = values.astype(np.float32)
        rounded = _float32(name, values)
        if not np.isfinite(rounded).all():
            raise UnsupportedRecordError(
                f"array `{name}` holds NaN or infinity, but only finite values are sent to brands; "
                "lower the server's learning rate"
            )
        parameters.append(Tensor(name, rounded))
    return tuple(parameters)


def is_within(record: ArrayRecord, maximum: float) -> bool:
    """Tell whether every number is finite and within `maximum` of zero."""
    return all(
        bool(np.isfinite(values).all() and (np.abs(values) <= maximum).all())
        for values in (_view(name, array) for name, array in record.items())
    )


def _pack(tensor: Tensor) -> Array:
    values = _float32(tensor.name, tensor.values)
    header = BytesIO()
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(values))
    return Array(
        dtype=str(values.dtype),
        shape=values.shape,
        stype=NUMPY_SERIALISATION,
        data=b"".join((header.getvalue(), values.data if values.size else b"")),
    )


def _float32(name: str, values: NDArray[Any]) -> FloatArray:
    if values.dtype != np.float32:
        raise UnsupportedRecordError(
            f"expected float32 for array `{name}`, got {values.dtype}; convert it before sending"
        )
    # np.asarray copies only what is not in C order, and unlike
    # np.ascontiguousarray it keeps a zero-dimensional array what it is.
    return np.asarray(values, order="C")


def _view(name: str, array: Array) -> NDArray[Any]:
    if array.stype != NUMPY_SERIALISATION:
        raise UnsupportedRecordError(
            f"expected `{NUMPY_SERIALISATION}` as the format of array `{name}`, "
            f"got `{array.stype}`; build it from a numpy array"
        )
    stream = BytesIO(array.data)
    try:
        version = npy.read_magic(stream)
        shape, fortran_order, dtype = npy.read_array_header_1_0(stream)
    except ValueError as error:
        raise _damaged(name) from error
    offset, size = stream.tell(), prod(shape)
    if version != (1, 0) or dtype.hasobject or len(array.data) - offset != size * dtype.itemsize:
        raise _damaged(name)
    flat = np.frombuffer(array.data, dtype, offset=offset) if size else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _damaged(name: str) -> UnsupportedRecordError:
    return UnsupportedRecordError(
        f"the bytes of array `{name}` are no npy file of the size they announce; "
        "build it from a numpy array"
    )
