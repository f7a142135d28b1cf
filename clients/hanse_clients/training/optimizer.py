"""Opacus' optimizer with Hanse's bound and Hanse's noise.

Rules: Opacus keeps the order clip, add noise, scale, step; the three parts it
gets wrong for us are replaced. Clipping is exact (`clipped_sum`). Noise is the
discrete Gaussian on a grid from the randomness handed in: torch's own generator,
which keeps 32 bits of a seed, is never asked. The divisor is the public
expected sample size, never the size of a sample. A step without persons is a
step: noise alone. This module knows no epsilon and no accountant.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from opacus.optimizers import DPOptimizer
from torch import nn

from hanse_clients.training.clipping import clipped_sum
from hanse_clients.training.network import gradient_rows
from hanse_federation.privacy.mechanism import GaussianGrid
from hanse_federation.randomness import Randomness


class GridNoiseOptimizer(DPOptimizer):  # type: ignore[misc]
    """Takes private gradient steps on parameters that hold one gradient a person."""

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        *,
        clipping_norm: float,
        noise_multiplier: float,
        expected_batch_size: float,
        randomness: Randomness,
    ) -> None:
        """Wrap an optimizer.

        Args:
            optimizer: Takes the noised step; its parameters belong to a GradSampleModule.
            clipping_norm: Bound C > 0 on one person's gradient over all parameters.
            noise_multiplier: Standard deviation of the noise over C, > 0.
            expected_batch_size: Public divisor, > 0.
            randomness: Where the noise comes from.
        """
        super().__init__(
            optimizer,
            noise_multiplier=noise_multiplier,
            max_grad_norm=clipping_norm,
            expected_batch_size=expected_batch_size,
            loss_reduction="mean",
        )
        self._randomness = randomness
        dimension = sum(parameter.numel() for parameter in self.params)
        self._grid = GaussianGrid(clipping_norm, noise_multiplier, dimension)

    def clip_and_accumulate(self) -> None:
        """Add the clipped gradients of one physical batch to `summed_grad`.

        Raises:
            GradientShapeError: A parameter does not hold one gradient a person of
                exactly one batch.
        """
        total = clipped_sum(gradient_rows(self.params), self.max_grad_norm)
        for parameter, part in zip(self.params, self._split(total), strict=True):
            if parameter.summed_grad is None:
                parameter.summed_grad = part
            else:
                parameter.summed_grad += part

    def add_noise(self) -> None:
        """Set `grad` to the summed gradient plus discrete Gaussian noise."""
        summed = np.concatenate([p.summed_grad.reshape(-1).numpy() for p in self.params])
        noised = self._grid.noise(summed, self._randomness)
        for parameter, part in zip(self.params, self._split(noised), strict=True):
            parameter.grad = part.to(parameter.dtype)

    def _split(self, vector: NDArray[np.float64]) -> list[torch.Tensor]:
        """Cut a flat vector into float64 tensors shaped as the parameters."""
        parameters: list[nn.Parameter] = self.params
        sizes = [parameter.numel() for parameter in parameters]
        parts = torch.split(torch.from_numpy(vector), sizes)
        return [part.reshape(p.shape) for part, p in zip(parts, parameters, strict=True)]
