"""One person's influence on what training releases, measured on the real path without noise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hanse_clients.training import Trainer
from hanse_clients.training.network import Network
from hanse_clients.training.optimizer import GridNoiseOptimizer
from hanse_federation.messages import FloatArray, Parameters, Tensor
from hanse_federation.model import parameter_shapes
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import TrainModel
from tests.support.training import computation, flat

HIDDEN = [(), (7,), (5, 4)]
CLIP = 0.75
WIDTH = 4


def clipped_gradient_sum(
    study: TrainModel, parameters: Parameters, matrix: FloatArray, labels: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Run one step up to, and without, its noise."""
    network = Network(study, WIDTH)
    network.load(parameters)
    optimizer = GridNoiseOptimizer(
        torch.optim.SGD(network.parameters, lr=1.0),
        clipping_norm=study.local.clipping_norm,
        noise_multiplier=1.0,
        expected_batch_size=1.0,
        randomness=SeededRandomness(0),
    )
    network.backward(torch.tensor(matrix), torch.tensor(labels))
    optimizer.clip_and_accumulate()
    return np.concatenate([p.summed_grad.numpy().ravel() for p in network.parameters])  # type: ignore[attr-defined]


def parameters_of(study: TrainModel, scale: float) -> Parameters:
    generator = np.random.default_rng(3)
    return tuple(
        Tensor(s.name, (scale * generator.normal(size=s.shape)).clip(-1e4, 1e4).astype(np.float32))
        for s in parameter_shapes(study, WIDTH)
    )


def adversarial_rows() -> tuple[FloatArray, NDArray[np.float32]]:
    """Rows at the corners of the feature space, at zero, repeated, and contradicting labels."""
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=WIDTH)))
    matrix = np.concatenate([corners, corners[:1], corners[:1], np.zeros((1, WIDTH))])
    labels = np.arange(len(matrix)) % 2
    return matrix.astype(np.float32), labels.astype(np.float32)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_leaving_any_person_out_changes_the_clipped_sum_by_at_most_the_norm(
    hidden: tuple[int, ...], scale: float
) -> None:
    study = computation(width=WIDTH, hidden=hidden, clip=CLIP)
    parameters = parameters_of(study, scale)
    matrix, labels = adversarial_rows()
    whole = clipped_gradient_sum(study, parameters, matrix, labels)
    for person in range(len(matrix)):
        without = clipped_gradient_sum(
            study, parameters, np.delete(matrix, person, axis=0), np.delete(labels, person)
        )
        assert np.linalg.norm(whole - without) <= CLIP


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_bound_is_reached_so_the_test_above_can_fail(hidden: tuple[int, ...]) -> None:
    study = computation(width=WIDTH, hidden=hidden, clip=CLIP)
    matrix, labels = adversarial_rows()
    parameters = parameters_of(study, 10.0)
    changes = [
        np.linalg.norm(
            clipped_gradient_sum(study, parameters, matrix[i : i + 1], labels[i : i + 1])
        )
        for i in range(len(matrix))
    ]
    assert max(changes) == pytest.approx(CLIP, rel=1e-6)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_only_person_can_leave(hidden: tuple[int, ...]) -> None:
    study = computation(width=WIDTH, hidden=hidden, clip=CLIP)
    nobody = clipped_gradient_sum(
        study,
        parameters_of(study, 1.0),
        np.zeros((0, WIDTH), dtype=np.float32),
        np.zeros(0, dtype=np.float32),
    )
    assert not nobody.any()


def test_the_whole_step_distinguishes_a_worst_case_person_no_better_than_claimed() -> None:
    """Audit of the mechanism: with and without a canary, the best statistic has mu = 1 / sigma.

    Without sampling one step is a Gaussian mechanism with mu = 1 / 0.5 = 2. The
    canary's clipped gradient is known, so the projection on it is the optimal
    statistic, and the two means differ by mu of its standard deviations.
    """
    study = computation(width=WIDTH, steps=1, rate=1.0, clip=0.1, learning_rate=1.0)
    base = np.zeros((2, WIDTH), dtype=np.float32)
    canary = np.ones((1, WIDTH), dtype=np.float32)
    start = parameters_of(study, 0.0)
    runs = 1500

    def statistics(matrix: FloatArray, labels: list[int], seed: int) -> NDArray[np.float64]:
        trainer = Trainer(
            study,
            matrix,
            np.array(labels),
            noise_multiplier=0.5,
            public_persons=1,
            randomness=SeededRandomness(seed),
        )
        return np.array([flat(trainer.train(start)).sum() for _ in range(runs)])

    without = statistics(base, [0, 1], 1)
    present = statistics(np.concatenate([base, canary]), [0, 1, 1], 2)
    spread = np.sqrt((without.var(ddof=1) + present.var(ddof=1)) / 2)
    measured = (present.mean() - without.mean()) / spread
    error = np.sqrt(2 / runs) * np.sqrt(1 + measured**2 / 8)
    assert abs(measured - 2.0) < 5 * error
