"""A study: what the operator proposes and each brand decides on. Data, never code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hanse_policies.documents.base import Identifier, ShortText, StrictModel, Version
from hanse_policies.documents.computation import Computation
from hanse_policies.documents.features import PopulationFilter
from hanse_policies.documents.vocabulary import (
    NeighbouringRelation,
    PrivacyUnit,
    Purpose,
    TrustMode,
)


class PrivacyParameters(StrictModel):
    """The guarantee a study asks for: (epsilon, delta) for one person at one brand."""

    unit: PrivacyUnit
    neighbours: NeighbouringRelation
    mode: TrustMode
    epsilon: Annotated[float, Field(ge=0.001, le=100)]
    delta: Annotated[float, Field(ge=1e-15, lt=1e-3)]
    cohort_budget_share: Annotated[float, Field(ge=0.001, le=0.95)] = 0.05
    """Part of the privacy loss (rho) that the noised cohort size may spend."""


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

    @model_validator(mode="after")
    def _check_recipients(self) -> Self:
        if len(set(self.recipients)) != len(self.recipients):
            raise ValueError("recipients must be distinct")
        return self

    def columns(self) -> tuple[str, ...]:
        """List every column the study reads, each once, in the order first named."""
        named = (*self.computation.columns(), *(f.column for f in self.population))
        return tuple(dict.fromkeys(named))

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the study may no longer start."""
        return now >= self.expires
