"""The card of a release: what was computed, from whom, at what privacy cost, for whom.

Rules: every figure on a card is noised, and stands with its interval or its
standard deviation; every epsilon stands with its delta, unit and neighbouring
relation; a cell too small to show is there, suppressed, without a figure. A card
is written once, when its run ends, and signed with the release.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from hanse_policies.documents.base import (
    ColumnName,
    Digest,
    Identifier,
    ShortText,
    StrictModel,
    Version,
)
from hanse_policies.documents.computation import AudienceHistogram, Computation, TrainModel
from hanse_policies.documents.features import PopulationFilter
from hanse_policies.documents.vocabulary import (
    NeighbouringRelation,
    PrivacyUnit,
    Purpose,
    TrustMode,
)

Epsilon = Annotated[FiniteFloat, Field(ge=0, le=100_000)]
Delta = Annotated[FiniteFloat, Field(gt=0, lt=1)]
UnitShare = Annotated[FiniteFloat, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Interval(StrictModel):
    """An estimate and the range that holds the true figure with the stated confidence."""

    estimate: FiniteFloat
    lower: FiniteFloat
    upper: FiniteFloat
    confidence: Annotated[FiniteFloat, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.lower <= self.estimate <= self.upper:
            raise ValueError("lower, estimate and upper must not decrease")
        return self


class AcrossAlliance(StrictModel):
    """The loss of a person whom several brands hold, all their data changed at once."""

    brands: Annotated[int, Field(ge=1, le=1000)]
    """The charter's `max_brands_per_person`."""
    epsilon: Annotated[FiniteFloat, Field(ge=0)]
    delta: Delta


class SharedNoise(StrictModel):
    """Whom the noise of each decoded sum does without, in mode `distributed`."""

    least_brands: Annotated[int, Field(ge=1, le=1000)]
    """Fewest brands in a decoded sum; each added a share of the noise."""
    assumed_colluders: Annotated[int, Field(ge=0, le=999)]
    """So many of them may have told their share, and enough noise remains."""
    tolerated_dropouts: Annotated[int, Field(ge=0, le=999)]

    @model_validator(mode="after")
    def _check_remainder(self) -> Self:
        if self.assumed_colluders >= self.least_brands:
            raise ValueError("fewer brands must be assumed to collude than are in a sum")
        return self


class PrivacyStatement(StrictModel):
    """The privacy loss of all that was released to get here, for one person at one brand.

    In mode `local` that is what left each brand, in mode `distributed` each decoded sum.
    """

    unit: PrivacyUnit
    neighbours: NeighbouringRelation
    mode: TrustMode
    epsilon: Epsilon
    delta: Delta
    rho: Annotated[FiniteFloat, Field(ge=0)]
    """zCDP, without amplification by sampling."""
    accountant: ShortText
    accountant_version: ShortText
    across_alliance: AcrossAlliance
    shared_noise: SharedNoise | None = None

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        if (self.mode is TrustMode.DISTRIBUTED) != (self.shared_noise is not None):
            raise ValueError("shared_noise is stated in mode distributed, and only there")
        return self


class Cohort(StrictModel):
    """Who took part: brands by name, persons as one noised total."""

    brands: tuple[Identifier, ...] = Field(min_length=1, max_length=1000)
    noised_persons: int
    """Decoded as a sum over brands; noise may carry it below zero."""
    standard_deviation: Annotated[FiniteFloat, Field(ge=0)]
    """Of the noise in `noised_persons`."""


class LearningPoint(StrictModel):
    """The model's quality after one round."""

    round_number: Annotated[int, Field(ge=1, le=1000)]
    auc: Interval


class RocPoint(StrictModel):
    """One point of the receiver operating characteristic."""

    false_positive_rate: UnitShare
    true_positive_rate: UnitShare


class CalibrationBin(StrictModel):
    """Persons whose score lies in [lower, upper), and the share of them with label 1."""

    lower: UnitShare
    upper: UnitShare
    noised_persons: FiniteFloat
    observed: Interval | None
    """None where the bin is too small to show."""


class ModelQuality(StrictModel):
    """How well a model does on held-out persons, from noised histograms."""

    kind: Literal["model-quality"] = "model-quality"
    auc: Interval
    learning_curve: tuple[LearningPoint, ...] = Field(max_length=1000)
    roc: tuple[RocPoint, ...] = Field(max_length=200)
    calibration: tuple[CalibrationBin, ...] = Field(max_length=200)


class MeasuredCell(StrictModel):
    """One cell of a table; both figures are None where it is suppressed."""

    labels: tuple[ShortText, ...] = Field(min_length=1, max_length=2)
    count: Interval | None
    share: Interval | None

    @model_validator(mode="after")
    def _check_suppression(self) -> Self:
        if (self.count is None) != (self.share is None):
            raise ValueError("count and share of a cell are shown or suppressed together")
        return self

    @property
    def is_suppressed(self) -> bool:
        """Whether the cell is too small to show."""
        return self.count is None


class MeasurementTable(StrictModel):
    """Counts and shares of persons over the cells of one or two axes."""

    kind: Literal["measurement-table"] = "measurement-table"
    axes: tuple[ColumnName, ...] = Field(min_length=1, max_length=2)
    cells: tuple[MeasuredCell, ...] = Field(min_length=1, max_length=50_000)
    minimum_persons: Annotated[int, Field(ge=1)]
    """A cell whose noised count is below this is suppressed."""

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        if any(len(cell.labels) != len(self.axes) for cell in self.cells):
            raise ValueError("a cell needs one label for each axis")
        return self


ReleaseResult = Annotated[ModelQuality | MeasurementTable, Field(discriminator="kind")]


class ReleaseCard(StrictModel):
    """Everything a reader needs to judge a release, and a recipient to use it."""

    kind: Literal["ReleaseCard"] = "ReleaseCard"
    id: Identifier
    alliance: Identifier
    study: Digest
    """Digest of the signed study."""
    study_id: Identifier
    study_version: Version
    title: ShortText
    purpose: Purpose
    asset: Identifier
    population: tuple[PopulationFilter, ...] = Field(default=(), max_length=20)
    computation: Computation
    columns: tuple[ColumnName, ...] = Field(min_length=1, max_length=1000)
    """Every column that was read."""
    privacy: PrivacyStatement
    guarantee: Annotated[str, Field(min_length=1, max_length=2000)]
    limits: tuple[ShortText, ...] = Field(min_length=1, max_length=20)
    """What is not protected."""
    cohort: Cohort
    refusals: Count
    """Answers asked for that are missing, in all rounds together."""
    result: ReleaseResult
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    retention_until: AwareDatetime
    created: AwareDatetime

    @model_validator(mode="after")
    def _check_result(self) -> Self:
        fits = (
            isinstance(self.computation, TrainModel) and isinstance(self.result, ModelQuality)
        ) or (
            isinstance(self.computation, AudienceHistogram)
            and isinstance(self.result, MeasurementTable)
        )
        if not fits:
            raise ValueError("a model comes with its quality, a measurement with its table")
        if self.retention_until <= self.created:
            raise ValueError("retention must end after the release is made")
        return self
