"""Small training computations and rows for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hanse_federation.messages import FloatArray, Parameters
from hanse_policies.documents import (
    LocalTraining,
    LogisticRegression,
    MultilayerPerceptron,
    NumericFeature,
    TrainModel,
)


def computation(
    *,
    width: int = 3,
    hidden: tuple[int, ...] = (),
    steps: int = 4,
    rate: float = 0.5,
    clip: float = 1.0,
    learning_rate: float = 0.5,
) -> TrainModel:
    """Declare a model over `width` numbers that are in [-1, 1] already."""
    return TrainModel(
        model=MultilayerPerceptron(hidden=hidden) if hidden else LogisticRegression(),
        label="label",
        features=tuple(NumericFeature(column=f"x{i}", lower=-1.0, upper=1.0) for i in range(width)),
        rounds=3,
        local=LocalTraining(
            steps_per_round=steps,
            sampling_rate=rate,
            clipping_norm=clip,
            learning_rate=learning_rate,
        ),
    )


def rows(persons: int, width: int = 3, seed: int = 7) -> tuple[FloatArray, NDArray[np.float64]]:
    """Make persons whose label leans on their first number."""
    generator = np.random.default_rng(seed)
    matrix = generator.uniform(-1, 1, (persons, width)).astype(np.float32)
    label = (matrix[:, 0] + generator.normal(0, 0.3, persons) > 0).astype(np.float64)
    return matrix, label


def flat(parameters: Parameters) -> NDArray[np.float64]:
    """Lay all parameters end to end."""
    return np.concatenate([tensor.values.ravel() for tensor in parameters]).astype(np.float64)
