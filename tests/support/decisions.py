"""A decision's facts that all permit, each open to replacement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hanse_policies.decision import Decision
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentState,
    DataAsset,
    Study,
)
from hanse_policies.engine import decide
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
from hanse_policies.packs.in_force import PackInForce
from tests.support.documents import (
    NOW,
    OPERATOR_KEY,
    a_charter,
    a_consent_state,
    a_policy,
    a_training_study,
    an_asset,
    brand_key,
)

SIGNED = SignatureState(
    study=OPERATOR_KEY.public_hex,
    charter=OPERATOR_KEY.public_hex,
    policy=brand_key("alder").public_hex,
    asset=brand_key("alder").public_hex,
    is_charter_newest=True,
)
APPROVED = ApprovalState(needed=0, roles=())
UNSPENT = BudgetState(epsilon_spent=0.0, epsilon_if_run=3.0, delta=1e-6)


@dataclass(frozen=True)
class Case:
    """The facts of a decision, all of which permit unless replaced."""

    study: Study = field(default_factory=a_training_study)
    charter: AllianceCharter = field(default_factory=a_charter)
    policy: BrandPolicy = field(default_factory=a_policy)
    asset: DataAsset = field(default_factory=an_asset)
    consent: ConsentState = field(default_factory=a_consent_state)
    budget: BudgetState | None = UNSPENT
    signature: SignatureState = SIGNED
    approvals: ApprovalState | None = APPROVED
    asset_approvals: ApprovalState | None = APPROVED
    now: datetime = NOW
    packs: tuple[PackInForce, ...] = ()

    def decide(self) -> Decision:
        """Decide on these facts."""
        return decide(
            self.study,
            charter=self.charter,
            policy=self.policy,
            asset=self.asset,
            consent=self.consent,
            budget=self.budget,
            now=self.now,
            signature=self.signature,
            approvals=self.approvals,
            asset_approvals=self.asset_approvals,
            packs=self.packs,
        )
