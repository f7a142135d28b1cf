"""Which way each change of a field goes, and what shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from hanse_policies.canonical import digest
from hanse_policies.compare.comparison import TABLES, Comparable, compare_versions
from hanse_policies.compare.direction import Direction
from hanse_policies.compare.fields import FieldTable
from hanse_policies.compare.permits import PERMIT, PERMITTED_COLUMN
from hanse_policies.compare.tables import (
    APPROVAL_RULES,
    APPROVER,
    ASSET_COLUMN,
    BUDGET,
    CONSENT_MAPPING,
    CONSENT_RULES,
    FLOORS,
    JOINT_USE,
    LIMITS,
    MEMBER,
    OPERATOR,
    RECIPIENT_PLACE,
    WITHDRAWAL_RULES,
)
from hanse_policies.compare.withdrawal import CONSENT_END_RULE
from hanse_policies.compare.witness import find_witnesses
from hanse_policies.documents import (
    ApprovalMode,
    ApprovalRules,
    Approver,
    AssetColumn,
    ComputationKind,
    ConsentEndRule,
    ConsentMapping,
    ConsentRules,
    Floors,
    FlowLabel,
    ImpactAssessment,
    JointUse,
    Limits,
    LocationPrecision,
    Member,
    MinorsRule,
    Operator,
    Permit,
    PermittedColumn,
    Pseudonym,
    Purpose,
    PurposeBudget,
    RecipientPlace,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    StrictModel,
    WithdrawalRules,
)
from hanse_policies.errors import ComparisonError
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
from tests.support.places import VERSION, a_joint_use, a_notice, in_china

TIGHTENS, LOOSENS, MIXED, TEXT = (
    Direction.TIGHTENS,
    Direction.LOOSENS,
    Direction.MIXED,
    Direction.TEXT,
)
PERSON_BY_PERSON = (
    "consent.bases",
    "consent.notices",
    "consent.jurisdictions",
    "consent.scope_required",
    "consent.minors",
)
REPORT = ImpactAssessment(digest="ab" * 32, dated=NOW - timedelta(days=1))
OLDER = a_notice(version="v1", separate_consents=())
NARROWER = a_notice(version="v2", recipients=("operator",))
OFFICER = Approver(id="wei", role="data-protection-officer", key=a_key(40).public_hex)


@pytest.mark.parametrize(
    ("model", "table"),
    [
        *TABLES.items(),
        (Approver, APPROVER),
        (ApprovalRules, APPROVAL_RULES),
        (PurposeBudget, BUDGET),
        (ConsentRules, CONSENT_RULES),
        (AssetColumn, ASSET_COLUMN),
        (ConsentMapping, CONSENT_MAPPING),
        (JointUse, JOINT_USE),
        (Member, MEMBER),
        (RecipientPlace, RECIPIENT_PLACE),
        (Operator, OPERATOR),
        (Floors, FLOORS),
        (Limits, LIMITS),
        (Permit, PERMIT),
        (PermittedColumn, PERMITTED_COLUMN),
        (WithdrawalRules, WITHDRAWAL_RULES),
        (ConsentEndRule, CONSENT_END_RULE),
    ],
)
def test_every_field_of_a_document_compares(model: type[StrictModel], table: FieldTable) -> None:
    assert list(table) == list(model.model_fields)


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
    (with_consent(), with_consent(minors=minors(14, guardian=True)), "consent.minors"),
    (
        with_consent(minors=minors(14, guardian=True)),
        with_consent(minors=minors(18, guardian=False)),
        "consent.minors",
    ),
    (with_end(), with_end(within_days=89), "withdrawal.withdrawn.within_days"),
    (with_end(), with_end("retire"), "withdrawal.withdrawn.consequence"),
    (with_end("keep-with-evidence"), with_end(), "withdrawal.withdrawn.consequence"),
    (with_end(), with_end(purge_within_days=0), "withdrawal.withdrawn.purge_within_days"),
    (a_policy(), a_policy(active_from=NOW), "active_from"),
    (a_policy(approval=ApprovalMode.AUTOMATIC), a_policy(), "approval"),
    (
        a_policy(approvers=(OFFICER,)),
        a_policy(approvers=(OFFICER,), approvals=ApprovalRules(loosen=1)),
        "approvals.loosen",
    ),
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


@pytest.mark.parametrize(("wide", "narrow", "field"), STRICTER)
def test_a_limit_tightens_one_way_and_loosens_the_other(
    wide: Comparable, narrow: Comparable, field: str
) -> None:
    there, back = compare_versions(wide, narrow), compare_versions(narrow, wide)
    assert (there.direction, back.direction) == (TIGHTENS, LOOSENS)
    assert any(change.name.startswith(field) for change in there.changes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A budget that begins elsewhere or is shorter may be had anew, whatever it grants.
        (a_policy(budgets=(a_budget(),)), a_policy(budgets=(a_budget(period_days=30),))),
        (
            a_policy(budgets=(a_budget(),)),
            a_policy(budgets=(a_budget(starts=NOW - timedelta(days=1)),)),
        ),
        (with_permit(), with_permit(recipients=("operator",))),
        (
            with_consent(minors=minors(18, guardian=True)),
            with_consent(minors=minors(14, guardian=False)),
        ),
        (with_consent(bases=("consent",)), with_consent(bases=("contract",))),
        # Who comes or goes may bring a border, or take the last one away.
        (a_charter(), a_charter(members=(a_member("alder"),))),
        # Nobody is left whom the law of China would ask, or somebody comes.
        (with_consent(), with_consent(jurisdictions=("CN",))),
        (with_consent(jurisdictions=("CN", "DE")), with_consent(jurisdictions=("DE",))),
        # The notice that never asked separate consent counts no more, or comes to count.
        (
            in_china(a_notice(), OLDER, counting=(VERSION, "v1")).policy,
            in_china(a_notice(), OLDER).policy,
        ),
        # The notice that names fewer recipients counts no more.
        (
            in_china(a_notice(), NARROWER, counting=(VERSION, "v2")).policy,
            in_china(a_notice(), NARROWER).policy,
        ),
        (a_policy(), a_policy(joint_use=a_joint_use())),
        # The assessment came too late for the one version, and in time for the other.
        (a_policy(assessment=REPORT, active_from=NOW), a_policy(assessment=REPORT)),
        (with_end("retire", within_days=120), with_end("retrain-by", within_days=90)),
        (with_end("keep-with-evidence"), with_end("keep-with-evidence", evidence="a memo")),
        (with_column(), with_column(category="user.location")),
        (with_column(), with_column(pseudonym=Pseudonym.KEYED_HASH)),
        (an_asset(), an_asset(person="loyalty_id")),
        (
            an_asset(),
            an_asset(consent=a_consent_mapping(withdrawn="expires_at", expires="withdrawn_at")),
        ),
        (a_charter(), a_charter(operator=Operator(name="Coast Office", signing_key="ab" * 32))),
        (
            a_charter(),
            a_charter(
                members=(
                    a_member("alder", agreement_key="cd" * 32),
                    a_member("birch"),
                    a_member("cedar"),
                )
            ),
        ),
        (a_policy(approvers=(OFFICER,)), a_policy(approvers=(OFFICER.model_copy(update={
            "key": a_key(41).public_hex}),))),
    ],
)  # fmt: skip
def test_what_has_no_order_is_mixed_both_ways(one: Comparable, other: Comparable) -> None:
    assert compare_versions(one, other).direction is compare_versions(other, one).direction is MIXED


def test_a_change_of_words_is_text() -> None:
    permit = a_permit()
    reasoned = permit.model_copy(
        update={
            "columns": tuple(
                column.model_copy(update={"necessity": "another reason"})
                for column in permit.columns
            )
        }
    )
    comparison = compare_versions(a_policy(permits=(permit,)), a_policy(permits=(reasoned,)))
    assert comparison.direction is TEXT
    assert len(comparison.changes) == len(permit.columns)


def test_permits_in_another_order_say_the_same() -> None:
    one, other = a_permit(), a_histogram_permit()
    comparison = compare_versions(a_policy(permits=(one, other)), a_policy(permits=(other, one)))
    assert (comparison.direction, comparison.changes) == (TEXT, ())
    assert not comparison.is_same


def test_a_permit_that_another_covers_changes_nothing_when_it_comes_or_goes() -> None:
    wide, narrow = a_permit(), a_permit(("visits", "bought"), minimum_persons=500)
    both, alone = a_policy(permits=(wide, narrow)), a_policy(permits=(wide,))
    assert (
        compare_versions(alone, both).direction is compare_versions(both, alone).direction is TEXT
    )


def test_a_permit_for_another_purpose_is_one_gone_and_one_new() -> None:
    other = a_permit(purpose=Purpose.CROSS_BRAND_MEASUREMENT)
    changes = compare_versions(a_policy(permits=(a_permit(),)), a_policy(permits=(other,))).changes
    assert [(change.direction, change.is_gone) for change in changes] == [
        (LOOSENS, False),
        (TIGHTENS, True),
    ]


@pytest.mark.parametrize(
    ("change", "version", "is_right"),
    [
        ({"consent": ConsentRules(max_age_hours=24)}, "1.1.0", True),
        ({"consent": ConsentRules(max_age_hours=24)}, "1.7.3", True),
        ({"consent": ConsentRules(max_age_hours=24)}, "2.0.0", False),
        ({"consent": ConsentRules(max_age_hours=24)}, "1.0.1", False),
        ({"consent": ConsentRules(max_age_hours=72)}, "2.0.0", True),
        ({"consent": ConsentRules(max_age_hours=72)}, "1.9.0", False),
        ({"author": "legal"}, "1.0.1", True),
        ({"author": "legal"}, "1.1.0", False),
        ({"author": "legal"}, "1.0.0", False),
        ({"author": "legal"}, "0.9.0", False),
    ],
)
def test_the_version_number_must_say_what_the_change_does(
    change: dict[str, object], version: str, is_right: bool
) -> None:
    assert (
        compare_versions(a_policy(), a_policy(**change, version=version)).is_version_right
        is is_right
    )


def test_a_version_names_the_one_before_by_its_digest() -> None:
    before = a_policy()
    assert compare_versions(before, a_policy(supersedes=digest(before))).names_predecessor
    assert not compare_versions(before, a_policy(supersedes="ab" * 32)).names_predecessor


@pytest.mark.parametrize(
    ("before", "after"),
    [(a_policy(), an_asset()), (a_policy(), a_policy(id="other")), (a_charter(), a_policy())],
)
def test_what_are_no_versions_of_one_document_are_refused(
    before: Comparable, after: Comparable
) -> None:
    with pytest.raises(ComparisonError):
        compare_versions(before, after)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (wide, narrow)
        for wide, narrow, field in STRICTER
        # These decide on no study: who approves, how long a brand keeps a value, whose consent,
        # what follows once it has ended.
        if field not in {"approval", "approvals.loosen", "places[0]"}
        and not field.startswith((*PERSON_BY_PERSON, "withdrawal."))
        and not field.endswith((".precision", "columns[0].retention_days"))
    ],
)
def test_a_request_shows_what_is_newly_allowed_or_refused(
    wide: Comparable, narrow: Comparable
) -> None:
    loosened = [w.is_newly_allowed for w in find_witnesses(compare_versions(narrow, wide))]
    tightened = [w.is_newly_allowed for w in find_witnesses(compare_versions(wide, narrow))]
    assert (loosened, tightened) == ([True], [False])


def test_a_request_shows_both_sides_of_a_mixed_change() -> None:
    before, after = with_permit(), with_permit(minimum_persons=50, retention_days=30)
    comparison = compare_versions(before, after)
    assert comparison.direction is MIXED
    witnesses = find_witnesses(comparison)
    assert [witness.is_newly_allowed for witness in witnesses] == [True, False]
    for witness in witnesses:
        assert "refused by" in witness.describe()
