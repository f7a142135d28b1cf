"""Decide whether a brand lets a study run: pure, total, deny by default.

A study is allowed if and only if charter, brand policy, study, consent and legal packs
all allow it: every rule of every family must permit. There are no priorities and no
rule that overrides another. What is not known (no signature, no ledger, no
consent register, a time without zone) denies. For documents that are valid, no
input raises.
"""

from __future__ import annotations

from datetime import datetime

from hanse_policies.decision import Decision, EffectiveTerms, ask_all, refusals
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    ConsentState,
    DataAsset,
    Permit,
    Study,
    Verdict,
)
from hanse_policies.facts import ApprovalState, BudgetState, Facts, SignatureState
from hanse_policies.packs.in_force import PackInForce
from hanse_policies.rules import (
    approvals as approval_rules,
)
from hanse_policies.rules import (
    assessment,
    columns,
    computation,
    cross_border,
    expiry,
    joint_use,
    minimums,
    minors,
    permits,
    purpose,
    recipients,
    retention,
    taxonomies,
    thresholds,
    trust_mode,
    uses,
)
from hanse_policies.rules import (
    budget as budget_rules,
)
from hanse_policies.rules import (
    consent as consent_rules,
)
from hanse_policies.rules import (
    packs as pack_rules,
)
from hanse_policies.rules import (
    signature as signature_rules,
)
from hanse_policies.source import Sources

SHARED_FAMILIES = (
    expiry.check_study,
    purpose.check,
    computation.check,
    uses.check,
    thresholds.check,
    recipients.check,
    minimums.check,
    trust_mode.check,
    retention.check,
    budget_rules.check_limits,
)
"""What charter and study decide alone, and every party finds alike."""
FAMILIES = (
    signature_rules.check,
    approval_rules.check,
    assessment.check,
    expiry.check,
    expiry.check_study,
    purpose.check,
    computation.check,
    taxonomies.check,
    columns.check,
    minors.check,
    uses.check,
    thresholds.check,
    recipients.check,
    joint_use.check,
    cross_border.check,
    minimums.check,
    trust_mode.check,
    retention.check,
    consent_rules.check,
    budget_rules.check_limits,
    budget_rules.check,
)
"""All families but those about permits and packs, in the order in which findings are told."""
NOTHING_VERIFIED = SignatureState()
NO_SOURCES = Sources()


def decide(  # noqa: PLR0913 - each party's word is an argument of its own
    study: Study,
    *,
    charter: AllianceCharter,
    policy: BrandPolicy,
    asset: DataAsset,
    consent: ConsentState,
    budget: BudgetState | None,
    now: datetime,
    signature: SignatureState = NOTHING_VERIFIED,
    approvals: ApprovalState | None = None,
    asset_approvals: ApprovalState | None = None,
    packs: tuple[PackInForce, ...] = (),
    sources: Sources = NO_SOURCES,
) -> Decision:
    """Decide on one study at one brand.

    Args:
        study: What is proposed.
        charter: The charter in force.
        policy: The brand's own policy.
        asset: The brand's description of the data asset that the study names.
        consent: The state of the brand's consent register now.
        budget: What the brand's ledger says; None where it cannot say, which denies.
        now: The instant to decide for, with time zone.
        signature: The keys that the documents were verified with; none by default,
            which denies.
        approvals: How far the policy is approved, from verified approvals; None where it is
            not known, which denies.
        asset_approvals: The same of the asset.
        packs: The legal packs at hand; one that charter or policy pins and that is not
            here denies.
        sources: Where the documents are written, so that findings can point there.

    Returns:
        The decision, with every rule that was asked.
    """
    return _decide(
        Facts(
            study=study,
            charter=charter,
            now=now,
            sources=sources,
            policy=policy,
            asset=asset,
            consent=consent,
            budget=budget,
            signature=signature,
            approvals=approvals,
            asset_approvals=asset_approvals,
            packs=packs,
        )
    )


def _decide(facts: Facts) -> Decision:
    study, policy, now = facts.study, facts.policy, facts.now
    clock = expiry.check_clock(facts)
    if refusals(clock):
        return Decision(Verdict.DENY, clock, study.id, policy.brand, now)
    answer = permits.choose(facts)
    asked = (*clock, *ask_all(FAMILIES, facts))
    packs = pack_rules.check(facts, answer.index)
    findings = (*asked, *answer.findings, *packs)
    if answer.index is None or refusals(findings):
        return Decision(
            Verdict.DENY, findings, study.id, policy.brand, now, permit_index=answer.index
        )
    permit = policy.permits[answer.index]
    return Decision(
        Verdict.PERMIT,
        findings,
        study.id,
        policy.brand,
        now,
        permit_index=answer.index,
        permit=permit,
        effective=_effective(study, facts.charter, permit),
    )


def _effective(study: Study, charter: AllianceCharter, permit: Permit) -> EffectiveTerms:
    floors, limits = charter.floors, charter.limits
    return EffectiveTerms(
        minimum_persons=max(floors.minimum_persons, permit.minimum_persons, study.minimum_persons),
        minimum_brands=max(floors.minimum_brands, study.minimum_brands),
        retention_days=min(limits.retention_days, permit.retention_days, study.retention_days),
        epsilon=min(limits.epsilon, study.privacy.epsilon),
        delta=min(limits.delta, study.privacy.delta),
    )
