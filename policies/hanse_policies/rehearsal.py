"""Rehearse decisions from documents alone, at one brand or at all brands of a league.

What only a brand's own machine knows is assumed: valid signatures and approvals, a
consent register synced now that tells all that the asset maps, an unspent budget.
Whoever shows a rehearsal says so; at a brand the same rules decide with what its
own register and ledger say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hanse_policies.decision import Decision, EffectiveTerms
from hanse_policies.documents import (
    LEAST_LEGAL_ENTITIES,
    AllianceCharter,
    BrandId,
    BrandPolicy,
    ConsentState,
    DataAsset,
    Study,
)
from hanse_policies.engine import decide
from hanse_policies.errors import UsageError
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
from hanse_policies.language import Language
from hanse_policies.loading import Loaded
from hanse_policies.packs.at_hand import unsigned_packs
from hanse_policies.rules.trust_mode import brands_to_join
from hanse_policies.source import Sources

ASSUMED = {
    Language.EN: "assumed: all signatures and approvals valid, consent register synced now, "
    "budget unspent",
    Language.ZH: "假设:所有签名与批准有效,同意登记刚刚同步,预算尚未使用",
}


def rehearse(
    study: Loaded[Study],
    charter: Loaded[AllianceCharter],
    policy: Loaded[BrandPolicy],
    asset: Loaded[DataAsset],
    now: datetime,
    packs: Sequence[str] = (),
) -> Decision:
    """Decide from documents, assuming what only the brand's own machine knows.

    Args:
        study: What is proposed.
        charter: The charter of the alliance.
        policy: The brand's policy.
        asset: Its description of its data.
        now: The instant to decide for, with time zone.
        packs: Legal packs to ask beside those that are pinned, by name or path.

    Raises:
        DocumentError: A pack that is named is neither a file nor one that ships.
    """
    privacy = study.document.privacy
    budget = policy.document.budget_for(study.document.purpose)
    return decide(
        study.document,
        charter=charter.document,
        policy=policy.document,
        asset=asset.document,
        consent=ConsentState(
            now, frozenset(asset.document.consent.purposes), asset.document.consent.told
        ),
        budget=BudgetState(
            0.0, privacy.epsilon, budget.delta if budget is not None else privacy.delta
        ),
        now=now,
        signature=SignatureState.unsafe_assumed(charter.document, policy.document),
        approvals=ApprovalState(0, ()),
        asset_approvals=ApprovalState(0, ()),
        packs=unsigned_packs(packs, (*charter.document.packs, *policy.document.packs)),
        sources=Sources(study.source, charter.source, policy.source, asset.source),
    )


@dataclass(frozen=True, slots=True)
class LeagueRehearsal:
    """What a study's brands decide in a rehearsal, and whether it could run among them.

    Attributes:
        study: The study's id.
        decisions: A decision a brand, in the order of the policies.
        brands_needed: Fewest brands that must join before anything is summed.
        legal_entities: How many legal entities the brands that permit it belong to.
        terms: The strictest terms of the brands that permit it; None where none does.
    """

    study: str
    decisions: tuple[Decision, ...]
    brands_needed: int
    legal_entities: int
    terms: EffectiveTerms | None

    @property
    def permitting(self) -> int:
        """How many brands permit it."""
        return sum(decision.is_permitted for decision in self.decisions)

    @property
    def would_run(self) -> bool:
        """Whether enough brands, of enough legal entities, permit it."""
        return self.permitting >= self.brands_needed and self.legal_entities >= LEAST_LEGAL_ENTITIES


def rehearse_league(
    study: Loaded[Study],
    charter: Loaded[AllianceCharter],
    policies: Sequence[Loaded[BrandPolicy]],
    assets: Sequence[Loaded[DataAsset]],
    now: datetime,
) -> LeagueRehearsal:
    """Rehearse one study at several brands.

    Args:
        study: What is proposed.
        charter: The charter of the alliance.
        policies: The brands' policies, one a brand.
        assets: The brands' assets; of several of one brand, the one that the study names.
        now: The instant to decide for, with time zone.

    Returns:
        The brands' decisions, and what the league would run on.

    Raises:
        UsageError: A brand has two policies, or no asset.
    """
    brands = [policy.document.brand for policy in policies]
    for brand in brands:
        if brands.count(brand) > 1:
            raise UsageError(f"expected one policy a brand, got two of brand {brand}")
    decisions = tuple(
        rehearse(study, charter, policy, _asset_of(policy.document, study.document, assets), now)
        for policy in policies
    )
    joining = [
        member
        for decision in decisions
        if decision.is_permitted and (member := charter.document.member(BrandId(decision.brand)))
    ]
    return LeagueRehearsal(
        study.document.id,
        decisions,
        brands_needed=brands_to_join(study.document, charter.document),
        legal_entities=len({member.entity_key for member in joining}),
        terms=_strictest([d.effective for d in decisions if d.effective is not None]),
    )


def _asset_of(
    policy: BrandPolicy, study: Study, assets: Sequence[Loaded[DataAsset]]
) -> Loaded[DataAsset]:
    """Find the brand's asset that the study names, or else any of its assets."""
    own = [asset for asset in assets if asset.document.brand == policy.brand]
    if not own:
        raise UsageError(f"expected an asset of brand {policy.brand}, got none; add --asset")
    return next((asset for asset in own if asset.document.id == study.asset), own[0])


def _strictest(terms: Sequence[EffectiveTerms]) -> EffectiveTerms | None:
    if not terms:
        return None
    return EffectiveTerms(
        minimum_persons=max(each.minimum_persons for each in terms),
        minimum_brands=max(each.minimum_brands for each in terms),
        retention_days=min(each.retention_days for each in terms),
        epsilon=min(each.epsilon for each in terms),
        delta=min(each.delta for each in terms),
    )
