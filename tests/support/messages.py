"""Hypothesis strategies for every message that can cross."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from hanse_federation.messages import (
    Binding,
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Parameters,
    Refusal,
    Reply,
    Request,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_policies.documents import BrandId

SENDER = BrandId("alpha")

hexadecimal = st.text("0123456789abcdef", min_size=64, max_size=64)
bindings = st.builds(
    Binding,
    run=st.integers(0, 2**63 - 1),
    study=hexadecimal,
    round_number=st.integers(0, 1_000_000),
    request=hexadecimal.map(lambda text: text[:32]),
)
names = st.from_regex(r"[A-Za-z0-9_.\-]{1,128}", fullmatch=True)
shapes = st.lists(st.integers(1, 4), max_size=8).map(tuple).filter(lambda s: math.prod(s) <= 256)
numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def tensors(draw: st.DrawFn, name: str) -> Tensor:
    shape = draw(shapes)
    count = math.prod(shape)
    values = draw(st.lists(numbers, min_size=count, max_size=count))
    return Tensor(name, np.array(values, dtype=np.float32).reshape(shape))


@st.composite
def parameter_sets(draw: st.DrawFn) -> Parameters:
    chosen = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    return tuple(draw(tensors(name)) for name in chosen)


request_payloads = st.one_of(
    st.just(CohortRequest()),
    st.builds(TrainRequest, parameter_sets()),
    st.builds(EvaluateRequest, parameter_sets()),
    st.just(MeasureRequest()),
)
codes = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,4}", fullmatch=True)
reply_payloads = st.one_of(
    st.builds(CohortReply, st.integers(-(2**53), 2**53)),
    st.builds(TrainReply, parameter_sets(), st.integers(1, 2**53)),
    st.builds(
        CellsReply,
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20).map(tuple),
    ),
    st.builds(Refusal, codes),
)
requests = st.builds(Request, bindings, request_payloads, st.floats(0, 86_400, exclude_min=True))
replies = st.builds(Reply, bindings, st.just(SENDER), reply_payloads)


def plain(message: object) -> object:
    """Make a message comparable: arrays become their shape, dtype and bytes."""
    if isinstance(message, Tensor):
        values = message.values
        return (message.name, values.shape, str(values.dtype), values.tobytes())
    if isinstance(message, np.ndarray):
        return (message.shape, str(message.dtype), message.tobytes())
    if isinstance(message, tuple):
        return tuple(plain(part) for part in message)
    if hasattr(message, "__dataclass_fields__"):
        fields = type(message).__dataclass_fields__
        return (type(message), *(plain(getattr(message, name)) for name in fields))
    return message
