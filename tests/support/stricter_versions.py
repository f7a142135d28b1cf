"""Pairs of versions of which one is stricter, and what makes them, for tests of comparing."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from hanse_policies.compare.comparison import Comparable
from hanse_policies.documents import (
    ApprovalMode,
    Approver,
    ComputationKind,
    ConsentEndRule,
    ConsentRules,
    Floors,
    FlowLabel,
    ImpactAssessment,
    Limits,
    LocationPrecision,
    Member,
    MinorsRule,
    Purpose,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    WithdrawalRules,
)
from tests.support.documents import (
    BRANDS,
    NOW,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_histogram_permit,
    a_key,
    a_member,
    a_permit,
    a_policy,
    an_asset,
)
from tests.support.places import a_notice

REPORT = ImpactAssessment(digest="ab" * 32, dated=NOW - timedelta(days=1))
OLDER = a_notice(version="v1", separate_consents=())
NARROWER = a_notice(version="v2", recipients=("operator",))
OFFICER = Approver(id="wei", role="data-protection-officer", key=a_key(40).public_hex)


def with_permit(**changes: object) -> Comparable:
    return a_policy(permits=(a_permit(**changes), a_histogram_permit()))  # type: ignore[arg-type]


def with_column(**changes: object) -> Comparable:
    return an_asset(columns=(a_column("visits", **changes), a_column("spend")))


def with_floors(**changes: object) -> Comparable:
    usual = {"minimum_brands": 3, "minimum_persons": 50, "tolerated_dropouts": 1}
    members = (*(a_member(brand) for brand in BRANDS), *(_further(n) for n in range(5)))
    floors = Floors.model_validate(usual | {"assumed_colluders": 1} | changes)
    return a_charter(members=members, floors=floors)


def _further(number: int) -> Member:
    return a_member(
        f"further-{number}", signing_key=f"{number:064x}", agreement_key=f"{200 + number:064x}"
    )


def with_limits(**changes: object) -> Comparable:
    usual = {"epsilon": 4.0, "delta": 1e-5, "retention_days": 365}
    return a_charter(limits=Limits.model_validate(usual | changes))


def with_consent(**rules: object) -> Comparable:
    return a_policy(consent=ConsentRules.model_validate({"max_age_hours": 48} | rules))


def with_end(consequence: str = "retrain-by", **rule: object) -> Comparable:
    usual: dict[str, object] = {"consequence": consequence, "purge_within_days": 15}
    if consequence == "keep-with-evidence":
        usual["evidence"] = "impact assessment 7"
    else:
        usual["within_days"] = 90
    withdrawn = ConsentEndRule.model_validate(usual | rule)
    return a_policy(withdrawal=WithdrawalRules(withdrawn=withdrawn))


def minors(from_age: Literal[14, 16, 18], *, guardian: bool) -> MinorsRule:
    return MinorsRule(from_age=from_age, is_guardian_enough=guardian)


STRICTER = [
    (a_policy(), a_policy(permits=(a_permit(),)), "permits[1]"),
    (with_permit(), with_permit(columns=("visits", "spend", "region")), "permits[0].columns[3]"),
    (with_permit(sensitive=True), with_permit(), "permits[0].columns[0].sensitive"),
    (
        with_permit(recipients=("alliance-members", "operator")),
        with_permit(),
        "permits[0].recipients",
    ),
    (
        with_permit(computations=tuple(ComputationKind), releases=tuple(ReleaseForm)),
        with_permit(computations=tuple(ComputationKind)),
        "permits[0].releases",
    ),
    (
        with_permit(),
        with_permit(least_protection=FlowLabel.DP_AGGREGATE),
        "permits[0].least_protection",
    ),
    (with_permit(), with_permit(minimum_persons=101), "permits[0].minimum_persons"),
    (with_permit(), with_permit(retention_days=179), "permits[0].retention_days"),
    (a_policy(), a_policy(budgets=(a_budget(),)), "budgets[1]"),
    (a_policy(budgets=(a_budget(),)), a_policy(budgets=(a_budget(epsilon=5.0),)), "budgets[0]"),
    (a_policy(budgets=(a_budget(),)), a_policy(budgets=(a_budget(delta=1e-7),)), "budgets[0]"),
    (a_policy(), a_policy(consent=ConsentRules(max_age_hours=24)), "consent.max_age_hours"),
    (
        with_consent(bases=("consent", "contract")),
        with_consent(bases=("consent",)),
        "consent.bases",
    ),
    (with_consent(), with_consent(notices=("2026-01",)), "consent.notices"),
    (
        with_consent(jurisdictions=("DE", "AT", "US")),
        with_consent(jurisdictions=("AT", "US")),
        "consent.jurisdictions",
    ),
    (with_consent(), with_consent(scope_required=True), "consent.scope_required"),
    (with_end(), with_end(within_days=89), "withdrawal.withdrawn.within_days"),
    (with_end(), with_end("retire"), "withdrawal.withdrawn.consequence"),
    (with_end("keep-with-evidence"), with_end(), "withdrawal.withdrawn.consequence"),
    (with_end(), with_end(purge_within_days=0), "withdrawal.withdrawn.purge_within_days"),
    (a_policy(), a_policy(active_from=NOW), "active_from"),
    (a_policy(approval=ApprovalMode.AUTOMATIC), a_policy(), "approval"),
    (an_asset(), an_asset(columns=(a_column("visits"),)), "columns[1]"),
    (with_column(), with_column(sensitivity=Sensitivity.SENSITIVE), "columns[0].sensitivity"),
    (with_column(), with_column(retention_days=7), "columns[0].retention_days"),
    (
        with_column(precision=LocationPrecision.CITY),
        with_column(precision=LocationPrecision.STREET),
        "columns[0].precision",
    ),
    (
        an_asset(),
        an_asset(consent=a_consent_mapping(purposes={Purpose.MODEL_TRAINING: "training"})),
        "consent.purposes.audience-analytics",
    ),
    (with_floors(), with_floors(minimum_brands=4), "floors.minimum_brands"),
    (with_floors(), with_floors(minimum_persons=51), "floors.minimum_persons"),
    (with_floors(), with_floors(tolerated_dropouts=2), "floors.tolerated_dropouts"),
    (with_floors(), with_floors(assumed_colluders=2), "floors.assumed_colluders"),
    (with_floors(), with_floors(approvals=2), "floors.approvals"),
    (a_charter(), a_charter(minors=minors(14, guardian=True)), "minors"),
    (a_charter(), a_charter(uses=(ResultUse.REPORTING,)), "uses"),
    (
        a_charter(uses=(ResultUse.REPORTING, ResultUse.OFFER)),
        a_charter(uses=(ResultUse.REPORTING,)),
        "uses",
    ),
    (a_charter(), a_charter(assessment_required=True), "assessment_required"),
    (with_permit(), with_permit(uses=(ResultUse.REPORTING,)), "permits[0].uses"),
    (
        with_permit(uses=(ResultUse.REPORTING, ResultUse.OFFER)),
        with_permit(uses=(ResultUse.REPORTING,)),
        "permits[0].uses",
    ),
    (with_limits(), with_limits(epsilon=3.0), "limits.epsilon"),
    (with_limits(), with_limits(delta=1e-6), "limits.delta"),
    (with_limits(), with_limits(retention_days=30), "limits.retention_days"),
    (a_charter(), a_charter(purposes=(Purpose.MODEL_TRAINING,)), "purposes"),
    (a_charter(), a_charter(places=()), "places[0]"),
]
