"""A brand's own policy: what it permits, to whom, at what privacy cost. All else is denied."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from hanse_policies.documents.approval import ApprovalRules, Approver, check_approvers
from hanse_policies.documents.base import (
    ColumnName,
    Digest,
    Identifier,
    Jurisdiction,
    SemanticVersion,
    ShortText,
    StrictModel,
)
from hanse_policies.documents.consent import (
    ConsentBasis,
    ConsentField,
    MinorsRule,
)
from hanse_policies.documents.notice import CommonNotice, Export, ImpactAssessment, Notice
from hanse_policies.documents.opinion import JointUse
from hanse_policies.documents.pack_pin import PackPin, PackRules
from hanse_policies.documents.vocabulary import (
    ApprovalMode,
    ComputationKind,
    FlowLabel,
    Purpose,
    ReleaseForm,
    ResultUse,
)
from hanse_policies.documents.withdrawal_rules import WithdrawalRules
from hanse_policies.instants import later
from hanse_policies.taxonomy.pins import TaxonomyPin


class PermittedColumn(StrictModel):
    """A column that a permit covers, and why its purpose cannot do without it."""

    name: ColumnName
    necessity: ShortText
    sensitive: bool = False
    """Whether the column may be used though its asset calls it sensitive."""


class Permit(StrictModel):
    """One permission; a study must fit within a single permit as a whole."""

    purpose: Purpose
    computations: tuple[ComputationKind, ...] = Field(min_length=1)
    asset: Identifier
    columns: tuple[PermittedColumn, ...] = Field(min_length=1, max_length=500)
    recipients: tuple[Identifier, ...] = Field(min_length=1, max_length=50)
    releases: tuple[ReleaseForm, ...] = Field(min_length=1)
    least_protection: FlowLabel
    """What leaves the brand is protected at least so well."""
    minimum_persons: Annotated[int, Field(ge=1, le=10_000_000)]
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    uses: tuple[ResultUse, ...] | None = Field(default=None, min_length=1)
    """What the result may be used for; None asks no study to say it."""

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        names = self.column_names
        if len(set(names)) != len(names):
            raise ValueError("a column may be permitted once only")
        return self

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns covered, in the order written."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def covered(self) -> frozenset[str]:
        """The names of the columns covered, derived once."""
        return frozenset(self.column_names)

    @cached_property
    def excused(self) -> frozenset[str]:
        """The names of those that may be used though their asset calls them sensitive."""
        return frozenset(column.name for column in self.columns if column.sensitive)


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
        start = later(self.starts, ((now - self.starts) // length) * length)
        return start, later(start, length)


CONSENT_BASES = (
    ConsentBasis.CONSENT,
    ConsentBasis.EXPLICIT_CONSENT,
    ConsentBasis.SEPARATE_CONSENT,
)


class ConsentRules(StrictModel):
    """Which consent counts, person by person; None of what may be left out asks nothing.

    What is asked and a record, or the register, does not tell denies. What a record limits
    itself binds all the same (see `consent`).
    """

    max_age_hours: Annotated[int, Field(ge=1, le=24 * 30)]
    """How long ago the register may last have been synced."""
    bases: tuple[ConsentBasis, ...] = Field(default=CONSENT_BASES, min_length=1)
    """On what ground; whatever is no consent has to be named."""
    notices: tuple[ShortText, ...] | None = Field(default=None, min_length=1, max_length=50)
    """Versions of the notice that count."""
    minors: MinorsRule | None = None
    jurisdictions: tuple[Jurisdiction, ...] | None = Field(default=None, min_length=1)
    """Where persons may be."""
    scope_required: bool = False
    """Whether a record must say who may receive."""

    @cached_property
    def asked_fields(self) -> frozenset[ConsentField]:
        """What the register must tell for these rules to be kept."""
        asked = (
            (ConsentField.NOTICE, self.notices),
            (ConsentField.AGE_BAND, self.minors),
            (ConsentField.JURISDICTION, self.jurisdictions),
            (ConsentField.RECIPIENTS, self.scope_required or None),
        )
        told = (field for field, rule in asked if rule is not None)
        return frozenset((ConsentField.BASIS, *told))


class BrandPolicy(StrictModel):
    """Everything this brand allows. Deny by default."""

    kind: Literal["BrandPolicy"]
    id: Identifier
    version: SemanticVersion
    supersedes: Digest | None = None
    """The version before this one; None for the first."""
    active_from: AwareDatetime
    alliance: Identifier
    brand: Identifier
    author: Identifier
    """Who wrote this version, as typed: no key proves it; never one who approves it."""
    approvers: tuple[Approver, ...] = Field(default=(), max_length=50)
    """Who may approve the next version."""
    approvals: ApprovalRules
    permits: tuple[Permit, ...] = Field(max_length=200)
    budgets: tuple[PurposeBudget, ...] = Field(max_length=50)
    consent: ConsentRules
    approval: ApprovalMode = ApprovalMode.MANUAL
    taxonomies: tuple[TaxonomyPin, ...] = Field(default=(), max_length=10)
    """The versions that the words for purposes and data categories are meant in."""
    notices: tuple[Notice, ...] = Field(default=(), max_length=50)
    """What persons were told; the newest last."""
    assessment: ImpactAssessment | None = None
    export: Export | None = None
    joint_use: JointUse | None = None
    """What stands in the place of separate consent for joint use; None asks the consent."""
    packs: tuple[PackPin, ...] = Field(default=(), max_length=20)
    """The legal packs that this brand asks for, beside those of the charter."""
    pack_rules: PackRules = PackRules()
    withdrawal: WithdrawalRules = WithdrawalRules()
    """What follows for releases and records once consents have ended that went into them."""

    @model_validator(mode="after")
    def _check_budgets(self) -> Self:
        purposes = [budget.purpose for budget in self.budgets]
        if len(set(purposes)) != len(purposes):
            raise ValueError("a purpose may have one budget only")
        return self

    @model_validator(mode="after")
    def _check_approvers(self) -> Self:
        check_approvers(self.approvers, self.approvals)
        return self

    @cached_property
    def approver_keys(self) -> frozenset[str]:
        """The keys of those who may approve, derived once."""
        return frozenset(approver.key for approver in self.approvers)

    @cached_property
    def counting_notices(self) -> tuple[Notice | None, ...]:
        """The notices whose consents count; None for one that the policy does not describe.

        Those that the consent rules name. Where they name none, any version that the register
        knows counts, described here or not: a person who saw an older one is in a study, too.
        """
        named = self.consent.notices
        if named is None:
            return (*self.notices, None)
        # Two texts of one version both count: either may be the one that was shown.
        counting = tuple(notice for notice in self.notices if notice.version in named)
        described = {notice.version for notice in counting}
        return counting if described.issuperset(named) else (*counting, None)

    @cached_property
    def common_notice(self) -> CommonNotice | None:
        """What every notice whose consents count says; None where none is described."""
        return CommonNotice.of(self.counting_notices)

    @cached_property
    def is_assessed_first(self) -> bool | None:
        """Whether the assessment came before the policy; None without one."""
        return None if self.assessment is None else self.assessment.dated <= self.active_from

    def budget_for(self, purpose: Purpose) -> PurposeBudget | None:
        """Find the budget of a purpose, or None."""
        for budget in self.budgets:
            if budget.purpose == purpose:
                return budget
        return None
