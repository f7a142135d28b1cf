"""Everything one decision looks at, gathered by the caller; nothing else decides.

What is not known stands here as None, and a rule that meets None denies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentState,
    DataAsset,
    Permit,
    Study,
)
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.source import FieldPath, Sources


@dataclass(frozen=True, slots=True)
class BudgetState:
    """What the brand's ledger says of one purpose's budget in the present period.

    Attributes:
        epsilon_spent: Epsilon of all that was charged in the period.
        epsilon_if_run: Epsilon of the same and of this study together; equals
            `epsilon_spent` where the study's answers are in store already.
        delta: The delta that both are stated at; the budget's, or a smaller one.
    """

    epsilon_spent: float
    epsilon_if_run: float
    delta: float


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """How far a version is approved.

    Attributes:
        needed: How many roles must approve; 0 for a version that only tightens.
        roles: The roles that did, in order.
        refused_by: Approvers who said `deny`; a version that needs nobody waits for nobody.
    """

    needed: int
    roles: tuple[str, ...]
    refused_by: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the version may take effect."""
        return not self.needed or (len(self.roles) >= self.needed and not self.refused_by)


@dataclass(frozen=True, slots=True)
class SignatureState:
    """The public keys that the documents were verified with; None is not verified.

    Whoever fills this in has opened each envelope with that key; the decision
    compares it with the key that the document must be signed by.

    Attributes:
        study: Key that the study's envelope was opened with.
        charter: Key that the charter's envelope was opened with: the operator's,
            as it was pinned at enrolment.
        policy: Key that the policy's envelope was opened with: the brand's own.
        asset: Key that the asset's envelope was opened with: the brand's own.
        is_charter_newest: Whether the charter is the newest that the operator signed, as far as
            the brand has heard; False where a newer one waits for a person at the brand.
    """

    study: str | None = None
    charter: str | None = None
    policy: str | None = None
    asset: str | None = None
    is_charter_newest: bool = False

    @classmethod
    def unsafe_assumed(cls, charter: AllianceCharter, policy: BrandPolicy) -> SignatureState:
        """Assume that all is signed as it should be, for rehearsing a decision."""
        member = next((m for m in charter.members if m.brand == policy.brand), None)
        key = charter.operator.signing_key
        own = member.signing_key if member else None
        return cls(study=key, charter=key, policy=own, asset=own, is_charter_newest=True)


@dataclass(frozen=True, slots=True)
class SharedFacts:
    """What every party of an alliance knows alike: no brand's own documents."""

    study: Study
    charter: AllianceCharter
    now: datetime
    sources: Sources


@dataclass(frozen=True, slots=True)
class Facts(SharedFacts):
    """The facts of one decision at one brand."""

    policy: BrandPolicy
    asset: DataAsset
    consent: ConsentState
    budget: BudgetState | None
    signature: SignatureState
    approvals: ApprovalState | None
    asset_approvals: ApprovalState | None
    packs: tuple[PackInForce, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the study reads, in the order first named."""
        return self.study.columns()


@dataclass(frozen=True, slots=True)
class PermitFacts:
    """The facts of one decision as one of the policy's permits sees them."""

    facts: Facts
    index: int

    @property
    def permit(self) -> Permit:
        """The permit that is looked at."""
        return self.facts.policy.permits[self.index]

    def line_of(self, *path: str | int) -> str:
        """Name the place of a field of the permit."""
        full: FieldPath = ("permits", self.index, *path)
        return self.facts.sources.policy.line_of(*full)
