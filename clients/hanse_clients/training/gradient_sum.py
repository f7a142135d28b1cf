"""One brand's private work in one round of distributed training: a gradient sum and a noise share.

Rules: the same persons, Poisson sampling, per-person gradients and exact
clipping as in mode `local` (`persons.py`, `network.py`, `clipping.py`); the bound on
one person is the one that the noise is sized for; what comes out is integers
with a share of the noise, which by itself protects less than the study
promises and must leave masked only. No count, loss or metric leaves here, and
no row can make it fail: nobody, an empty sample and rows that are not what they
should be end in noise alone. No step is taken here: the server divides the sum
by a public number and steps.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from hanse_clients.training.clipping import clipped_sum
from hanse_clients.training.network import Network, gradient_rows
from hanse_clients.training.persons import TrainingPersons
from hanse_federation.messages import FloatArray, Parameters
from hanse_federation.model import check_parameters
from hanse_federation.privacy.distributed_noise import GradientShares
from hanse_federation.randomness import Randomness
from hanse_policies.documents import TrainModel


class GradientSum:
    """Sums a sample's clipped gradients on one brand's training persons, a round a call."""

    def __init__(
        self,
        computation: TrainModel,
        matrix: FloatArray,
        labels: NDArray[np.generic],
        *,
        shares: GradientShares,
        randomness: Randomness,
    ) -> None:
        """Take the rows and build the model.

        Uses one torch thread in the whole process, as `Trainer` does.

        Args:
            computation: The study's computation.
            matrix: Encoded features of the training persons; see `TrainingPersons`.
            labels: 0 or 1, shape (persons,); see `TrainingPersons`.
            shares: Bound, grid and noise, from `gradient_shares_for`.
            randomness: Where sample, rounding and noise come from.

        Raises:
            ModelInputError: The shapes are not those of the study.
        """
        torch.set_num_threads(1)
        self._computation = computation
        self._persons = TrainingPersons(computation, matrix, labels)
        self._network = Network(computation, self._persons.width)
        self._shares = shares
        self._randomness = randomness

    def share(self, parameters: Parameters) -> NDArray[np.int64]:
        """Do one round: sample, sum, round to the grid, add a share of the noise.

        Args:
            parameters: The round's common starting point.

        Returns:
            Grid steps, shape (d,), int64, in the order of the wire, each within
            `shares.bound` of zero.

        Raises:
            ModelParametersError: The starting point is not of this study's model.
            NoiseParameterError: The shares are for another number of coordinates.
        """
        check_parameters(self._computation, self._persons.width, parameters)
        self._network.load(parameters)
        return self._shares.add_share(self._sampled_sum(), self._randomness)

    def _sampled_sum(self) -> NDArray[np.float64]:
        """Sum the clipped gradients of one Poisson sample, in parts that bound the memory.

        Parts are multiples of one binary grid, so adding them is exact up to 2^23
        persons; beyond, the summation slack of `GradientShares` covers the rounding.
        """
        total = np.zeros(self._network.size)
        for part in self._persons.sample(self._network.size, self._randomness):
            self._network.backward(part.matrix, part.labels)
            total += clipped_sum(
                gradient_rows(self._network.parameters), self._shares.clipping_norm
            )
            self._network.clear()
        return total
