from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_federation.errors import ModelInputError, ModelParametersError
from hanse_federation.messages import Tensor
from hanse_federation.model import (
    PARAMETER_LIMIT,
    check_parameters,
    initial_parameters,
    input_width,
    parameter_shapes,
    predict,
)
from hanse_policies.documents import CategoricalFeature, NumericFeature
from tests.support.training import computation

DIGEST = "ab" * 32


def test_input_width_counts_other_for_each_category_list() -> None:
    features = (
        NumericFeature(column="spend", lower=0, upper=1),
        CategoricalFeature(column="age", categories=("young", "old")),
    )
    assert input_width(features) == 1 + 3


def test_parameters_are_named_and_shaped_layer_by_layer() -> None:
    shapes = parameter_shapes(computation(hidden=(4, 2)), 3)
    assert [(s.name, s.shape) for s in shapes] == [
        ("layer0.weight", (4, 3)),
        ("layer0.bias", (4,)),
        ("layer1.weight", (2, 4)),
        ("layer1.bias", (2,)),
        ("layer2.weight", (1, 2)),
        ("layer2.bias", (1,)),
    ]


def test_logistic_regression_starts_at_zero_and_scores_one_half() -> None:
    study = computation()
    parameters = initial_parameters(study, 3, DIGEST)
    assert all(not tensor.values.any() for tensor in parameters)
    scores = predict(study, parameters, np.ones((5, 3), dtype=np.float32))
    np.testing.assert_array_equal(scores, np.full(5, 0.5))


def test_perceptron_starts_at_values_that_follow_from_the_study_digest_alone() -> None:
    study = computation(hidden=(64,))
    first = initial_parameters(study, 3, DIGEST)
    again = initial_parameters(study, 3, DIGEST)
    other = initial_parameters(study, 3, "cd" * 32)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
    assert (first[0].values != other[0].values).any()
    check_parameters(study, 3, first)


def test_perceptron_weights_have_the_spread_of_he_and_biases_are_zero() -> None:
    weight, bias, *_ = initial_parameters(computation(width=200, hidden=(256,)), 200, DIGEST)
    assert np.abs(weight.values).max() <= np.sqrt(6 / 200)
    assert weight.values.std() == pytest.approx(np.sqrt(2 / 200), rel=0.02)
    assert abs(weight.values.mean()) < 0.002
    assert not bias.values.any()


def test_first_weights_do_not_change_between_releases() -> None:
    weight, *_ = initial_parameters(computation(hidden=(2,)), 3, DIGEST)
    expected = [[0.2124192, -0.7233383, -0.9405582], [-1.1722409, 1.4110873, -1.1405981]]
    np.testing.assert_allclose(weight.values, expected, rtol=1e-6)


def test_predict_is_the_sigmoid_of_the_linear_layer() -> None:
    study = computation()
    parameters = (
        Tensor("layer0.weight", np.array([[1.0, -2.0, 0.5]], dtype=np.float32)),
        Tensor("layer0.bias", np.array([0.25], dtype=np.float32)),
    )
    matrix = np.array([[1, 1, 1], [0, 0, 0]], dtype=np.float32)
    expected = 1 / (1 + np.exp(-np.array([-0.25, 0.25])))
    np.testing.assert_allclose(predict(study, parameters, matrix), expected, rtol=1e-12)


@given(st.floats(-PARAMETER_LIMIT, PARAMETER_LIMIT, width=32), st.booleans())
def test_predict_is_finite_for_any_accepted_parameters(value: float, deep: bool) -> None:
    study = computation(hidden=(256, 256, 256) if deep else ())
    parameters = tuple(
        Tensor(shape.name, np.full(shape.shape, value, dtype=np.float32))
        for shape in parameter_shapes(study, 3)
    )
    scores = predict(study, parameters, np.array([[1, 1, 1], [-1, -1, -1]], dtype=np.float32))
    assert np.all((scores >= 0) & (scores <= 1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2 * PARAMETER_LIMIT])
def test_parameters_not_finite_or_too_large_are_refused(value: float) -> None:
    study = computation()
    weight, bias = initial_parameters(study, 3, DIGEST)
    hostile = (weight, Tensor(bias.name, np.array([value], dtype=np.float32)))
    with pytest.raises(ModelParametersError, match=r"layer0\.bias") as refusal:
        check_parameters(study, 3, hostile)
    assert refusal.value.code == "model-parameters-invalid"


def test_parameters_in_another_order_shape_number_or_type_are_refused() -> None:
    study = computation()
    weight, bias = initial_parameters(study, 3, DIGEST)
    wide = Tensor(weight.name, np.zeros((1, 4), dtype=np.float32))
    double = Tensor(bias.name, np.zeros(1, dtype=np.float64))
    for wrong in ((bias, weight), (weight,), (wide, bias), (weight, double), ()):
        with pytest.raises(ModelParametersError):
            check_parameters(study, 3, wrong)


def test_rows_of_another_width_are_refused() -> None:
    study = computation()
    parameters = initial_parameters(study, 3, DIGEST)
    with pytest.raises(ModelInputError, match="3 encoded columns"):
        predict(study, parameters, np.zeros((2, 4), dtype=np.float32))


def test_scoring_needs_no_torch() -> None:
    code = "import sys, hanse_federation.model; sys.exit('torch' in sys.modules)"
    path = {"PYTHONPATH": ":".join(entry for entry in sys.path if entry)}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)
