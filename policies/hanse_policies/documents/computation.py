"""What a study computes: a tagged union, one class a kind.

Every number that decides the privacy cost stands here or in the study's
privacy block, so the cost is known before any data is touched.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hanse_policies.documents.base import ColumnName, Digest, StrictModel
from hanse_policies.documents.features import Axis, Feature
from hanse_policies.documents.vocabulary import ComputationKind

Share = Annotated[float, Field(ge=0.001, le=0.95)]


class LogisticRegression(StrictModel):
    """One linear layer and a sigmoid."""

    kind: Literal["logistic-regression"] = "logistic-regression"


class MultilayerPerceptron(StrictModel):
    """Fully connected layers with ReLU between them; no batch statistics."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=256)], ...] = Field(min_length=1, max_length=3)


Model = Annotated[LogisticRegression | MultilayerPerceptron, Field(discriminator="kind")]


class LocalTraining(StrictModel):
    """One brand's work in one round: DP-SGD steps over Poisson samples of persons."""

    steps_per_round: Annotated[int, Field(ge=1, le=1000)]
    sampling_rate: Annotated[float, Field(ge=1e-6, le=1)]
    clipping_norm: Annotated[float, Field(ge=1e-6, le=1000)]
    learning_rate: Annotated[float, Field(ge=1e-6, le=100)]
    sampler_evidence: Digest | None = None
    """Of the report that shows that the brands' client samples as Poisson does."""


class ServerOptimiser(StrictModel):
    """FedAvg with server momentum (Hsu, Qi, Brown 2019)."""

    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Evaluation(StrictModel):
    """Quality from a noised score x label histogram of held-out persons, each round."""

    holdout_share: Share = 0.2
    score_bins: Annotated[int, Field(ge=4, le=100)] = 10
    budget_share: Share = 0.25
    """Part of the study's privacy loss (rho) that all evaluations together may spend."""


class TrainModel(StrictModel):
    """Train a binary classifier over the brands' persons, one row a person."""

    kind: Literal[ComputationKind.TRAIN_MODEL] = ComputationKind.TRAIN_MODEL
    model: Model
    label: ColumnName
    features: tuple[Feature, ...] = Field(min_length=1, max_length=500)
    rounds: Annotated[int, Field(ge=1, le=1000)]
    local: LocalTraining
    server: ServerOptimiser = ServerOptimiser()
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        names = [feature.column for feature in self.features]
        if len(set(names)) != len(names):
            raise ValueError("a column may be a feature once only")
        if self.label in names:
            raise ValueError(f"label column {self.label} may not be a feature")
        return self

    def columns(self) -> tuple[str, ...]:
        """List the columns read, the label last."""
        return (*(feature.column for feature in self.features), self.label)


class AudienceHistogram(StrictModel):
    """Count persons over the cells of one or two declared axes."""

    kind: Literal[ComputationKind.AUDIENCE_HISTOGRAM] = ComputationKind.AUDIENCE_HISTOGRAM
    axes: tuple[Axis, ...] = Field(min_length=1, max_length=2)

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        names = [axis.column for axis in self.axes]
        if len(set(names)) != len(names):
            raise ValueError("the two axes must be different columns")
        return self

    def columns(self) -> tuple[str, ...]:
        """List the columns read, in the order of the axes."""
        return tuple(axis.column for axis in self.axes)


Computation = Annotated[TrainModel | AudienceHistogram, Field(discriminator="kind")]
