"""What sharing the noise is worth: the same privacy and persons, among more and more brands.

    python bench/distributed_training.py [--seeds 5] [--persons 10000] [--brands 3 50] [--check]

At one (epsilon, delta) for a person at a brand, a linear model is trained in mode
`local` (each brand adds all the noise to its own DP-SGD steps, the server
averages updates with FedAvgM) and in mode `distributed` (each brand adds a share of
the noise to its gradient sum, the server steps along the mean, FedAvgM again).
The total number of persons is fixed; brands are equal parts of one random order,
which is kind to `local`, whose updates drift apart where brands differ. All the
work of a brand is the product's own code; the sum over brands is taken in
plaintext in this process, which is what secure aggregation gives, exactly.

For each number of brands `local` gets, in hindsight, the best of several learning
rates; `distributed` has one for all. The score is the AUC on all persons of the
table who train nowhere, so both modes pay for evaluations in their plan that are
not asked here. Beside both: a non-private logistic regression on the pooled rows.

Prints one JSON line. `--check` judges the two largest numbers of brands. The margin
is the seeds' own noise: what the mean of the paired differences must exceed to be
above zero at `CONFIDENCE` (one-sided t test). Where `local` falls short of the pooled
model by more than the margin, `distributed` must beat it by more than the margin;
where it does not, there is nothing to win, and `distributed` must not lose by more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("policies", "federation", "flower", "clients", "server", "protos", "demo")
sys.path[:0] = [str(ROOT), *(str(ROOT / package) for package in PACKAGES)]

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.stats import t as student  # type: ignore[import-untyped]  # noqa: E402
from sklearn.linear_model import LogisticRegression as PooledRegression  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from bench.training_data import Population, load_population  # noqa: E402
from hanse_clients.training import GradientSum, Trainer  # noqa: E402
from hanse_federation.contributions_training import (  # noqa: E402
    gradient_shares_for,
    stepped_parameters,
)
from hanse_federation.messages import Parameters, Question, Tensor  # noqa: E402
from hanse_federation.model import initial_parameters, predict  # noqa: E402
from hanse_federation.privacy.distributed_noise import CountShares  # noqa: E402
from hanse_federation.privacy.mechanism import gaussian_integers  # noqa: E402
from hanse_federation.privacy.plan import PrivacyPlan, plan_study  # noqa: E402
from hanse_federation.randomness import SeededRandomness  # noqa: E402
from hanse_policies.documents import (  # noqa: E402
    DistributedNoise,
    LocalTraining,
    LogisticRegression,
    NeighbouringRelation,
    PrivacyParameters,
    PrivacyUnit,
    Purpose,
    ServerOptimiser,
    Study,
    TrainModel,
    TrustMode,
)

EPSILON, DELTA = 1.0, 1e-6
BRANDS = (3, 5, 10, 20, 50)
CONFIDENCE = 0.99
STEPS = 50
LOCAL_ROUNDS = 5
LOCAL_RATES = (0.5, 1.0, 2.0, 4.0, 8.0)
DISTRIBUTED_RATE = 4.0
COLLUDERS = 1
DIGEST = "00" * 32
"""Stands for the study's; a linear model starts at zero whatever it is."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Deal:
    """One seed's division of the persons.

    Attributes:
        seed: Which.
        brands: Positions of each brand's training persons.
        held_out: Positions of all others.
    """

    seed: int
    brands: tuple[Rows, ...]
    held_out: Rows

    @property
    def training(self) -> Rows:
        """All training persons, as only the pooled reference sees them."""
        return np.concatenate(self.brands)

    def randomness(self, brand: int) -> SeededRandomness:
        """Return a brand's own source."""
        return SeededRandomness(1000 * self.seed + brand)


def deal(population: Population, persons: int, brands: int, seed: int) -> Deal:
    """Divide the first `persons` of a random order; the order is the same for all brand counts."""
    order = np.random.default_rng(seed).permutation(len(population.labels))
    parts = tuple(np.array_split(order[:persons], brands))
    return Deal(seed, parts, order[persons:])


def study_of(population: Population, mode: TrustMode, brands: int, rate: float) -> Study:
    """Propose the study; both modes take as many steps with as large samples."""
    is_local = mode is TrustMode.LOCAL
    dropouts = brands // 10
    noise = DistributedNoise(tolerated_dropouts=dropouts, assumed_colluders=COLLUDERS)
    return Study(
        kind="Study",
        id="bench",
        version=1,
        alliance="bench-league",
        title="Distributed training bench",
        purpose=Purpose.MODEL_TRAINING,
        asset="persons",
        computation=TrainModel(
            model=LogisticRegression(),
            label=population.label,
            features=population.features,
            rounds=LOCAL_ROUNDS if is_local else STEPS,
            local=LocalTraining(
                steps_per_round=STEPS // LOCAL_ROUNDS if is_local else 1,
                sampling_rate=0.5,
                clipping_norm=1.0,
                learning_rate=rate,
            ),
            server=ServerOptimiser(momentum=0.5),
        ),
        privacy=PrivacyParameters(
            unit=PrivacyUnit.PERSON_AT_BRAND,
            neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
            mode=mode,
            epsilon=EPSILON,
            delta=DELTA,
            distributed=None if is_local else noise,
        ),
        minimum_persons=100,
        minimum_brands=brands - dropouts,
        recipients=("members",),
        retention_days=1,
        expires=datetime(2100, 1, 1, tzinfo=UTC),
    )


class FedAvgMomentum:
    """The server's optimiser: momentum on the mean update (Hsu, Qi, Brown 2019)."""

    def __init__(self, server: ServerOptimiser, start: Parameters) -> None:
        self._server = server
        self._velocity = [np.zeros(tensor.values.shape) for tensor in start]
        self.parameters = start

    def step(self, mean_of_brands: Sequence[NDArray[np.floating]]) -> None:
        """Move the parameters by the mean of what the brands, or their sum, propose."""
        moved = []
        for index, tensor in enumerate(self.parameters):
            update = mean_of_brands[index] - tensor.values
            self._velocity[index] = self._server.momentum * self._velocity[index] + update
            values = tensor.values + self._server.learning_rate * self._velocity[index]
            moved.append(Tensor(tensor.name, values.astype(np.float32)))
        self.parameters = tuple(moved)


def train_locally(
    population: Population, computation: TrainModel, plan: PrivacyPlan, dealt: Deal
) -> Parameters:
    """Run mode `local`: the product's trainer at each brand, weighted by noised cohorts."""
    sources = [dealt.randomness(brand) for brand in range(len(dealt.brands))]
    cohorts = [
        gaussian_integers(
            np.array([cohort_of(computation, rows)]),
            l2_sensitivity=1.0,
            noise_multiplier=plan.noise_multiplier(Question.COHORT),
            randomness=source,
        )[0][0]
        for rows, source in zip(dealt.brands, sources, strict=True)
    ]
    trainers = [
        Trainer(
            computation,
            population.matrix[rows],
            population.labels[rows],
            noise_multiplier=plan.noise_multiplier(Question.TRAIN),
            public_persons=int(cohort),
            randomness=source,
        )
        for rows, cohort, source in zip(dealt.brands, cohorts, sources, strict=True)
    ]
    weights = np.maximum(1, cohorts)
    server = FedAvgMomentum(computation.server, start_of(population, computation))
    for _ in range(computation.rounds):
        replies = [trainer.train(server.parameters) for trainer in trainers]
        layers = zip(*replies, strict=True)
        server.step([np.average([t.values for t in layer], 0, weights) for layer in layers])
    return server.parameters


def train_together(
    population: Population, study: Study, plan: PrivacyPlan, dealt: Deal
) -> Parameters:
    """Run mode `distributed`: shares of noised integers from each brand, added up, decoded."""
    computation = training_of(study)
    sources = [dealt.randomness(brand) for brand in range(len(dealt.brands))]
    counts = CountShares(plan.noise_multiplier(Question.COHORT), plan.shares)
    scaled = [
        counts.add_share(np.array([cohort_of(computation, rows)]), source)
        for rows, source in zip(dealt.brands, sources, strict=True)
    ]
    persons = int(counts.decode(np.sum(scaled, axis=0))[0])
    shares = gradient_shares_for(study, plan, population.matrix.shape[1])
    brands = [
        GradientSum(
            computation,
            population.matrix[rows],
            population.labels[rows],
            shares=shares,
            randomness=source,
        )
        for rows, source in zip(dealt.brands, sources, strict=True)
    ]
    server = FedAvgMomentum(computation.server, start_of(population, computation))
    for _ in range(computation.rounds):
        total = np.sum([brand.share(server.parameters) for brand in brands], axis=0)
        stepped = stepped_parameters(computation, server.parameters, shares.decode(total), persons)
        server.step([tensor.values for tensor in stepped])
    return server.parameters


def cohort_of(computation: TrainModel, rows: Rows) -> int:
    """Count a brand's persons as a cohort does: with those that the study would hold out."""
    return round(len(rows) / (1 - computation.evaluation.holdout_share))


def start_of(population: Population, computation: TrainModel) -> Parameters:
    """Make the parameters of round 1."""
    return initial_parameters(computation, population.matrix.shape[1], DIGEST)


def training_of(study: Study) -> TrainModel:
    """Return the study's computation."""
    if not isinstance(study.computation, TrainModel):
        raise TypeError("expected a study that trains a model")
    return study.computation


def scores(
    population: Population, mode: TrustMode, rate: float, deals: Sequence[Deal]
) -> list[float]:
    """Train once a deal and return the AUC on the held-out persons."""
    study = study_of(population, mode, len(deals[0].brands), rate)
    computation, plan = training_of(study), plan_study(study)
    found = []
    for dealt in deals:
        if mode is TrustMode.LOCAL:
            parameters = train_locally(population, computation, plan, dealt)
        else:
            parameters = train_together(population, study, plan, dealt)
        predicted = predict(computation, parameters, population.matrix[dealt.held_out])
        found.append(float(roc_auc_score(population.labels[dealt.held_out], predicted)))
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """Both modes at one number of brands.

    Attributes:
        brands: How many.
        persons_a_brand: Training persons of each.
        local: AUC of each seed, at the best learning rate.
        local_rate: Which that was.
        distributed: AUC of each seed.
    """

    brands: int
    persons_a_brand: int
    local: tuple[float, ...]
    local_rate: float
    distributed: tuple[float, ...]

    @property
    def gains(self) -> tuple[float, ...]:
        """What distributed is better by, seed by seed."""
        pairs = zip(self.distributed, self.local, strict=True)
        return tuple(together - alone for together, alone in pairs)

    @property
    def margin(self) -> float:
        """The least mean gain that the seeds' noise does not explain."""
        seeds = len(self.gains)
        return float(student.ppf(CONFIDENCE, seeds - 1)) * stdev(self.gains) / sqrt(seeds)

    def is_missed(self, pooled: float) -> bool:
        """Tell whether distributed fails what is asked of it, see the module's docstring."""
        has_room = mean(self.local) + self.margin < pooled
        return mean(self.gains) <= (self.margin if has_room else -self.margin)

    def to_json(self) -> dict[str, float]:
        """Return the figures, rounded."""
        return {
            "brands": self.brands,
            "persons_a_brand": self.persons_a_brand,
            "local_auc": round(mean(self.local), 4),
            "local_deviation": round(stdev(self.local), 4),
            "local_rate": self.local_rate,
            "distributed_auc": round(mean(self.distributed), 4),
            "distributed_deviation": round(stdev(self.distributed), 4),
            "gain": round(mean(self.gains), 4),
            "margin": round(self.margin, 4),
        }


def compare(population: Population, persons: int, brands: int, seeds: int) -> Point:
    """Measure one point of the curve."""
    deals = [deal(population, persons, brands, seed) for seed in range(seeds)]
    tried = {rate: scores(population, TrustMode.LOCAL, rate, deals) for rate in LOCAL_RATES}
    best = max(tried, key=lambda rate: mean(tried[rate]))
    together = scores(population, TrustMode.DISTRIBUTED, DISTRIBUTED_RATE, deals)
    return Point(brands, persons // brands, tuple(tried[best]), best, tuple(together))


def pooled_auc(population: Population, persons: int, seeds: int) -> float:
    """Score the non-private model on everybody's rows, which no league could train."""
    found = []
    for seed in range(seeds):
        dealt = deal(population, persons, 1, seed)
        model = PooledRegression(max_iter=5000)
        model.fit(population.matrix[dealt.training], population.labels[dealt.training])
        predicted = model.decision_function(population.matrix[dealt.held_out])
        found.append(float(roc_auc_score(population.labels[dealt.held_out], predicted)))
    return mean(found)


def main() -> int:
    """Measure, print one line, and judge if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--brands", type=int, nargs="+", default=BRANDS)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("expected at least 2 seeds, for their noise is the margin")
    began = time.monotonic()
    population = load_population()
    # A small table keeps a fifth for scoring.
    persons = min(arguments.persons, 4 * len(population.labels) // 5)
    pooled = pooled_auc(population, persons, arguments.seeds)
    curve = [compare(population, persons, brands, arguments.seeds) for brands in arguments.brands]
    result = {
        "bench": "distributed_training",
        "data": population.name,
        "persons": persons,
        "held_out": len(population.labels) - persons,
        "epsilon": EPSILON,
        "delta": DELTA,
        "seeds": arguments.seeds,
        "confidence": CONFIDENCE,
        "pooled_auc": round(pooled, 4),
        "curve": [point.to_json() for point in curve],
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result))
    missed = [point.brands for point in curve[-2:] if point.is_missed(pooled)]
    if arguments.check and missed:
        print(f"distributed does not clearly beat local at {missed} brands", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
