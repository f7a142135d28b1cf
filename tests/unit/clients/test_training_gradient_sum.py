"""One brand's noised gradient sum: sampling, bound, rounding, and rows that must not stop it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hanse_clients.training import GradientSum, persons
from hanse_clients.training.gradient_sum import Network
from hanse_federation.contributions_training import parameter_count
from hanse_federation.errors import ModelInputError, ModelParametersError, NoiseParameterError
from hanse_federation.messages import FloatArray, Parameters, Tensor
from hanse_federation.model import initial_parameters, parameter_shapes
from hanse_federation.privacy.distributed_noise import GradientShares
from hanse_federation.randomness import SeededRandomness
from hanse_policies.documents import TrainModel
from tests.support.training import computation, rows

DIGEST = "ab" * 32
WIDTH = 3
HIDDEN = [(), (5,), (4, 3)]
TINY_NOISE = 1e-6


def shares_of(study: TrainModel, *, noise: float = 1.0, limit: float = 1e4) -> GradientShares:
    return GradientShares(
        clipping_norm=study.local.clipping_norm,
        noise_multiplier=noise,
        dimension=parameter_count(study, WIDTH),
        shares=2,
        coordinate_limit=limit,
    )


def share(
    study: TrainModel,
    matrix: FloatArray,
    labels: NDArray[np.generic],
    *,
    shares: GradientShares | None = None,
    parameters: Parameters | None = None,
    seed: int = 1,
) -> NDArray[np.int64]:
    return GradientSum(
        study,
        matrix,
        labels,
        shares=shares or shares_of(study),
        randomness=SeededRandomness(seed),
    ).share(parameters or initial_parameters(study, WIDTH, DIGEST))


def noise_alone(shares: GradientShares, seed: int = 1) -> NDArray[np.int64]:
    return shares.add_share(np.zeros(shares.dimension), SeededRandomness(seed))


def nobody() -> tuple[FloatArray, NDArray[np.float64]]:
    return np.zeros((0, WIDTH), dtype=np.float32), np.zeros(0)


def steep(study: TrainModel) -> Parameters:
    """Parameters at which most gradients are longer than the clipping norm."""
    generator = np.random.default_rng(4)
    return tuple(
        Tensor(shape.name, (5 * generator.normal(size=shape.shape)).astype(np.float32))
        for shape in parameter_shapes(study, WIDTH)
    )


def plain_gradient(
    study: TrainModel, parameters: Parameters, matrix: FloatArray, labels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum the gradients of all persons by autograd alone, in float64, unclipped."""
    tensors = [torch.tensor(t.values.astype(np.float64), requires_grad=True) for t in parameters]
    activation = torch.tensor(matrix.astype(np.float64))
    for index in range(0, len(tensors), 2):
        activation = activation @ tensors[index].T + tensors[index + 1]
        if index < len(tensors) - 2:
            activation = torch.relu(activation)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        activation[:, 0], torch.tensor(labels), reduction="sum"
    )
    return np.concatenate([g.numpy().ravel() for g in torch.autograd.grad(loss, tensors)])


@pytest.mark.parametrize("hidden", HIDDEN)
def test_without_noise_worth_the_name_the_sum_is_the_plain_gradient(
    hidden: tuple[int, ...],
) -> None:
    study = computation(hidden=hidden, rate=1.0, clip=1000.0)
    shares = shares_of(study, noise=TINY_NOISE)
    matrix, labels = rows(300)
    parameters = initial_parameters(study, WIDTH, DIGEST)
    got = shares.decode(share(study, matrix, labels, shares=shares, parameters=parameters))
    wanted = plain_gradient(study, parameters, matrix, labels)
    # One step of rounding, the noise that is left, and gradients in float32.
    allowed = shares.step * (1 + shares.share_sigma * 8) + 1e-5 * np.abs(wanted)
    assert (np.abs(got - wanted) <= allowed).all()
    assert np.abs(wanted).max() > 20 * allowed.max()


@pytest.mark.parametrize("hidden", HIDDEN)
def test_leaving_any_person_out_moves_the_integers_by_at_most_the_proved_distance(
    hidden: tuple[int, ...],
) -> None:
    """The same seed gives the same rounding and the same noise, so that both cancel."""
    study = computation(hidden=hidden, rate=1.0, clip=0.5)
    shares, parameters = shares_of(study), steep(study)
    matrix, labels = rows(25)
    whole = share(study, matrix, labels, parameters=parameters)
    most = study.local.clipping_norm / shares.step + math.sqrt(shares.dimension)
    moved = [
        float(
            np.linalg.norm(
                whole
                - share(
                    study,
                    np.delete(matrix, person, axis=0),
                    np.delete(labels, person),
                    parameters=parameters,
                )
            )
        )
        for person in range(len(matrix))
    ]
    assert max(moved) <= most
    # A person at the bound moves the sum by nearly that much, so the test can fail.
    assert max(moved) > 0.9 * study.local.clipping_norm / shares.step


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_person_beyond_the_coordinate_limit_moves_nothing_further(
    hidden: tuple[int, ...],
) -> None:
    study = computation(hidden=hidden, rate=1.0)
    shares = shares_of(study, limit=0.25)
    matrix, labels = rows(200)
    steps = share(study, matrix, labels, shares=shares) - noise_alone(shares)
    assert np.abs(steps).max() == math.floor(0.25 * study.local.clipping_norm / shares.step)


def test_nobody_contributes_noise_alone() -> None:
    study = computation(rate=1.0)
    np.testing.assert_array_equal(share(study, *nobody()), noise_alone(shares_of(study)))


def test_an_empty_sample_contributes_noise_alone() -> None:
    study = computation(rate=1e-6)
    randomness = SeededRandomness(1)
    randomness.words(50)
    expected = shares_of(study).add_share(np.zeros(4), randomness)
    np.testing.assert_array_equal(share(study, *rows(50)), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1.5])
def test_a_row_not_finite_or_out_of_bounds_counts_as_absent(value: float) -> None:
    study = computation(rate=1.0)
    matrix, labels = rows(20)
    damaged = np.concatenate([matrix, np.full((1, WIDTH), value, dtype=np.float32)])
    np.testing.assert_array_equal(
        share(study, damaged, np.append(labels, 1.0)), share(study, matrix, labels)
    )


@pytest.mark.parametrize("label", [2.0, -1.0, np.nan])
def test_a_row_whose_label_is_neither_zero_nor_one_counts_as_absent(label: float) -> None:
    study = computation(rate=1.0)
    matrix, labels = rows(20)
    more = np.concatenate([matrix, np.zeros((1, WIDTH), dtype=np.float32)])
    np.testing.assert_array_equal(
        share(study, more, np.append(labels, label)), share(study, matrix, labels)
    )


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_of_labels_is_summed_like_any(label: int) -> None:
    study = computation(rate=1.0)
    shares = shares_of(study)
    steps = share(study, rows(40)[0], np.full(40, label), shares=shares) - noise_alone(shares)
    assert np.sign(steps[-1]) == (1 if label == 0 else -1)


def test_a_gradient_not_finite_counts_as_that_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    study = computation(rate=1.0)
    matrix, labels = rows(10)
    whole = Network.backward

    def damaged(network: Network, matrix: torch.Tensor, labels: torch.Tensor) -> None:
        whole(network, matrix, labels)
        network.parameters[0].grad_sample[0, 0] = torch.nan  # type: ignore[attr-defined]

    expected = share(study, matrix[1:], labels[1:])
    monkeypatch.setattr(Network, "backward", damaged)
    np.testing.assert_array_equal(share(study, matrix, labels), expected)


def test_a_sample_in_parts_gives_the_same_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    study = computation(rate=0.7, clip=0.1)
    matrix, labels = rows(200)
    whole = share(study, matrix, labels)
    monkeypatch.setattr(persons, "GRADIENT_NUMBERS", 4 * 16)
    np.testing.assert_array_equal(whole, share(study, matrix, labels))


def test_each_person_is_sampled_at_the_studys_rate() -> None:
    """All persons are alike, so the sum tells how many were drawn."""
    study = computation(rate=0.3)
    shares = shares_of(study, noise=TINY_NOISE)
    matrix, labels = np.zeros((400, WIDTH), dtype=np.float32), np.ones(400)
    one = GradientSum(study, matrix, labels, shares=shares, randomness=SeededRandomness(6))
    start = initial_parameters(study, WIDTH, DIGEST)
    drawn = np.array([-2 * shares.decode(one.share(start))[-1] for _ in range(300)])
    expected, variance = 400 * 0.3, 400 * 0.3 * 0.7
    assert abs(drawn.mean() - expected) < 5 * math.sqrt(variance / len(drawn))
    assert drawn.var(ddof=1) == pytest.approx(variance, rel=5 * math.sqrt(2 / len(drawn)))


def test_each_round_draws_fresh_samples_and_noise() -> None:
    study = computation(rate=0.5)
    one = GradientSum(study, *rows(50), shares=shares_of(study), randomness=SeededRandomness(1))
    start = initial_parameters(study, WIDTH, DIGEST)
    assert (one.share(start) != one.share(start)).any()


def test_a_share_has_the_noise_of_its_part_and_stays_within_the_bound() -> None:
    study = computation(rate=1.0)
    shares = shares_of(study, noise=20.0)
    start = initial_parameters(study, WIDTH, DIGEST)
    one = GradientSum(study, *nobody(), shares=shares, randomness=SeededRandomness(3))
    drawn = np.concatenate([one.share(start) for _ in range(1000)])
    assert drawn.std() == pytest.approx(shares.share_sigma, rel=5 / math.sqrt(2 * drawn.size))
    assert np.abs(drawn).max() <= shares.bound


def test_foreign_rows_parameters_and_shares_are_refused() -> None:
    study = computation()
    start = initial_parameters(study, WIDTH, DIGEST)
    with pytest.raises(ModelInputError):
        share(study, np.zeros((2, 4), dtype=np.float32), np.array([0, 1]))
    with pytest.raises(ModelParametersError):
        share(study, *rows(5), parameters=start[:1])
    with pytest.raises(NoiseParameterError):
        share(study, *rows(5), shares=shares_of(computation(hidden=(2,))))
