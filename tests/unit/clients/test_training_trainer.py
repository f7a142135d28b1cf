from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from hanse_clients.errors import (
    TrainingDivergedError,
)
from hanse_clients.training import Trainer, expected_batch_size, persons, warm_up
from hanse_clients.training.network import Network
from hanse_federation.errors import ModelInputError, ModelParametersError
from hanse_federation.messages import Parameters, Tensor
from hanse_federation.model import PARAMETER_LIMIT, initial_parameters, predict
from hanse_federation.randomness import Randomness, SeededRandomness
from hanse_policies.documents import TrainModel
from tests.support.training import computation, flat, rows

DIGEST = "ab" * 32


def trained(
    study: TrainModel,
    *,
    persons: int = 200,
    noise: float = 0.5,
    seed: int = 1,
    randomness: Randomness | None = None,
) -> Parameters:
    matrix, labels = rows(persons)
    return Trainer(
        study,
        matrix,
        labels,
        noise_multiplier=noise,
        public_persons=persons,
        randomness=randomness or SeededRandomness(seed),
    ).train(initial_parameters(study, 3, DIGEST))


@pytest.mark.parametrize("hidden", [(), (6,)])
def test_training_learns(hidden: tuple[int, ...]) -> None:
    study = computation(hidden=hidden, steps=30, learning_rate=2.0)
    matrix, labels = rows(2000)
    parameters = trained(study, persons=2000)
    assert ((predict(study, parameters, matrix) > 0.5) == labels).mean() > 0.85


@pytest.mark.parametrize("hidden", [(), (6,)])
def test_training_is_deterministic_under_seeded_randomness(hidden: tuple[int, ...]) -> None:
    study = computation(hidden=hidden)
    first, again, other = (flat(trained(study, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_each_round_draws_fresh_samples_and_noise() -> None:
    study, matrix, labels = computation(), *rows(50)
    start = initial_parameters(study, 3, DIGEST)
    one = Trainer(
        study,
        matrix,
        labels,
        noise_multiplier=1.0,
        public_persons=50,
        randomness=SeededRandomness(1),
    )
    assert (flat(one.train(start)) != flat(one.train(start))).all()


def test_splitting_a_sample_into_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    study = computation(rate=0.9)
    whole = flat(trained(study))
    monkeypatch.setattr(persons, "GRADIENT_NUMBERS", 4 * 16)
    np.testing.assert_array_equal(whole, flat(trained(study)))


def test_a_step_whose_sample_is_empty_is_noise_alone() -> None:
    study = computation(rate=1e-6, steps=3, learning_rate=1.0)
    moved = flat(trained(study, noise=1.0))
    assert (moved != 0).all()


def test_the_divisor_is_public_and_never_below_one() -> None:
    study = computation(rate=0.5)
    assert expected_batch_size(study, 1000) == pytest.approx(0.5 * 0.8 * 1000)
    assert expected_batch_size(study, 0) == 1.0
    assert expected_batch_size(study, -40) == 1.0


def test_the_true_number_of_persons_does_not_scale_the_noise() -> None:
    divisors = {
        Trainer(
            computation(),
            *rows(persons),
            noise_multiplier=1.0,
            public_persons=100,
            randomness=SeededRandomness(3),
        )._optimizer.expected_batch_size
        for persons in (10, 1000)
    }
    assert divisors == {expected_batch_size(computation(), 100)}


def test_the_given_parameters_are_not_modified() -> None:
    study = computation()
    start = initial_parameters(study, 3, DIGEST)
    Trainer(
        study,
        *rows(20),
        noise_multiplier=1.0,
        public_persons=20,
        randomness=SeededRandomness(1),
    ).train(start)
    assert not flat(start).any()


def test_read_only_rows_are_accepted() -> None:
    study, matrix, labels = computation(), *rows(20)
    matrix.flags.writeable = labels.flags.writeable = False
    Trainer(
        study,
        matrix,
        labels,
        noise_multiplier=1.0,
        public_persons=20,
        randomness=SeededRandomness(1),
    )


def test_one_torch_thread_is_used() -> None:
    trained(computation())
    assert torch.get_num_threads() == 1


def test_warming_up_draws_from_the_given_randomness_and_says_nothing(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with caplog.at_level(logging.WARNING):
        warm_up(computation(), SeededRandomness(1))
    assert not caplog.records
    assert not recwarn.list


def build(matrix: object, labels: object) -> Trainer:
    return Trainer(
        computation(),
        np.asarray(matrix, dtype=np.float32),
        np.asarray(labels),
        noise_multiplier=1.0,
        public_persons=2,
        randomness=SeededRandomness(1),
    )


def round_of(matrix: object, labels: object) -> np.ndarray:
    return flat(build(matrix, labels).train(initial_parameters(computation(), 3, DIGEST)))


def test_nobody_trains_to_noise_alone() -> None:
    moved = round_of(np.zeros((0, 3)), [])
    assert np.isfinite(moved).all()
    assert moved.any()


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_nobody_and_an_empty_sample_take_the_same_noise(rate: float) -> None:
    study = computation(rate=rate, steps=1)
    nobody = Trainer(
        study,
        np.zeros((0, 3), dtype=np.float32),
        np.zeros(0),
        noise_multiplier=1.0,
        public_persons=20,
        randomness=SeededRandomness(1),
    )
    moved = flat(nobody.train(initial_parameters(study, 3, DIGEST)))
    assert (moved != 0).all()


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_of_labels_trains(label: int) -> None:
    assert np.isfinite(round_of(rows(20)[0], [label] * 20)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5])
def test_row_not_finite_or_out_of_bounds_counts_as_absent(value: float) -> None:
    whole = round_of([[0, 0, 0.5]], [1])
    np.testing.assert_array_equal(round_of([[0, 0, 0.5], [0, value, 0]], [1, 0]), whole)


@pytest.mark.parametrize("label", [2.0, -1.0, np.nan, 0.5])
def test_row_whose_label_is_neither_zero_nor_one_counts_as_absent(label: float) -> None:
    whole = round_of([[0, 0, 0.5]], [1])
    np.testing.assert_array_equal(round_of([[0, 0, 0.5], [0, 0, 0]], [1, label]), whole)


def test_rows_of_another_width_or_number_are_refused() -> None:
    for matrix, labels in ((np.zeros((2, 4)), [0, 1]), (np.zeros((2, 3)), [0, 1, 0])):
        with pytest.raises(ModelInputError):
            build(matrix, labels)


def test_hostile_starting_parameters_are_refused_before_any_row_is_used() -> None:
    study = computation()
    weight, bias = initial_parameters(study, 3, DIGEST)
    hostile = (weight, Tensor(bias.name, np.array([3e38], dtype=np.float32)))
    with pytest.raises(ModelParametersError):
        build(np.zeros((2, 3)), [0, 1]).train(hostile)


def test_the_largest_accepted_model_and_parameters_give_finite_gradients() -> None:
    study = computation(width=500, hidden=(256, 256, 256))
    network = Network(study, 500)
    network.load(
        tuple(
            Tensor(t.name, np.full(t.values.shape, PARAMETER_LIMIT, dtype=np.float32))
            for t in initial_parameters(study, 500, DIGEST)
        )
    )
    network.backward(torch.tensor([[1.0] * 500, [-1.0] * 500]), torch.tensor([0.0, 0.0]))
    largest = max(float(p.grad_sample.abs().max()) for p in network.parameters)  # type: ignore[attr-defined]
    assert 1e19 < largest < 3.4e19


def test_a_diverging_run_is_refused() -> None:
    with pytest.raises(TrainingDivergedError):
        trained(computation(learning_rate=100.0, steps=200, rate=0.01), noise=1000.0, persons=10)
