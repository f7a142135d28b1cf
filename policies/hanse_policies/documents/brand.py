"""A brand's own policy: what it permits, to whom, at what privacy cost. All else is denied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hanse_policies.documents.base import ColumnName, Identifier, StrictModel, Version
from hanse_policies.documents.vocabulary import ApprovalMode, ComputationKind, Purpose


class Permit(StrictModel):
    """One permission; a study must fit within a single permit as a whole."""

    purpose: Purpose
    computations: tuple[ComputationKind, ...] = Field(min_length=1)
    asset: Identifier
    columns: tuple[ColumnName, ...] = Field(min_length=1, max_length=500)
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    minimum_persons: Annotated[int, Field(ge=1, le=10_000_000)]
    retention_days: Annotated[int, Field(ge=1, le=3650)]


class PurposeBudget(StrictModel):
    """The privacy loss allowed for one purpose within each period of `period_days`."""

    purpose: Purpose
    epsilon: Annotated[float, Field(ge=0.001, le=100)]
    delta: Annotated[float, Field(ge=1e-15, lt=1e-3)]
    starts: AwareDatetime
    period_days: Annotated[int, Field(ge=1, le=3650)]

    def period_at(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the period [start, end) that holds `now`, or None before the first."""
        if now < self.starts:
            return None
        length = timedelta(days=self.period_days)
        start = self.starts + ((now - self.starts) // length) * length
        return start, start + length


class ConsentRules(StrictModel):
    """How fresh a consent register must be to count."""

    max_age_hours: Annotated[int, Field(ge=1, le=24 * 30)]


class BrandPolicy(StrictModel):
    """Everything this brand allows. Deny by default."""

    kind: Literal["BrandPolicy"]
    id: Identifier
    version: Version
    alliance: Identifier
    brand: Identifier
    permits: tuple[Permit, ...] = Field(max_length=200)
    budgets: tuple[PurposeBudget, ...] = Field(max_length=50)
    consent: ConsentRules
    approval: ApprovalMode = ApprovalMode.MANUAL

    @model_validator(mode="after")
    def _check_budgets(self) -> Self:
        purposes = [budget.purpose for budget in self.budgets]
        if len(set(purposes)) != len(purposes):
            raise ValueError("a purpose may have one budget only")
        return self

    def budget_for(self, purpose: Purpose) -> PurposeBudget | None:
        """Find the budget of a purpose, or None."""
        return next((b for b in self.budgets if b.purpose == purpose), None)
