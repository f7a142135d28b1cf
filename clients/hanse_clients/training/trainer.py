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
from hanse_clients.training.persons import TrainingPersons
from hanse_federation.contributions_training import expected_batch_size
from hanse_federation.errors import ModelParametersError
from hanse_federation.messages import FloatArray, Parameters
from hanse_federation.model import check_parameters, input_width
from hanse_federation.randomness import Randomness
from hanse_policies.documents import TrainModel


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
        local = computation.local
        self._computation = computation
        self._persons = TrainingPersons(computation, matrix, labels)
        self._randomness = randomness
        self._network = Network(computation, self._persons.width)
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
        check_parameters(self._computation, self._persons.width, parameters)
        self._network.load(parameters)
        for _ in range(self._computation.local.steps_per_round):
            self._step()
            parameters = self._network.save()
            try:
                # The parameters are noised already, so this verdict reveals nothing more.
                check_parameters(self._computation, self._persons.width, parameters)
            except ModelParametersError as error:
                raise TrainingDivergedError(
                    "expected the noised parameters to stay bounded, got a diverging run; "
                    "lower the learning rate or raise epsilon or the number of persons"
                ) from error
        return parameters

    def _step(self) -> None:
        """Take one private step on one Poisson sample, in parts that bound the memory."""
        parts = self._persons.sample(self._network.size, self._randomness)
        for index, part in enumerate(parts):
            self._network.backward(part.matrix, part.labels)
            if index < len(parts) - 1:
                self._optimizer.signal_skip_step()
            self._optimizer.step()
            self._optimizer.zero_grad()


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
