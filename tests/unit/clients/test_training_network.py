from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from hanse_clients.training.network import Network
from hanse_federation.model import initial_parameters, predict
from tests.support.training import computation, rows

DIGEST = "ab" * 32


def copy_without_hooks(network: Network) -> nn.Sequential:
    """Rebuild the network as a plain module with the same values."""
    weights = iter(network.parameters)
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, weights, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": weight.detach(), "bias": bias.detach()})
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
def test_parameters_survive_load_and_save(hidden: tuple[int, ...]) -> None:
    study = computation(hidden=hidden)
    network = Network(study, 3)
    given = initial_parameters(study, 3, DIGEST)
    network.load(given)
    for before, after in zip(given, network.save(), strict=True):
        assert after.name == before.name
        assert after.values.dtype == np.float32
        np.testing.assert_array_equal(after.values, before.values)


def test_saved_parameters_do_not_follow_later_steps() -> None:
    study = computation()
    network = Network(study, 3)
    network.load(initial_parameters(study, 3, DIGEST))
    saved = network.save()
    with torch.no_grad():
        network.parameters[0].add_(1.0)
    assert not saved[0].values.any()


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
def test_gradients_of_each_person_agree_with_vmap(hidden: tuple[int, ...]) -> None:
    study = computation(hidden=hidden)
    network = Network(study, 3)
    network.load(initial_parameters(study, 3, DIGEST))
    matrix, labels = rows(6)
    network.backward(torch.tensor(matrix), torch.tensor(labels.astype(np.float32)))

    plain = copy_without_hooks(network)
    values = {name: p.detach() for name, p in plain.named_parameters()}

    def loss(
        values: dict[str, torch.Tensor], row: torch.Tensor, label: torch.Tensor
    ) -> torch.Tensor:
        logit = functional_call(plain, values, (row,))[0]
        return nn.functional.binary_cross_entropy_with_logits(logit, label)

    expected = vmap(grad(loss), in_dims=(None, 0, 0))(
        values, torch.tensor(matrix), torch.tensor(labels.astype(np.float32))
    )
    for parameter, reference in zip(network.parameters, expected.values(), strict=True):
        torch.testing.assert_close(parameter.grad_sample, reference)  # type: ignore[attr-defined]


def test_an_empty_batch_leaves_empty_gradients() -> None:
    network = Network(computation(hidden=(4,)), 3)
    network.backward(torch.zeros((0, 3)), torch.zeros(0))
    assert [p.grad_sample.shape for p in network.parameters] == [  # type: ignore[attr-defined]
        (0, 4, 3),
        (0, 4),
        (0, 1, 4),
        (0, 1),
    ]


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
def test_numpy_forward_pass_agrees_with_torch(hidden: tuple[int, ...]) -> None:
    study = computation(hidden=hidden)
    network = Network(study, 3)
    parameters = initial_parameters(study, 3, DIGEST)
    network.load(parameters)
    matrix, _ = rows(20)
    with torch.no_grad():
        expected = torch.sigmoid(copy_without_hooks(network)(torch.tensor(matrix)))[:, 0].numpy()
    np.testing.assert_allclose(predict(study, parameters, matrix), expected, atol=1e-6)
