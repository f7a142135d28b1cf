"""One brand's private work in one round of training: DP-SGD over its persons.

Rules: a row is a person, so what is clipped is a person's whole influence on a
step; every step draws a fresh Poisson sample, clips, adds noise, and divides by
a public number; what comes out is the parameters after the study's number of
steps, a function of noised sums alone. No count, loss or metric leaves here.
No person can make training fail: nobody, one class of labels and a row that is
not what it should be are data like all others, and the noise is the same.
Whether enough budget is left is settled before a trainer exists: this module
takes a noise multiplier and knows neither epsilon nor accountant.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from hanse_clients.errors import (
    TrainingDivergedError,
)
from hanse_clients.training.network import Network
from hanse_clients.training.optimizer import GridNoiseOptimizer
from hanse_clients.training.sampler import PoissonSampler
from hanse_federation.errors import ModelInputError, ModelParametersError
from hanse_federation.messages import FloatArray, Parameters
from hanse_federation.model import check_parameters, input_width
from hanse_federation.randomness import Randomness
from hanse_policies.documents import TrainModel

GRADIENT_NUMBERS = 2**22
"""Per-person gradients held at once: 16 MiB in float32. Larger samples go through in parts."""


class Trainer:
    """Trains a study's model on one brand's training persons, a round a call.

    Building one is cheap (milliseconds), so a round whose consents changed takes
    a new one. The first in a process also pays about a second for torch's lazy
    imports; `warm_up` pays it earlier.
    """

    def __init__(
        self,
        computation: TrainModel,
        matrix: FloatArray,
        labels: NDArray[np.generic],
        *,
        noise_multiplier: float,
        public_persons: int,
        randomness: Randomness,
    ) -> None:
        """Take the rows and build the model.

        Rows that are not in [-1, 1], or whose label is neither 0 nor 1, are left out.

        Uses one torch thread in the whole process: sums then have one order, and
        a brand's process leaves its other cores alone.

        Args:
            computation: The study's computation.
            matrix: Encoded features of the training persons (held-out persons left
                out), shape (persons, width), float32 in [-1, 1]; may be of nobody.
            labels: 0 or 1 (any number or boolean dtype), shape (persons,).
            noise_multiplier: Standard deviation of the noise of one step over the
                clipping norm, > 0.
            public_persons: Noised size of the whole cohort as already released, held-out
                persons included; may be below 1. Never the true number.
            randomness: Where samples and noise come from.

        Raises:
            ModelInputError: The shapes are not those of the study.
        """
        torch.set_num_threads(1)
        _check_shapes(computation, matrix, labels)
        usable = _usable(matrix, labels)
        local = computation.local
        self._computation = computation
        self._width = matrix.shape[1]
        self._matrix = torch.tensor(matrix[usable], dtype=torch.float32)
        self._labels = torch.tensor(labels[usable].astype(np.float32))
        self._randomness = randomness
        self._sampler = PoissonSampler(len(self._matrix), local.sampling_rate)
        self._network = Network(computation, self._width)
        self._optimizer = GridNoiseOptimizer(
            torch.optim.SGD(self._network.parameters, lr=local.learning_rate),
            clipping_norm=local.clipping_norm,
            noise_multiplier=noise_multiplier,
            expected_batch_size=expected_batch_size(computation, public_persons),
            randomness=randomness,
        )

    def train(self, parameters: Parameters) -> Parameters:
        """Do one round: the study's number of private steps from given parameters.

        Args:
            parameters: The round's common starting point.

        Returns:
            The parameters after the last step, private by the noise in every step.

        Raises:
            ModelParametersError: The starting point is not of this study's model.
            TrainingDivergedError: The noised parameters grew without bound.
        """
        check_parameters(self._computation, self._width, parameters)
        self._network.load(parameters)
        for _ in range(self._computation.local.steps_per_round):
            self._step()
            parameters = self._network.save()
            try:
                # The parameters are noised already, so this verdict reveals nothing more.
                check_parameters(self._computation, self._width, parameters)
            except ModelParametersError as error:
                raise TrainingDivergedError(
                    "expected the noised parameters to stay bounded, got a diverging run; "
                    "lower the learning rate or raise epsilon or the number of persons"
                ) from error
        return parameters

    def _step(self) -> None:
        """Take one private step on one Poisson sample, in parts that bound the memory."""
        sample = torch.from_numpy(self._sampler.draw(self._randomness))
        parts = torch.split(sample, max(1, GRADIENT_NUMBERS // self._network.size))
        for index, part in enumerate(parts):
            self._network.backward(self._matrix[part], self._labels[part])
            if index < len(parts) - 1:
                self._optimizer.signal_skip_step()
            self._optimizer.step()
            self._optimizer.zero_grad()


def expected_batch_size(computation: TrainModel, public_persons: int) -> float:
    """Compute the public divisor of a step's noised sum.

    Args:
        computation: The study's computation.
        public_persons: Noised size of the whole cohort; may be below 1.

    Returns:
        Expected sampled training persons, at least 1.
    """
    training_share = 1.0 - computation.evaluation.holdout_share
    return max(1.0, computation.local.sampling_rate * training_share * public_persons)


def warm_up(computation: TrainModel, randomness: Randomness) -> None:
    """Pay torch's and Opacus' lazy imports before the first round, on two made-up rows.

    Args:
        computation: The study's computation, or any other.
        randomness: Where samples and noise come from.
    """
    width = input_width(computation.features)
    trainer = Trainer(
        computation,
        np.zeros((2, width), dtype=np.float32),
        np.array([0, 1]),
        noise_multiplier=1.0,
        public_persons=2,
        randomness=randomness,
    )
    trainer._step()


def _check_shapes(computation: TrainModel, matrix: FloatArray, labels: NDArray[np.generic]) -> None:
    """Refuse arrays of other shapes, whatever they hold."""
    width = input_width(computation.features)
    if matrix.ndim != 2 or matrix.shape[1] != width or labels.shape != matrix.shape[:1]:
        raise ModelInputError(
            f"expected rows of {width} encoded columns and one label each, "
            f"got {matrix.ndim}-dimensional features and {labels.ndim}-dimensional labels "
            "of other shapes"
        )


def _usable(matrix: FloatArray, labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell of each row whether it is one to train on; NaN fails each comparison."""
    is_bounded = (np.abs(matrix) <= 1.0).all(axis=1)
    usable: NDArray[np.bool_] = is_bounded & ((labels == 0) | (labels == 1))
    return usable
