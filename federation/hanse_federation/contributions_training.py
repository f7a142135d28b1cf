"""What one round of distributed training sums up, and what the sum does to the model.

Rules: everything here follows from the signed study, its plan and numbers that
were released, so that brand and operator compute the same; nothing looks at
data. A brand contributes the sum of its sampled persons' clipped gradients with
a share of the noise; the sum over brands, divided by the expected number of
persons in it, is the mean gradient; one step against it is what Flower's server
optimiser then sees as the update of one client (DP-FedSGD).

Source: McMahan et al., ICLR 2018 (arXiv:1710.06963), DP-FedSGD, with a person in
the place of a user; Kairouz, Liu, Steinke, ICML 2021 (arXiv:2102.06387), noise
in shares.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hanse_federation.errors import ModelInputError, PrivacyPlanError
from hanse_federation.messages import Parameters, Question, Tensor
from hanse_federation.model import parameter_shapes
from hanse_federation.privacy.distributed_noise import GradientShares
from hanse_federation.privacy.plan import PrivacyPlan
from hanse_policies.documents import Study, TrainModel

LARGEST_BRAND = 2**20
"""Persons of a brand whose expected sample bounds each coordinate of a gradient sum."""
TIMES_THE_FLOOR = 16
"""The same as a multiple of `minimum_persons`, for studies among larger brands."""
LEAST_LIMIT = 64.0
"""Persons that a sample is always allowed, however low the sampling rate."""


def gradient_shares_for(study: Study, plan: PrivacyPlan, width: int) -> GradientShares:
    """Settle how a brand bounds, rounds and noises its gradient sum.

    The limit of a coordinate is a public number, for no brand may be asked its own
    size: the expected sample of a brand of `LARGEST_BRAND` persons (or of
    `TIMES_THE_FLOOR` times the study's `minimum_persons`, if that is more), times
    the clipping norm. A coordinate of a sum over s persons is at most s clipping
    norms, and as much only if each of them has a full-length gradient along that
    one axis; so brands of up to that size are cut in no case that matters, and
    larger ones only as the mean gradient along an axis is large. Cutting costs
    accuracy of a giant's contribution, never privacy. A generous limit costs
    range alone and no noise, as the grid does not depend on it; `bound` then
    decides between 32 and 64 bits a coordinate.

    Args:
        study: One that trains a model in mode `distributed`.
        plan: The study's plan.
        width: Numbers a row, from `input_width`.

    Returns:
        The shares; `step`, `share_sigma` and `bound` are the same on every machine.

    Raises:
        PrivacyPlanError: The study trains nothing.
        NoiseParameterError: No grid suits the study's numbers.
    """
    computation = study.computation
    if not isinstance(computation, TrainModel):
        raise PrivacyPlanError(
            f"expected a study that trains a model, got {study.id}; only training has gradients"
        )
    persons = max(LARGEST_BRAND, TIMES_THE_FLOOR * study.minimum_persons)
    return GradientShares(
        clipping_norm=computation.local.clipping_norm,
        noise_multiplier=plan.noise_multiplier(Question.TRAIN),
        dimension=parameter_count(computation, width),
        shares=plan.shares,
        coordinate_limit=max(LEAST_LIMIT, expected_batch_size(computation, persons)),
    )


def parameter_count(computation: TrainModel, width: int) -> int:
    """Count the numbers that a model learns.

    Args:
        computation: The study's computation.
        width: Numbers a row, from `input_width`.
    """
    return sum(math.prod(shape.shape) for shape in parameter_shapes(computation, width))


def expected_batch_size(computation: TrainModel, public_persons: int) -> float:
    """Compute the public divisor of a noised gradient sum.

    Args:
        computation: The study's computation.
        public_persons: Noised size of the whole cohort, held-out persons included:
            one brand's in mode `local`, all survivors' in mode `distributed`. May be
            below 1.

    Returns:
        Expected sampled training persons, at least 1.
    """
    training_share = 1.0 - computation.evaluation.holdout_share
    return max(1.0, computation.local.sampling_rate * training_share * public_persons)


def stepped_parameters(
    computation: TrainModel,
    parameters: Parameters,
    gradient_sum: NDArray[np.float64],
    public_persons: int,
) -> Parameters:
    """Take one step against the mean gradient.

    Args:
        computation: The study's computation; its learning rate is the step's length.
        parameters: What the gradients were taken at.
        gradient_sum: Decoded sum over brands, shape (d,), in the order of the wire.
        public_persons: Noised size of all contributing brands' cohorts together.

    Returns:
        New parameters, float32; may be beyond what `check_parameters` accepts if
        the run diverges.

    Raises:
        ModelInputError: The sum has another length than the parameters.
    """
    sizes = [tensor.values.size for tensor in parameters]
    if gradient_sum.shape != (sum(sizes),):
        raise ModelInputError(
            f"expected a gradient sum of {sum(sizes)} coordinates, got shape {gradient_sum.shape}"
        )
    step = computation.local.learning_rate / expected_batch_size(computation, public_persons)
    return moved_parameters(parameters, -step * gradient_sum)


def moved_parameters(parameters: Parameters, change: NDArray[np.float64]) -> Parameters:
    """Add a flat change to parameters.

    Args:
        parameters: Where to begin.
        change: As many numbers as the parameters hold, in the order of the wire.

    Returns:
        New parameters, float32.
    """
    parts = np.split(change, np.cumsum([tensor.values.size for tensor in parameters])[:-1])
    return tuple(
        Tensor(tensor.name, (tensor.values + part.reshape(tensor.values.shape)).astype(np.float32))
        for tensor, part in zip(parameters, parts, strict=True)
    )
