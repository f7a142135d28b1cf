"""The study's model as a torch module with per-person gradients, and its parameters.

Rules: plain linear layers and ReLU only; no layer mixes persons (no batch
statistics, no buffers); Opacus computes per-person gradients by hooks, with the
loss a sum over persons. Opacus' ghost and functorch modes are not used: they do
not clip for some shapes, or fail on an empty sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from opacus.grad_sample import GradSampleModule
from torch import nn

from hanse_clients.errors import GradientShapeError
from hanse_federation.messages import Parameters, Tensor
from hanse_federation.model import parameter_shapes
from hanse_policies.documents import MultilayerPerceptron, TrainModel


class Network:
    """A model whose backward pass leaves one gradient a person on each parameter."""

    def __init__(self, computation: TrainModel, width: int) -> None:
        """Build the module once; `load` gives it values.

        Args:
            computation: The study's computation.
            width: Numbers a row of the matrix.
        """
        model = computation.model
        sizes = (width, *(model.hidden if isinstance(model, MultilayerPerceptron) else ()), 1)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self._shapes = parameter_shapes(computation, width)
        self._module = GradSampleModule(
            nn.Sequential(*layers[:-1]), batch_first=True, loss_reduction="sum", strict=True
        )
        self._parameters: list[nn.Parameter] = list(self._module.parameters())

    @property
    def parameters(self) -> list[nn.Parameter]:
        """Return the module's parameters, in the order of the wire."""
        return self._parameters

    @property
    def size(self) -> int:
        """Count the numbers that the model learns."""
        return sum(parameter.numel() for parameter in self._parameters)

    def load(self, parameters: Parameters) -> None:
        """Take on values that `check_parameters` has passed."""
        with torch.no_grad():
            for own, given in zip(self._parameters, parameters, strict=True):
                own.copy_(torch.tensor(given.values))

    def save(self) -> Parameters:
        """Copy the present values out."""
        return tuple(
            Tensor(shape.name, parameter.detach().numpy().astype(np.float32, copy=True))
            for shape, parameter in zip(self._shapes, self._parameters, strict=True)
        )

    def backward(self, matrix: torch.Tensor, labels: torch.Tensor) -> None:
        """Leave each person's gradient of the log loss on the parameters.

        Args:
            matrix: Encoded rows of one batch, shape (persons, width).
            labels: 0 or 1, shape (persons,).
        """
        if len(matrix) == 0:
            for parameter in self._parameters:
                parameter.grad_sample = torch.zeros((0, *parameter.shape))  # type: ignore[attr-defined]
            return
        # The hooks on the first layer want an input that takes part in the backward pass.
        logits = self._module(matrix.requires_grad_())
        loss = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels, reduction="sum")
        loss.backward()  # type: ignore[no-untyped-call]

    def clear(self) -> None:
        """Forget the gradients of the last batch, so that the next one takes their place."""
        self._module.zero_grad()


def gradient_rows(parameters: Sequence[nn.Parameter]) -> NDArray[np.float32]:
    """Lay the per-person gradients of all parameters side by side.

    Args:
        parameters: After the backward pass of exactly one batch.

    Returns:
        One row a person, shape (persons, d), in the order of the wire.

    Raises:
        GradientShapeError: A parameter does not hold one gradient a person of
            exactly one batch.
    """
    persons = None
    rows = []
    for parameter in parameters:
        sample = getattr(parameter, "grad_sample", None)
        if not isinstance(sample, torch.Tensor) or sample.shape[1:] != parameter.shape:
            raise GradientShapeError(
                f"expected one gradient of shape {tuple(parameter.shape)} a person from one "
                "batch, got something else; the model's layers do not keep persons apart"
            )
        if persons is not None and len(sample) != persons:
            raise GradientShapeError(
                "expected gradients of the same persons on every parameter, "
                "got different numbers of them"
            )
        persons = len(sample)
        rows.append(sample.detach().reshape(persons, parameter.numel()).numpy())
    return np.concatenate(rows, axis=1)
