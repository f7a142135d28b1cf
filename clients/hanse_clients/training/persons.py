"""One brand's training persons, and Poisson samples of them in parts that bound the memory.

Rules: a row is a person; a row that is not what it should be is a person who is
absent, never an error (a refusal would tell of one person without noise); the
size of a sample is private, and an empty sample is one empty part, so whoever
works through parts does the same for nobody as for many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hanse_clients.training.sampler import PoissonSampler
from hanse_federation.errors import ModelInputError
from hanse_federation.messages import FloatArray
from hanse_federation.model import input_width
from hanse_federation.randomness import Randomness
from hanse_policies.documents import TrainModel

GRADIENT_NUMBERS = 2**22
"""Per-person gradients held at once: 16 MiB in float32. Larger samples go through in parts."""


@dataclass(frozen=True, slots=True, eq=False)
class SamplePart:
    """Some of a sample's persons.

    Attributes:
        matrix: Encoded rows, shape (persons, width), float32.
        labels: 0 or 1, shape (persons,), float32.
    """

    matrix: torch.Tensor
    labels: torch.Tensor


class TrainingPersons:
    """The persons that one brand trains on, as tensors."""

    def __init__(
        self, computation: TrainModel, matrix: FloatArray, labels: NDArray[np.generic]
    ) -> None:
        """Copy the rows that can be trained on.

        Rows that are not in [-1, 1], or whose label is neither 0 nor 1, are left out.

        Args:
            computation: The study's computation.
            matrix: Encoded features of the training persons (held-out persons left
                out), shape (persons, width), float32 in [-1, 1]; may be of nobody.
            labels: 0 or 1 (any number or boolean dtype), shape (persons,).

        Raises:
            ModelInputError: The shapes are not those of the study.
        """
        width = input_width(computation.features)
        if matrix.ndim != 2 or matrix.shape[1] != width or labels.shape != matrix.shape[:1]:
            raise ModelInputError(
                f"expected rows of {width} encoded columns and one label each, "
                f"got {matrix.ndim}-dimensional features and {labels.ndim}-dimensional labels "
                "of other shapes"
            )
        usable = _usable(matrix, labels)
        self.width = width
        self._matrix = torch.tensor(matrix[usable], dtype=torch.float32)
        self._labels = torch.tensor(labels[usable].astype(np.float32))
        self._sampler = PoissonSampler(len(self._matrix), computation.local.sampling_rate)

    def sample(self, parameters: int, randomness: Randomness) -> tuple[SamplePart, ...]:
        """Draw one Poisson sample at the study's rate.

        Args:
            parameters: Numbers in one person's gradient; decides how many persons
                a part has.
            randomness: Where the draws come from.

        Returns:
            The sample in parts, at least one; each person drawn is in one part.
        """
        drawn = torch.from_numpy(self._sampler.draw(randomness))
        positions = torch.split(drawn, max(1, GRADIENT_NUMBERS // parameters))
        return tuple(SamplePart(self._matrix[part], self._labels[part]) for part in positions)


def _usable(matrix: FloatArray, labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell of each row whether it is one to train on; NaN fails each comparison."""
    is_bounded = (np.abs(matrix) <= 1.0).all(axis=1)
    usable: NDArray[np.bool_] = is_bounded & ((labels == 0) | (labels == 1))
    return usable
