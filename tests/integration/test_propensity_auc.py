"""The demo's propensity model against a model that saw everybody's rows, without noise.

The promise under test: trained at epsilon 3, delta 1e-6 for one person at one
brand (the cohort's size and the evaluations paid from the same epsilon), the
league's model ranks held-out persons nearly as well as a logistic regression on
the pooled rows of the same consenting persons. Both see the same split and the
same encoded features; the pooled model exists in this test alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from hanse_clients.data import view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.features import encode_features
from hanse_clients.training import Trainer
from hanse_demo.league import DemoStudy
from hanse_federation.contributions import Contributions
from hanse_federation.messages import (
    FloatArray,
    Parameters,
    Question,
    Tensor,
    TrainReply,
    TrainRequest,
)
from hanse_federation.model import initial_parameters, input_width, predict
from hanse_federation.privacy.mechanism import gaussian_integers
from hanse_federation.privacy.plan import PrivacyPlan, plan_study
from hanse_federation.randomness import Randomness, SeededRandomness
from hanse_policies.canonical import digest
from hanse_policies.documents import Study, TrainModel
from hanse_policies.loading import load_asset, load_policy, load_study
from tests.support.league import NOW, small_league

TOLERANCE = 0.05
"""How far the AUC may lie below the pooled model's; over five splits the mean was 0.001."""

SEEDS = range(5)
SALT = "5a" * 32

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class BrandRows:
    """One brand's consenting persons, encoded."""

    matrix: FloatArray
    label: NDArray[np.float64]
    holdout: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """The study, its plan and the brands' rows."""

    study: Study
    computation: TrainModel
    plan: PrivacyPlan
    brands: tuple[BrandRows, ...]

    @property
    def held_out(self) -> tuple[FloatArray, NDArray[np.float64]]:
        """Pool the held-out persons of all brands."""
        return (
            np.concatenate([b.matrix[b.holdout] for b in self.brands]),
            np.concatenate([b.label[b.holdout] for b in self.brands]),
        )

    @property
    def training(self) -> tuple[FloatArray, NDArray[np.float64]]:
        """Pool the training persons of all brands, as no party of the league could."""
        return (
            np.concatenate([b.matrix[~b.holdout] for b in self.brands]),
            np.concatenate([b.label[~b.holdout] for b in self.brands]),
        )


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    league = small_league(tmp_path_factory.mktemp("league"), brands=5)
    path = league.folder / "studies" / f"{DemoStudy.REPURCHASE_PROPENSITY}.yaml"
    study = load_study(path).document
    assert isinstance(study.computation, TrainModel)
    brands = []
    for brand in league.brands:
        asset, policy = load_asset(brand.asset).document, load_policy(brand.policy).document
        view = view_for(study, asset, policy, NOW, SALT)
        rows = DuckDBSource(asset, brand.folder).rows(view)
        matrix = encode_features(study.computation.features, rows.columns)
        brands.append(BrandRows(matrix, rows.label, rows.holdout))
    return Setting(study, study.computation, plan_study(study), tuple(brands))


@pytest.fixture(scope="module")
def federated(setting: Setting) -> tuple[Parameters, ...]:
    """Train once a seed."""
    return tuple(federated_model(setting, seed) for seed in SEEDS)


def federated_model(setting: Setting, seed: int) -> Parameters:
    """Run the study's rounds: private training, sums as masked vectors carry them, FedAvgM.

    Masks are left out, for a sum is the same without them; the momentum is plain numpy.
    """
    randomness = [SeededRandomness(1000 * seed + rank) for rank in range(len(setting.brands))]
    cohorts = [
        int(
            gaussian_integers(
                np.array([len(brand.label)]),
                l2_sensitivity=1.0,
                noise_multiplier=setting.plan.noise_multiplier(Question.COHORT),
                randomness=source,
            )[0][0]
        )
        for brand, source in zip(setting.brands, randomness, strict=True)
    ]
    trainers = [
        Trainer(
            setting.computation,
            brand.matrix[~brand.holdout],
            brand.label[~brand.holdout],
            noise_multiplier=setting.plan.noise_multiplier(Question.TRAIN),
            public_persons=persons,
            randomness=source,
        )
        for brand, persons, source in zip(setting.brands, cohorts, randomness, strict=True)
    ]
    width = input_width(setting.computation.features)
    parameters = initial_parameters(setting.computation, width, digest(setting.study))
    momentum = [np.zeros(tensor.values.shape) for tensor in parameters]
    server = setting.computation.server
    for _ in range(setting.plan.rounds):
        mean_parameters = summed(
            setting,
            TrainRequest(parameters),
            [
                TrainReply(trainer.train(parameters), max(1, persons))
                for trainer, persons in zip(trainers, cohorts, strict=True)
            ],
            randomness[0],
        )
        moved = []
        for index, tensor in enumerate(parameters):
            mean = mean_parameters[index].values.astype(np.float64)
            momentum[index] = server.momentum * momentum[index] + (mean - tensor.values)
            values = tensor.values + server.learning_rate * momentum[index]
            moved.append(Tensor(tensor.name, values.astype(np.float32)))
        parameters = tuple(moved)
    return parameters


def summed(
    setting: Setting, asked: TrainRequest, replies: list[TrainReply], randomness: Randomness
) -> Parameters:
    """Add up the brands' contributions in the ring and read the mean model."""
    contributions = Contributions(setting.study, setting.plan, len(replies))
    vector = contributions.vector(Question.TRAIN)
    reference = max(1, round(sum(reply.weight for reply in replies) / len(replies)))
    total = vector.ring.zeros(vector.length)
    for reply in replies:
        values = contributions.encode(
            asked, reply, reference_persons=reference, randomness=randomness
        )
        np.add(total, vector.check(values), out=total)
    decoded = contributions.decode(
        asked,
        vector.decode(total, len(replies)),
        contributors=len(replies),
        reference_persons=reference,
    )
    assert isinstance(decoded, TrainReply)
    return decoded.parameters


def auc(setting: Setting, parameters: Parameters) -> float:
    matrix, label = setting.held_out
    return float(roc_auc_score(label, predict(setting.computation, parameters, matrix)))


def pooled_auc(setting: Setting) -> float:
    """Fit and score the non-private pooled logistic regression."""
    model = LogisticRegression(max_iter=5000).fit(*setting.training)
    matrix, label = setting.held_out
    return float(roc_auc_score(label, model.decision_function(matrix)))


def test_every_seed_costs_at_most_epsilon_three_at_delta_one_in_a_million(
    setting: Setting,
) -> None:
    # The plan is the study's, so all seeds share it; it pays for cohort and evaluations too.
    assert {question for question, _ in setting.plan.multipliers} == {
        Question.COHORT,
        Question.TRAIN,
        Question.EVALUATE,
    }
    assert setting.plan.spent.delta == 1e-6
    assert setting.plan.spent.epsilon <= 3.0


def test_mean_auc_over_seeds_is_within_the_tolerance_of_the_pooled_model(
    setting: Setting,
    federated: tuple[Parameters, ...],
    record_property: Callable[[str, object], None],
) -> None:
    scores = [auc(setting, parameters) for parameters in federated]
    reference = pooled_auc(setting)
    record_property("auc_pooled", reference)
    record_property("auc_seeds", scores)
    assert np.mean(scores) >= reference - TOLERANCE


def test_no_single_seed_falls_out_of_the_tolerance(
    setting: Setting, federated: tuple[Parameters, ...]
) -> None:
    assert min(auc(setting, parameters) for parameters in federated) >= (
        pooled_auc(setting) - TOLERANCE
    )


def test_the_model_learned_something_real(
    setting: Setting, federated: tuple[Parameters, ...]
) -> None:
    assert all(auc(setting, parameters) > 0.70 for parameters in federated)


def test_seeds_give_different_models_so_noise_is_there(federated: tuple[Parameters, ...]) -> None:
    for one, other in pairwise(federated):
        assert (one[0].values != other[0].values).all()


def test_the_split_holds_out_a_fifth_and_a_household_falls_alike_everywhere(
    setting: Setting,
) -> None:
    shares = [brand.holdout.mean() for brand in setting.brands]
    assert shares == pytest.approx([0.2] * 5, abs=0.04)
