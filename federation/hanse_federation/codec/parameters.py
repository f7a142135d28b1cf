"""Parameters to the header and body of a message, and back, without copying values.

Decoded arrays are read-only views of the received bytes.
"""

from __future__ import annotations

import math
import re

import numpy as np

from hanse_federation.codec.checks import check_count, check_distinct
from hanse_federation.errors import InvalidMessageError
from hanse_federation.messages import FloatArray, Parameters, Tensor
from hanse_wire.v1 import messages_pb2 as wire

MAX_TENSORS = 4096
MAX_RANK = 8
MAX_NAME_LENGTH = 128
BYTES_PER_VALUE = 4
MAX_VALUES = (1 << 40) // BYTES_PER_VALUE
"""Beyond what any size cap of the link lets through; keeps the arithmetic small."""

_LAYOUT = np.dtype("<f4")
_NAME = re.compile(r"[A-Za-z0-9_.\-]+")
_BLOCK_VALUES = 1 << 20
"""Values looked at in one go, so that the check needs little memory."""


def parameters_to_wire(parameters: Parameters) -> tuple[wire.Parameters, tuple[memoryview, ...]]:
    """Encode parameters as their layout and views of their values.

    Raises:
        InvalidMessageError: A name, shape, dtype or value is not allowed.
    """
    _check_names(tuple(tensor.name for tensor in parameters))
    body = []
    for tensor in parameters:
        values = tensor.values
        if values.dtype != np.float32:
            raise InvalidMessageError("values", "float32", str(values.dtype))
        _check_shape(values.shape)
        _check_finite(values)
        body.append(np.ascontiguousarray(values, dtype=_LAYOUT).reshape(-1).view(np.uint8).data)
    layout = (wire.Tensor(name=tensor.name, shape=tensor.values.shape) for tensor in parameters)
    return wire.Parameters(tensors=layout), tuple(body)


def parameters_from_wire(message: wire.Parameters, body: memoryview) -> Parameters:
    """Decode parameters from their layout and the body of the message.

    Raises:
        InvalidMessageError: A name or shape is not allowed, the body is not as
            long as the shapes state, or a value is not finite.
    """
    _check_names(tuple(tensor.name for tensor in message.tensors))
    shapes = [_check_shape(tuple(tensor.shape)) for tensor in message.tensors]
    counts = [math.prod(shape) for shape in shapes]
    if sum(counts) * BYTES_PER_VALUE != len(body):
        expected = f"{sum(counts) * BYTES_PER_VALUE} bytes, as the shapes state"
        raise InvalidMessageError("body", expected, f"{len(body)} bytes")
    values = np.frombuffer(body, dtype=_LAYOUT)
    _check_finite(values)
    tensors = []
    offset = 0
    for tensor, shape, count in zip(message.tensors, shapes, counts, strict=True):
        tensors.append(Tensor(tensor.name, values[offset : offset + count].reshape(shape)))
        offset += count
    return tuple(tensors)


def _check_names(names: tuple[str, ...]) -> None:
    check_count("tensors", len(names), 1, MAX_TENSORS)
    for name in names:
        if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
            expected = f"1 to {MAX_NAME_LENGTH} characters of A-Z a-z 0-9 _ . -"
            raise InvalidMessageError("name", expected, f"{len(name)} characters that are not")
    check_distinct("name", names)


def _check_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) > MAX_RANK:
        raise InvalidMessageError("shape", f"at most {MAX_RANK} axes", f"{len(shape)}")
    if 0 in shape:
        raise InvalidMessageError("shape", "axes of at least 1", "an axis of 0")
    if math.prod(shape) > MAX_VALUES:
        raise InvalidMessageError("shape", f"at most {MAX_VALUES} values", "more")
    return shape


def _check_finite(values: FloatArray) -> None:
    flat = values.reshape(-1)
    for start in range(0, flat.size, _BLOCK_VALUES):
        if not np.isfinite(flat[start : start + _BLOCK_VALUES]).all():
            raise InvalidMessageError("values", "finite numbers", "NaN or infinity")
