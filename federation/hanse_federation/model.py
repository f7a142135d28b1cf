"""What a study's model is: its parameters, their first values, and its forward pass.

Rules: numpy only, so that an operator and a scoring brand never need torch.
Parameters are float32, in a fixed order, named `layer0.weight`, `layer0.bias`,
`layer1.weight`, ...; a weight is (outputs, inputs). Whoever receives
parameters checks them with `check_parameters` before use: names, order, shapes,
finiteness, and a public bound on their size. Within that bound, and with
features in [-1, 1], no forward or backward pass can overflow, so a hostile
sender cannot choose parameters under which one person's row fails visibly.
The first values follow from the signed study alone: both sides derive them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import ModelInputError, ModelParametersError
from hanse_federation.messages import FloatArray, Parameters, Tensor
from hanse_policies.documents import (
    CategoricalFeature,
    Feature,
    MultilayerPerceptron,
    TrainModel,
)

PARAMETER_LIMIT = 1.0e4
"""Largest absolute value of a parameter that either side accepts."""


@dataclass(frozen=True, slots=True)
class ParameterShape:
    """Name and shape of one parameter array."""

    name: str
    shape: tuple[int, ...]


def input_width(features: Sequence[Feature]) -> int:
    """Count the numbers that a person's features become.

    A numeric feature is one number; a categorical one is a number a category
    and one more for `other`.
    """
    return sum(
        len(feature.categories) + 1 if isinstance(feature, CategoricalFeature) else 1
        for feature in features
    )


def parameter_shapes(computation: TrainModel, width: int) -> tuple[ParameterShape, ...]:
    """List the model's parameter arrays, in their order on the wire.

    Args:
        computation: The study's computation.
        width: Numbers a row, from `input_width`; at least 1.
    """
    hidden = computation.model.hidden if isinstance(computation.model, MultilayerPerceptron) else ()
    sizes = (width, *hidden, 1)
    return tuple(
        shape
        for layer, (inputs, outputs) in enumerate(pairwise(sizes))
        for shape in (
            ParameterShape(f"layer{layer}.weight", (outputs, inputs)),
            ParameterShape(f"layer{layer}.bias", (outputs,)),
        )
    )


def initial_parameters(computation: TrainModel, width: int, study_digest: str) -> Parameters:
    """Make the parameters that round 1 starts from.

    Logistic regression starts at zero. A multilayer perceptron starts at He's
    uniform values, from a SHAKE-256 stream over the study's digest, with zero
    biases: the same on every machine, and no one's choice.

    Args:
        computation: The study's computation.
        width: Numbers a row, from `input_width`.
        study_digest: SHA-256 of the signed study, 64 hexadecimal digits.

    Source: He et al., ICCV 2015 (arXiv:1502.01852), section 2.2.
    """
    random = isinstance(computation.model, MultilayerPerceptron)
    return tuple(
        Tensor(shape.name, _he_uniform(shape, study_digest))
        if random and shape.name.endswith(".weight")
        else Tensor(shape.name, np.zeros(shape.shape, dtype=np.float32))
        for shape in parameter_shapes(computation, width)
    )


def check_parameters(computation: TrainModel, width: int, parameters: Parameters) -> None:
    """Refuse parameters that are not this model's, or that no sound run produces.

    The verdict depends on public things alone, so refusing says nothing of any row.

    Args:
        computation: The study's computation.
        width: Numbers a row, from `input_width`.
        parameters: As received.

    Raises:
        ModelParametersError: Names, order, dtype or shapes differ, or a value is
            not finite or beyond `PARAMETER_LIMIT`.
    """
    expected = parameter_shapes(computation, width)
    if len(parameters) != len(expected):
        raise ModelParametersError(
            f"expected {len(expected)} parameter arrays for this study's model, "
            f"got {len(parameters)}"
        )
    for shape, tensor in zip(expected, parameters, strict=True):
        if tensor.name != shape.name or tensor.values.shape != shape.shape:
            raise ModelParametersError(
                f"expected {shape.name} of shape {shape.shape} in this study's model, "
                f"got {tensor.values.shape} in its place"
            )
        if tensor.values.dtype != np.float32:
            raise ModelParametersError(
                f"expected {shape.name} as float32, got {tensor.values.dtype}"
            )
        # NaN fails the comparison too.
        if not np.all(np.abs(tensor.values) <= PARAMETER_LIMIT):
            raise ModelParametersError(
                f"expected values of {shape.name} within ±{PARAMETER_LIMIT:g}, "
                "got larger ones or none: the run diverged, or its sender is not sound; "
                "lower the study's learning rate"
            )


def predict(
    computation: TrainModel, parameters: Parameters, matrix: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Score rows with a model: the probability that a person's label is 1.

    Args:
        computation: The study's computation.
        parameters: The model's parameters.
        matrix: Encoded features, shape (rows, width), float32 in [-1, 1].

    Returns:
        Probabilities in [0, 1], shape (rows,), float64.

    Raises:
        ModelInputError: The matrix is not (rows, width) for this study's features.
        ModelParametersError: See `check_parameters`.
    """
    width = input_width(computation.features)
    if matrix.ndim != 2 or matrix.shape[1] != width:
        raise ModelInputError(
            f"expected a matrix of {width} encoded columns for this study's features, "
            f"got shape {matrix.shape}"
        )
    check_parameters(computation, width, parameters)
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    activation = matrix.astype(np.float64)
    for index, (weight, bias) in enumerate(layers):
        activation = activation @ weight.values.T.astype(np.float64) + bias.values
        if index < len(layers) - 1:
            activation = np.maximum(activation, 0.0)
    return _sigmoid(activation[:, 0])


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map logits to probabilities without overflow: exp is of a negative number only."""
    tail = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, tail) / (1.0 + tail)


def _he_uniform(shape: ParameterShape, study_digest: str) -> FloatArray:
    """Draw He's uniform weights for one layer from a public stream."""
    outputs, inputs = shape.shape
    seed = f"hanse-initial-parameters|{study_digest}|{shape.name}".encode()
    stream = hashlib.shake_256(seed).digest(8 * outputs * inputs)
    # The top 53 bits of each word, as a number in [0, 1) that float64 holds exactly.
    unit = (np.frombuffer(stream, dtype="<u8") >> np.uint64(11)) * 2.0**-53
    bound = np.sqrt(6.0 / inputs)
    weights: FloatArray = ((2.0 * unit - 1.0) * bound).reshape(shape.shape).astype(np.float32)
    return weights
