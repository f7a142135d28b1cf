"""Past studies under a new version of a policy: what would have been decided otherwise.

Rules: the engine decides both times, with the same study, charter, asset and instant;
all is taken as signed, approved and unspent, and a past study as one that has not expired, so
that the versions alone differ. How
many persons a version reaches only the brand's own machine can tell; `hanse brand replay`
counts them there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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


@dataclass(frozen=True, slots=True)
class ReplayedStudy:
    """One study under two versions of a policy.

    Attributes:
        study: The study.
        before: What the older version decides.
        after: What the newer one does.
        lost_columns: Columns that it reads and that only the older version covers.
        gained_columns: Columns that it reads and that only the newer version covers.
        epsilon_before: The budget of its purpose in the older version; None without one.
        epsilon_after: The same in the newer one.
    """

    study: Study
    before: Decision
    after: Decision
    lost_columns: tuple[str, ...]
    gained_columns: tuple[str, ...]
    epsilon_before: float | None
    epsilon_after: float | None

    @property
    def is_changed(self) -> bool:
        """Whether anything that is listed of the study differs."""
        verdicts = self.before.denied_by != self.after.denied_by
        columns = bool(self.lost_columns or self.gained_columns)
        return verdicts or columns or self.epsilon_before != self.epsilon_after


def replay(
    study: Study,
    before: BrandPolicy,
    after: BrandPolicy,
    *,
    charter: AllianceCharter,
    asset: DataAsset,
    now: datetime,
    packs: tuple[PackInForce, ...] = (),
) -> ReplayedStudy:
    """Decide on a study under two versions of a policy.

    Args:
        study: The study.
        before: The older version.
        after: The newer one.
        charter: The charter in force.
        asset: The brand's description of its data.
        now: The instant to decide for, with time zone.
        packs: The legal packs at hand; each version is judged by those that the charter and
            it pin.
    """
    asked = study.model_copy(update={"expires": max(study.expires, now + timedelta(days=1))})

    def decided(policy: BrandPolicy) -> Decision:
        pinned = {pin.digest for pin in (*charter.packs, *policy.packs)}
        return decide(
            asked,
            charter=charter,
            policy=policy,
            asset=asset,
            consent=ConsentState(now, frozenset(asset.consent.purposes), asset.consent.told),
            budget=_unspent(policy, study),
            now=now,
            signature=SignatureState.unsafe_assumed(charter, policy),
            approvals=ApprovalState(0, ()),
            asset_approvals=ApprovalState(0, ()),
            packs=tuple(p for p in packs if p.digest in pinned),
        )

    old, new = _covered(before, study), _covered(after, study)
    return ReplayedStudy(
        study=study,
        before=decided(before),
        after=decided(after),
        lost_columns=tuple(name for name in study.columns() if name in old - new),
        gained_columns=tuple(name for name in study.columns() if name in new - old),
        epsilon_before=_epsilon(before, study),
        epsilon_after=_epsilon(after, study),
    )


def _unspent(policy: BrandPolicy, study: Study) -> BudgetState:
    budget, privacy = policy.budget_for(study.purpose), study.privacy
    return BudgetState(0.0, privacy.epsilon, privacy.delta if budget is None else budget.delta)


def _covered(policy: BrandPolicy, study: Study) -> frozenset[str]:
    """Collect the columns that any permit for the study's purpose and asset covers."""
    permits = (
        permit
        for permit in policy.permits
        if (permit.purpose, permit.asset) == (study.purpose, study.asset)
    )
    return frozenset(name for permit in permits for name in permit.column_names)


def _epsilon(policy: BrandPolicy, study: Study) -> float | None:
    budget = policy.budget_for(study.purpose)
    return None if budget is None else budget.epsilon
