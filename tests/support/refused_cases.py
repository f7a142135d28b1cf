"""Requests of which one thing is not allowed, and the rules that refuse: all of the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from hanse_policies.documents import (
    ApprovalRules,
    Approver,
    Between,
    BinnedAxis,
    BrandPolicy,
    ComputationKind,
    ConsentField,
    ConsentRules,
    ConsentState,
    Floors,
    FlowLabel,
    Limits,
    MinorsRule,
    NumericFeature,
    OneOf,
    PackRules,
    Purpose,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    Threshold,
    ThresholdChange,
)
from hanse_policies.facts import ApprovalState, BudgetState
from tests.support.decisions import SIGNED, Case
from tests.support.documents import (
    NOW,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_consent_state,
    a_histogram,
    a_histogram_permit,
    a_histogram_study,
    a_key,
    a_member,
    a_permit,
    a_policy,
    a_privacy,
    a_shared_privacy,
    a_shared_training_study,
    a_training,
    a_training_study,
    an_approver,
    an_asset,
    brand_key,
)
from tests.support.packs import a_pack, a_pin, a_refusing_check, in_force
from tests.support.places import a_joint_use, a_notice, an_export, an_operator, in_china


def with_permit(**changes: object) -> BrandPolicy:
    return a_policy(permits=(a_permit(**changes),))


APPROVED_BY_ONE = {
    "approvers": (Approver(id="officer", role="officer", key="aa" * 32),),
    "approvals": ApprovalRules(loosen=1),
}
BOTH_PINS = ("dpv-2.2", "fideslang-3.1.4")
FROM_14 = MinorsRule(from_age=14, is_guardian_enough=True)


def a_threshold(figure: str) -> Threshold:
    return Threshold(figure=figure, limit=0.7, change=ThresholdChange.LEVEL)


def hours_ago(hours: float) -> ConsentState:
    return a_consent_state(NOW - timedelta(hours=hours))


HISTOGRAM_ON = {
    name: a_histogram_study(computation=a_histogram(axes=(BinnedAxis(column=name, edges=(1.0,)),)))
    for name in ("region", "age_years", "person_id", "Person_ID", "unheard_of", "bought")
}
LARGER_COLUMNS = ("visits", "spend", "region", "bought", "age_years", "person_id")


REFUSED: tuple[tuple[Case, set[str]], ...] = (
    # purpose
    (Case(charter=a_charter(purposes=(Purpose.AUDIENCE_ANALYTICS,))), {"purpose.charter"}),
    (
        Case(policy=with_permit(purpose=Purpose.AUDIENCE_ANALYTICS)),
        {"purpose.permit"},
    ),
    (Case(policy=a_policy(permits=())), {"permit.none"}),
    # computation
    (
        Case(charter=a_charter(computations=(ComputationKind.AUDIENCE_HISTOGRAM,))),
        {"computation.charter"},
    ),
    (
        Case(policy=with_permit(computations=(ComputationKind.AUDIENCE_HISTOGRAM,))),
        {"computation.permit"},
    ),
    # columns: minimum necessary
    (Case(policy=with_permit(columns=("visits", "spend", "region"))), {"columns.permit"}),
    (
        Case(
            study=a_training_study(
                population=(Between(column="age_years", lower=18.0, upper=99.0),)
            )
        ),
        {"columns.permit"},
    ),
    (
        Case(study=a_training_study(asset="orders"), policy=with_permit(asset="orders")),
        {"asset.match"},
    ),
    (Case(policy=with_permit(asset="orders")), {"asset.permit"}),
    (
        Case(
            study=HISTOGRAM_ON["unheard_of"],
            policy=a_policy(permits=(a_histogram_permit(columns=("unheard_of",)),)),
        ),
        {"columns.asset"},
    ),
    (
        Case(
            study=HISTOGRAM_ON["person_id"],
            policy=a_policy(permits=(a_histogram_permit(columns=LARGER_COLUMNS),)),
        ),
        {"columns.person", "columns.asset"},
    ),
    (
        Case(
            study=HISTOGRAM_ON["Person_ID"],
            policy=a_policy(permits=(a_histogram_permit(columns=("Person_ID",)),)),
            asset=an_asset(
                columns=(a_column("Person_ID"),)
            ),
        ),
        {"columns.person"},
    ),
    (Case(study=HISTOGRAM_ON["region"]), {"columns.type"}),
    (
        Case(
            study=a_training_study(population=(OneOf(column="visits", values=("many",)),)),
        ),
        {"columns.type"},
    ),
    (
        Case(
            study=a_training_study(population=(Between(column="region", lower=0.0, upper=1.0),))
        ),
        {"columns.type"},
    ),
    (
        Case(
            study=a_training_study(
                computation=a_training(
                    label="spend",
                    features=(NumericFeature(column="visits", lower=0.0, upper=1.0),),
                )
            )
        ),
        {"columns.type"},
    ),
    (
        Case(
            asset=an_asset(
                columns=(
                    a_column("visits", sensitivity=Sensitivity.SENSITIVE),
                    *(a_column(name) for name in ("spend", "region", "bought")),
                )
            )
        ),
        {"columns.sensitive"},
    ),
    (
        Case(
            asset=an_asset(
                columns=(
                    a_column("visits", category="user.shopping_habits"),
                    *(a_column(name) for name in ("spend", "region", "bought")),
                )
            )
        ),
        {"columns.category"},
    ),
    # minors, uses, thresholds
    (Case(charter=a_charter(minors=FROM_14)), {"minors.charter"}),
    (
        Case(
            policy=a_policy(consent=ConsentRules(max_age_hours=48, minors=FROM_14)),
            asset=an_asset(consent=a_consent_mapping(age_band={"constant": "unknown"})),
            consent=replace(
                a_consent_state(), fields=frozenset({ConsentField.BASIS, ConsentField.AGE_BAND})
            ),
        ),
        {"minors.known"},
    ),
    (Case(charter=a_charter(uses=(ResultUse.REPORTING,))), {"uses.charter"}),
    (Case(policy=with_permit(uses=(ResultUse.REPORTING,))), {"uses.permit"}),
    (
        Case(study=a_training_study(thresholds=(a_threshold("share"),))),
        {"thresholds.figure"},
    ),
    # flow and form of release
    (
        Case(
            study=a_shared_training_study(),
            policy=with_permit(least_protection=FlowLabel.DP_AGGREGATE),
        ),
        {"flow.permit"},
    ),
    (Case(policy=with_permit(least_protection=FlowLabel.CLAIMED_ANONYMOUS)), {"flow.permit"}),
    (Case(policy=with_permit(releases=(ReleaseForm.TABLE,))), {"release-form.permit"}),
    # consent
    (Case(consent=a_consent_state(None)), {"consent.register"}),
    (Case(consent=a_consent_state(NOW.replace(tzinfo=None))), {"consent.register"}),
    (Case(consent=hours_ago(48.01)), {"consent.age"}),
    (Case(consent=hours_ago(-0.01)), {"consent.clock"}),
    (
        Case(consent=a_consent_state(purposes=frozenset({Purpose.AUDIENCE_ANALYTICS}))),
        {"consent.purpose"},
    ),
    (
        Case(
            asset=an_asset(
                consent=a_consent_mapping(purposes={Purpose.AUDIENCE_ANALYTICS: "audience"})
            )
        ),
        {"consent.purpose"},
    ),
    (
        Case(policy=a_policy(consent=ConsentRules(max_age_hours=48, scope_required=True))),
        {"consent.fields"},
    ),
    # recipients
    (
        Case(
            study=a_training_study(recipients=("alliance-members", "press")),
            policy=with_permit(recipients=("alliance-members", "press")),
        ),
        {"recipients.charter", "cross-border.mechanism", "cross-border.persons"},
    ),
    # joint use, borders
    (
        Case(asset=an_asset(consent=a_consent_mapping(jurisdiction=None))),
        {"joint-use.consent"},
    ),
    (in_china(a_notice(recipients=("operator",))), {"joint-use.recipients"}),
    (Case(policy=a_policy(joint_use=a_joint_use())), {"joint-use.opinion"}),
    (
        Case(
            policy=a_policy(export=an_export(mechanism="security-assessment")),
            charter=a_charter(operator=an_operator("US")),
        ),
        {"cross-border.mechanism"},
    ),
    (
        Case(
            policy=a_policy(export=an_export(persons_at_most=99)),
            charter=a_charter(operator=an_operator("US")),
        ),
        {"cross-border.persons"},
    ),
    (Case(study=a_training_study(recipients=("operator",))), {"recipients.permit"}),
    # minimums
    (
        Case(charter=a_charter(floors=Floors(minimum_brands=3, minimum_persons=101))),
        {"minimum-persons.charter"},
    ),
    (Case(study=a_training_study(minimum_persons=99)), {"minimum-persons.permit"}),
    (Case(study=a_training_study(minimum_brands=2)), {"minimum-brands.charter"}),
    # trust mode
    (
        Case(
            study=a_shared_training_study(),
            charter=a_charter(floors=Floors(tolerated_dropouts=1)),
        ),
        {"trust-mode.dropouts"},
    ),
    (
        Case(study=a_shared_training_study(privacy=a_shared_privacy(assumed_colluders=0))),
        {"trust-mode.colluders"},
    ),
    (
        Case(study=a_shared_training_study(privacy=a_shared_privacy(assumed_colluders=3))),
        {"trust-mode.honest", "trust-mode.members"},
    ),
    (
        Case(study=a_shared_training_study(privacy=a_shared_privacy(tolerated_dropouts=1))),
        {"trust-mode.members"},
    ),
    (Case(study=a_shared_training_study(minimum_brands=4)), {"trust-mode.members"}),
    (
        Case(
            study=a_shared_training_study(),
            charter=a_charter(
                members=(
                    a_member("alder"),
                    a_member("birch", legal_entity="Holding Ltd"),
                    a_member("cedar", legal_entity="Holding Ltd"),
                )
            ),
        ),
        {"trust-mode.entities"},
    ),
    # budget
    (
        Case(charter=a_charter(limits=Limits(epsilon=2.9, delta=1e-5, retention_days=365))),
        {"budget.epsilon-charter"},
    ),
    (
        Case(charter=a_charter(limits=Limits(epsilon=4.0, delta=1e-7, retention_days=365))),
        {"budget.delta-charter"},
    ),
    (
        Case(study=a_training_study(privacy=a_privacy(delta=2e-6))),
        {"budget.delta"},
    ),
    (Case(policy=a_policy(budgets=())), {"budget.purpose"}),
    (
        Case(policy=a_policy(budgets=(a_budget(starts=NOW + timedelta(days=1)),))),
        {"budget.period"},
    ),
    (Case(budget=None), {"budget.known"}),
    (Case(budget=BudgetState(0.0, 3.0, 2e-6)), {"budget.known"}),
    (Case(budget=BudgetState(3.0, 2.0, 1e-6)), {"budget.known"}),
    (Case(budget=BudgetState(-1.0, 2.0, 1e-6)), {"budget.known"}),
    (Case(budget=BudgetState(0.0, math.inf, 1e-6)), {"budget.known"}),
    (Case(budget=BudgetState(math.nan, 1.0, 1e-6)), {"budget.known"}),
    (Case(budget=BudgetState(0.0, math.nan, 1e-6)), {"budget.known"}),
    (Case(budget=BudgetState(0.0, 1.0, math.nan)), {"budget.known"}),
    (Case(budget=BudgetState(4.0, 6.01, 1e-6)), {"budget.epsilon"}),
    (Case(budget=BudgetState(6.0, 6.01, 1e-6)), {"budget.exhausted"}),
    # retention, expiry
    (Case(study=a_training_study(retention_days=181)), {"retention.permit"}),
    (
        Case(
            study=a_training_study(retention_days=366), policy=with_permit(retention_days=3650)
        ),
        {"retention.charter"},
    ),
    (Case(study=a_training_study(expires=NOW)), {"expiry.study"}),
    (Case(policy=a_policy(active_from=NOW + timedelta(microseconds=1))), {"expiry.policy"}),
    (Case(now=NOW.replace(tzinfo=None)), {"expiry.clock"}),
    # legal packs
    (Case(charter=a_charter(packs=(a_pin(),))), {"pack.pinned"}),
    (Case(policy=a_policy(packs=(a_pin(),))), {"pack.pinned"}),
    (
        Case(charter=a_charter(packs=(a_pin(),)), packs=(in_force(a_pack(dated=NOW)),)),
        {"pack.pinned"},
    ),
    (Case(packs=(in_force(a_pack(checks=(a_refusing_check(),))),)), {"pack.check"}),
    (
        Case(
            policy=a_policy(pack_rules=PackRules(advice=True)),
            packs=(in_force(a_pack(checks=(a_refusing_check(severity="advise"),))),),
        ),
        {"pack.advice"},
    ),
    (
        Case(
            policy=a_policy(pack_rules=PackRules(counsel_signature=True)),
            packs=(in_force(a_pack()),),
        ),
        {"pack.counsel"},
    ),
    # signatures and identity
    (Case(signature=replace(SIGNED, study=a_key(99).public_hex)), {"signature.study"}),
    (Case(signature=replace(SIGNED, charter=None)), {"signature.charter"}),
    (Case(signature=replace(SIGNED, is_charter_newest=False)), {"charter.accepted"}),
    (Case(signature=replace(SIGNED, policy=brand_key("birch").public_hex)), {"signature.policy"}),
    (Case(signature=replace(SIGNED, asset=None)), {"signature.asset"}),
    (Case(charter=a_charter(floors=Floors(approvals=1))), {"approvals.charter"}),
    (Case(charter=a_charter(assessment_required=True)), {"assessment.charter"}),
    (Case(charter=a_charter(taxonomies=BOTH_PINS)), {"taxonomies.charter"}),
    (Case(asset_approvals=None), {"approvals.asset"}),
    (Case(asset_approvals=ApprovalState(1, ())), {"approvals.asset"}),
    (Case(policy=a_policy(**APPROVED_BY_ONE)), {"approvals.asset-rules"}),
    (Case(policy=a_policy(approvers=an_approver(brand_key("alder")))), {"approvals.keys"}),
    (Case(asset=an_asset(approvers=an_approver(brand_key("birch")))), {"approvals.keys"}),
    (Case(approvals=None), {"approvals.policy"}),
    (Case(approvals=ApprovalState(2, ("data-owner",))), {"approvals.policy"}),
    (Case(approvals=ApprovalState(1, ("data-owner",), ("officer",))), {"approvals.policy"}),
    (Case(study=a_training_study(alliance="coast2")), {"identity.alliance"}),
    (Case(policy=a_policy(alliance="coast2")), {"identity.alliance"}),
    (Case(asset=an_asset(brand="birch")), {"identity.brand"}),
    (
        Case(charter=a_charter(members=(a_member("birch"), a_member("cedar")))),
        {"identity.member", "signature.policy", "signature.asset", "joint-use.consent",
         "cross-border.mechanism", "cross-border.persons"},
    ),
)  # fmt: skip
