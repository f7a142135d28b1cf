from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hanse_clients.errors import GradientShapeError
from hanse_clients.training.optimizer import GridNoiseOptimizer
from hanse_federation.privacy.mechanism import GaussianGrid
from hanse_federation.randomness import SeededRandomness


def optimizer_of(
    *parameters: nn.Parameter, noise: float = 1.0, batch: float = 10.0, seed: int = 1
) -> GridNoiseOptimizer:
    return GridNoiseOptimizer(
        torch.optim.SGD(list(parameters), lr=1.0),
        clipping_norm=1.0,
        noise_multiplier=noise,
        expected_batch_size=batch,
        randomness=SeededRandomness(seed),
    )


def parameter_with(samples: torch.Tensor | list[torch.Tensor] | None, *shape: int) -> nn.Parameter:
    parameter = nn.Parameter(torch.zeros(shape))
    parameter.grad_sample = samples  # type: ignore[attr-defined]
    return parameter


def test_the_norm_is_joint_over_all_parameters() -> None:
    weight = parameter_with(torch.tensor([[3.0]]), 1)
    bias = parameter_with(torch.tensor([[4.0]]), 1)
    optimizer_of(weight, bias).clip_and_accumulate()
    assert float(weight.summed_grad) == pytest.approx(0.6, rel=1e-6)  # type: ignore[attr-defined]
    assert float(bias.summed_grad) == pytest.approx(0.8, rel=1e-6)  # type: ignore[attr-defined]


def test_a_step_moves_by_the_noised_sum_over_the_public_batch_size() -> None:
    parameter = parameter_with(torch.tensor([[0.25, 0.5], [0.25, -0.5]]), 2)
    optimizer_of(parameter, seed=5).step()
    noised = GaussianGrid(1.0, 1.0, 2).noise(np.array([0.5, 0.0]), SeededRandomness(5))
    np.testing.assert_allclose(parameter.detach().numpy(), -noised / 10, rtol=1e-6)


def test_noise_has_the_size_asked_for_over_a_step_without_persons() -> None:
    parameter = parameter_with(torch.zeros((0, 4000)), 4000)
    optimizer_of(parameter, noise=3.0, batch=1.0).step()
    assert float(parameter.detach().std()) == pytest.approx(3.0, rel=0.06)
    assert abs(float(parameter.detach().mean())) < 0.25


def test_noise_never_asks_the_generator_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> torch.Tensor:
        raise AssertionError("torch drew the noise")

    monkeypatch.setattr(torch, "normal", refuse)
    before = torch.get_rng_state()
    optimizer_of(parameter_with(torch.ones((2, 3)), 3)).step()
    assert torch.equal(before, torch.get_rng_state())


def test_parts_of_one_sample_add_up_to_one_step() -> None:
    samples = torch.linspace(-1, 1, 12).reshape(6, 2)
    whole = parameter_with(samples, 2)
    optimizer_of(whole, seed=9).step()
    parted = parameter_with(samples[:4], 2)
    optimizer = optimizer_of(parted, seed=9)
    optimizer.signal_skip_step()
    optimizer.step()
    optimizer.zero_grad()
    parted.grad_sample = samples[4:]  # type: ignore[attr-defined]
    optimizer.step()
    assert torch.equal(whole, parted)


@pytest.mark.parametrize(
    "samples",
    [
        None,
        torch.zeros((2, 3)),
        torch.zeros((2, 1, 2)),
        [torch.zeros((2, 2)), torch.zeros((2, 2))],
    ],
    ids=["none", "wrong-width", "broadcast", "two-batches"],
)
def test_gradients_that_are_not_one_a_person_are_refused(
    samples: torch.Tensor | list[torch.Tensor] | None,
) -> None:
    with pytest.raises(GradientShapeError):
        optimizer_of(parameter_with(samples, 2)).clip_and_accumulate()


def test_parameters_with_gradients_of_different_persons_are_refused() -> None:
    optimizer = optimizer_of(
        parameter_with(torch.zeros((2, 1)), 1), parameter_with(torch.zeros((3, 1)), 1)
    )
    with pytest.raises(GradientShapeError, match="same persons"):
        optimizer.step()


def test_a_gradient_not_finite_counts_as_that_of_nobody() -> None:
    damaged = parameter_with(torch.tensor([[0.5], [torch.nan]]), 1)
    alone = parameter_with(torch.tensor([[0.5]]), 1)
    for parameter in (damaged, alone):
        optimizer_of(parameter).step()
    torch.testing.assert_close(damaged, alone, rtol=0, atol=0)
