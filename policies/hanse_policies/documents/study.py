"""A study: what the operator proposes and each brand decides on. Data, never code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from hanse_policies.documents.base import Identifier, ShortText, StrictModel, Version
from hanse_policies.documents.computation import Computation, TrainModel
from hanse_policies.documents.features import WORD_USES, Axis, Feature, PopulationFilter
from hanse_policies.documents.vocabulary import (
    NeighbouringRelation,
    PrivacyUnit,
    Purpose,
    ResultUse,
    ThresholdChange,
    TrustMode,
)


class DistributedNoise(StrictModel):
    """Whom a sum's noise must do without: a study is refused where it could not."""

    tolerated_dropouts: Annotated[int, Field(ge=0, le=999)]
    """Brands that may fall silent after a round began; so many more must join."""
    assumed_colluders: Annotated[int, Field(ge=0, le=999)]
    """Brands in a sum that may add no noise, or tell theirs to whoever sees the sum."""

    def quorum(self, members: int) -> int:
        """Return how many brands must stand behind a sum so that no second one can.

        Two sums of one round are each revealed by so many brands, of which only colluders do
        so twice. Over half of all members and colluders together leaves no two such sets. A
        second sum would bear a share of noise that is in the first one, too.

        Args:
            members: How many the charter has.
        """
        return (members + self.assumed_colluders) // 2 + 1


class PrivacyParameters(StrictModel):
    """The guarantee a study asks for: (epsilon, delta) for one person at one brand."""

    unit: PrivacyUnit
    neighbours: NeighbouringRelation
    mode: TrustMode
    epsilon: Annotated[float, Field(ge=0.001, le=100)]
    delta: Annotated[float, Field(ge=1e-15, lt=1e-3)]
    cohort_budget_share: Annotated[float, Field(ge=0.001, le=0.95)] = 0.05
    """Part of the privacy loss (rho) that the noised cohort size may spend."""
    distributed: DistributedNoise | None = None
    """Given in mode `distributed`, and only there."""

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        if (self.mode is TrustMode.DISTRIBUTED) != (self.distributed is not None):
            raise ValueError(
                "mode distributed needs the block `distributed`, other modes have none"
            )
        return self


class Threshold(StrictModel):
    """A line that a figure of the result is held against, named before the figure is known."""

    figure: ShortText
    """One that the computation yields (see `rules.thresholds`)."""
    limit: FiniteFloat
    change: ThresholdChange


@dataclass(frozen=True, slots=True)
class ColumnReads:
    """The names of the columns that a study reads, by what it does with them.

    Attributes:
        every: All of them.
        folded: All of them, in the one case in which a warehouse compares them.
        numbers: Those that it reckons with.
        words: Those whose words it compares.
        labels: Those whose flag a model learns to tell.
    """

    every: frozenset[str]
    folded: frozenset[str]
    numbers: frozenset[str]
    words: frozenset[str]
    labels: frozenset[str]


class Study(StrictModel):
    """Purpose, population, columns, one computation, privacy, recipients, retention."""

    kind: Literal["Study"]
    id: Identifier
    version: Version
    alliance: Identifier
    title: ShortText
    purpose: Purpose
    asset: Identifier
    population: tuple[PopulationFilter, ...] = Field(default=(), max_length=20)
    computation: Computation
    privacy: PrivacyParameters
    minimum_persons: Annotated[int, Field(ge=1, le=10_000_000)]
    minimum_brands: Annotated[int, Field(ge=1, le=1000)]
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    expires: AwareDatetime
    uses: tuple[ResultUse, ...] = Field(default=(), max_length=10)
    """What the recipients do with the result; what is not said is not known."""
    thresholds: tuple[Threshold, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _check_recipients(self) -> Self:
        if len(set(self.recipients)) != len(self.recipients):
            raise ValueError("recipients must be distinct")
        return self

    @model_validator(mode="after")
    def _check_steps(self) -> Self:
        if self.privacy.mode is not TrustMode.DISTRIBUTED:
            return self
        computation = self.computation
        if isinstance(computation, TrainModel) and computation.local.steps_per_round != 1:
            raise ValueError("mode distributed sums every step, so steps_per_round must be 1")
        return self

    def columns(self) -> tuple[str, ...]:
        """List every column the study reads, each once, in the order first named."""
        named = (*self.computation.columns(), *(f.column for f in self.population))
        return tuple(dict.fromkeys(named))

    @cached_property
    def reads(self) -> ColumnReads:
        """The columns read as sets, derived once: a decision asks for them again and again."""
        computation = self.computation
        used: tuple[Feature | Axis, ...]
        if isinstance(computation, TrainModel):
            used, labels = computation.features, frozenset((computation.label,))
        else:
            used, labels = computation.axes, frozenset()
        named = (*used, *self.population)
        numbers = frozenset([one.column for one in named if not isinstance(one, WORD_USES)])
        words = frozenset([one.column for one in named if isinstance(one, WORD_USES)])
        every = numbers | words | labels
        return ColumnReads(
            every=every,
            folded=frozenset(map(str.casefold, every)),
            numbers=numbers,
            words=words,
            labels=labels,
        )

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the study may no longer start."""
        return now >= self.expires
