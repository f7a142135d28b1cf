"""For each refused request the change that its refusal names, made: nothing else is changed.

A change that has to be made in two documents, or that another rule then asks about in turn,
changes both. `REPAIRS` stands row by row beside `refused_cases.REFUSED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hanse_policies.documents import (
    Between,
    CategoricalFeature,
    ComputationKind,
    ConsentField,
    ConsentRules,
    ConsentState,
    DataAsset,
    Floors,
    FlowLabel,
    ImpactAssessment,
    NumericFeature,
    OneOf,
    PackRules,
    ReleaseForm,
    ResultUse,
    Study,
)
from hanse_policies.facts import ApprovalState, BudgetState
from tests.support.decisions import SIGNED, UNSPENT
from tests.support.documents import (
    BRANDS,
    NOW,
    a_charter,
    a_column,
    a_consent_mapping,
    a_consent_state,
    a_histogram,
    a_histogram_permit,
    a_histogram_study,
    a_key,
    a_member,
    a_policy,
    a_privacy,
    a_shared_privacy,
    a_shared_training_study,
    a_training,
    a_training_study,
    an_approver,
    an_asset,
)
from tests.support.packs import a_pack, in_force
from tests.support.places import COUNSEL_KEY, a_joint_use, a_notice, an_export, in_china
from tests.support.refused_cases import (
    APPROVED_BY_ONE,
    BOTH_PINS,
    FROM_14,
    HISTOGRAM_ON,
    a_threshold,
    hours_ago,
    with_permit,
)

Facts = Mapping[str, object]
FOUR_MEMBERS = tuple(a_member(brand) for brand in (*BRANDS, "dune"))
BY_COUNSEL = a_charter(counsel_key=COUNSEL_KEY.public_hex)
BY_CONTRACT = ConsentRules(max_age_hours=48, bases=("contract",))
RENEWED = datetime(2026, 7, 1, tzinfo=UTC)
FOR_REPORTING: Facts = {"study": a_training_study(uses=(ResultUse.REPORTING,))}
PACK_AT_HAND: Facts = {"packs": (in_force(a_pack()),)}
LEDGER_READ: Facts = {"budget": UNSPENT}


def mapped(**changes: object) -> DataAsset:
    return an_asset(consent=a_consent_mapping(**changes))


def telling(*fields: ConsentField) -> ConsentState:
    return replace(a_consent_state(), fields=frozenset({ConsentField.BASIS, *fields}))


def with_features_of(label: str) -> Study:
    feature = NumericFeature(column="visits", lower=0.0, upper=1.0)
    return a_training_study(computation=a_training(label=label, features=(feature,)))


ON_REGION = a_histogram_study(
    computation=a_histogram(axes=(CategoricalFeature(column="region", categories=("north",)),))
)
REPAIRS: tuple[tuple[str, Facts], ...] = (
    # purpose
    ("add purpose model-training to the charter", {"charter": a_charter()}),
    ("a permit for purpose model-training", {"policy": with_permit()}),
    ("a permit for purpose model-training", {"policy": with_permit()}),
    # computation
    ("add computation train-model to the charter", {"charter": a_charter()}),
    (
        "ask brand alder to permit train-model",
        {"policy": with_permit(computations=tuple(ComputationKind))},
    ),
    # columns: minimum necessary
    ("columns bought from the study, or ask brand alder to permit", {"policy": with_permit()}),
    ("remove columns age_years from the study", {"study": a_training_study()}),
    ("decide with the description of asset orders", {"asset": an_asset(id="orders")}),
    ("ask brand alder for a permit for customers", {"policy": with_permit()}),
    (
        "columns unheard_of from the study, or list them in the asset",
        {"asset": an_asset(columns=(a_column("unheard_of"),))},
    ),
    ("remove column person_id from the study", {"study": HISTOGRAM_ON["age_years"]}),
    (
        "remove column Person_ID from the study",
        {
            "study": HISTOGRAM_ON["age_years"],
            "policy": a_policy(permits=(a_histogram_permit(columns=("age_years",)),)),
            "asset": an_asset(columns=(a_column("age_years"),)),
        },
    ),
    ("use each of these columns as its type allows", {"study": ON_REGION}),
    (
        "use each of these columns as its type allows",
        {"study": a_training_study(population=(Between(column="visits", lower=0.0, upper=9.0),))},
    ),
    (
        "use each of these columns as its type allows",
        {"study": a_training_study(population=(OneOf(column="region", values=("north",)),))},
    ),
    ("use each of these columns as its type allows", {"study": with_features_of("bought")}),
    ("permit them as sensitive", {"policy": with_permit(sensitive=True)}),
    ("give each of them a category of fideslang-3.1.4 in the asset", {"asset": an_asset()}),
    # minors, uses, thresholds
    (
        "set consent.minors in the policy to what the charter asks",
        {
            "policy": a_policy(consent=ConsentRules(max_age_hours=48, minors=FROM_14)),
            "asset": mapped(age_band="age_band"),
            "consent": telling(ConsentField.AGE_BAND),
        },
    ),
    (
        "record persons' age bands in the register and map them in the asset",
        {"asset": mapped(age_band="age_band")},
    ),
    ("what the result is used for, and nothing but reporting", FOR_REPORTING),
    ("what the result is used for, and nothing but reporting", FOR_REPORTING),
    (
        "name figures of auc, persons",
        {"study": a_training_study(thresholds=(a_threshold("auc"),))},
    ),
    # flow and form of release
    ("choose a trust mode that gives F4", {"study": a_training_study()}),
    (
        "ask brand alder to permit F4",
        {"policy": with_permit(least_protection=FlowLabel.DP_AGGREGATE)},
    ),
    (
        "permit releases of the form model",
        {"policy": with_permit(releases=(ReleaseForm.TABLE, ReleaseForm.MODEL))},
    ),
    # consent
    ("make the consent register readable", {"consent": a_consent_state()}),
    ("make the consent register readable", {"consent": a_consent_state()}),
    ("sync the consent register", {"consent": hours_ago(48)}),
    ("set the clocks of the register", {"consent": hours_ago(0)}),
    ("record consent for purpose model-training", {"consent": a_consent_state()}),
    ("consent for purpose model-training, and map it in the asset", {"asset": mapped()}),
    (
        "map recipients in the asset",
        {"asset": mapped(recipients="recipients"), "consent": telling(ConsentField.RECIPIENTS)},
    ),
    # recipients
    ("remove recipients press from the study", {"study": a_training_study()}),
    # joint use, borders
    (
        "have counsel sign an opinion for joint_use",
        {"policy": a_policy(joint_use=a_joint_use()), "charter": BY_COUNSEL},
    ),
    (
        "name them in a new notice and let it alone count",
        {"policy": in_china(a_notice()).policy},
    ),
    ("remove joint_use", {"policy": a_policy()}),
    (
        "state an export.mechanism of adequacy, certification, standard-contract",
        {"policy": a_policy(export=an_export(mechanism="standard-contract"))},
    ),
    (
        "state export.persons_at_most in the policy, 100 or more",
        {"policy": a_policy(export=an_export(persons_at_most=100))},
    ),
    (
        "recipients operator from the study, or ask brand alder to permit them",
        {"policy": with_permit(recipients=("operator",))},
    ),
    # minimums
    ("raise minimum_persons to 101", {"study": a_training_study(minimum_persons=101)}),
    ("raise minimum_persons to 100", {"study": a_training_study(minimum_persons=100)}),
    ("raise minimum_brands to 3", {"study": a_training_study(minimum_brands=3)}),
    # trust mode
    (
        "raise tolerated_dropouts to 1",
        {
            "study": a_shared_training_study(privacy=a_shared_privacy(tolerated_dropouts=1)),
            # Whom a further rule then asks for.
            "charter": a_charter(floors=Floors(tolerated_dropouts=1), members=FOUR_MEMBERS),
        },
    ),
    ("raise assumed_colluders to 1", {"study": a_shared_training_study()}),
    (
        "raise minimum_brands to 4",
        {
            "study": a_shared_training_study(
                privacy=a_shared_privacy(assumed_colluders=3), minimum_brands=4
            )
        },
    ),
    ("enrol members until there are 4", {"charter": a_charter(members=FOUR_MEMBERS)}),
    ("enrol members until there are 4", {"charter": a_charter(members=FOUR_MEMBERS)}),
    ("enrol members until there are 3 legal entities", {"charter": a_charter()}),
    # budget
    ("lower epsilon to 2.9", {"study": a_training_study(privacy=a_privacy(epsilon=2.9))}),
    ("lower delta to 1e-07", {"study": a_training_study(privacy=a_privacy(delta=1e-07))}),
    ("lower delta to 1e-06", {"study": a_training_study(privacy=a_privacy(delta=1e-06))}),
    ("a budget for purpose model-training", {"policy": a_policy()}),
    ("wait until 2026-06-16T12:00:00+00:00", {"now": NOW + timedelta(days=1)}),
    *[("make the ledger readable and have it report at delta 1e-06", LEDGER_READ)] * 8,
    (
        "lower epsilon (study:privacy.epsilon) to 2",
        {
            "study": a_training_study(privacy=a_privacy(epsilon=2.0)),
            "budget": BudgetState(4.0, 6.0, 1e-6),
        },
    ),
    (
        "wait for the renewal at 2026-07-01T00:00:00+00:00",
        {"now": RENEWED, "budget": UNSPENT, "consent": a_consent_state(RENEWED)},
    ),
    # retention, expiry
    ("lower retention_days to 180", {"study": a_training_study(retention_days=180)}),
    ("lower retention_days to 365", {"study": a_training_study(retention_days=365)}),
    (
        "a new version of the study with a later expiry",
        {"study": a_training_study(version=2, expires=NOW + timedelta(microseconds=1))},
    ),
    (
        "wait until 2026-06-15T12:00:00.000001+00:00",
        {"now": NOW + timedelta(microseconds=1)},
    ),
    ("decide with an instant that has a time zone", {"now": NOW}),
    # legal packs
    ("hand in legal pack example-act@1.0.0 as it is pinned", PACK_AT_HAND),
    ("hand in legal pack example-act@1.0.0 as it is pinned", PACK_AT_HAND),
    ("hand in legal pack example-act@1.0.0 as it is pinned", PACK_AT_HAND),
    ("use data on a ground that is no consent", {"policy": a_policy(consent=BY_CONTRACT)}),
    (
        "use data on a ground that is no consent",
        {"policy": a_policy(consent=BY_CONTRACT, pack_rules=PackRules(advice=True))},
    ),
    (
        "have counsel sign legal pack example-act@1.0.0 with the key that the charter names",
        {"packs": (in_force(a_pack(), COUNSEL_KEY),), "charter": BY_COUNSEL},
    ),
    # signatures and identity
    ("have the operator sign the study", {"signature": SIGNED}),
    ("fetch the charter anew and verify it", {"signature": SIGNED}),
    ("accept it with hanse brand accept-charter", {"signature": SIGNED}),
    ("sign the policy with brand alder's key", {"signature": SIGNED}),
    ("sign the asset with brand alder's key", {"signature": SIGNED}),
    (
        "raise approvals.loosen to 1, and name approvers",
        {
            "policy": a_policy(**APPROVED_BY_ONE),
            # Which then has to be as hard to change.
            "asset": an_asset(author="writer", **APPROVED_BY_ONE),
        },
    ),
    (
        "assess the impact, and state report and date in `assessment`",
        {
            "policy": a_policy(
                assessment=ImpactAssessment(digest="ab" * 32, dated=a_policy().active_from)
            )
        },
    ),
    (
        "pin dpv-2.2, fideslang-3.1.4 in `taxonomies` of the policy",
        {"policy": a_policy(taxonomies=BOTH_PINS)},
    ),
    (
        "have the approvers of the version before approve",
        {"asset_approvals": ApprovalState(1, ("officer",))},
    ),
    (
        "have the approvers of the version before approve",
        {"asset_approvals": ApprovalState(1, ("officer",))},
    ),
    (
        "name approvers in the asset and raise its approvals.loosen to 1",
        {"asset": an_asset(author="writer", **APPROVED_BY_ONE)},
    ),
    (
        "give the approver a key of their own",
        {"policy": a_policy(approvers=an_approver(a_key(77)))},
    ),
    (
        "give the approver a key of their own",
        {"asset": an_asset(approvers=an_approver(a_key(77)))},
    ),
    (
        "have the approvers of the version before approve",
        {"approvals": ApprovalState(1, ("data-owner",))},
    ),
    (
        "have the approvers of the version before approve",
        {"approvals": ApprovalState(2, ("data-owner", "officer"))},
    ),
    (
        "have the approvers of the version before approve",
        {"approvals": ApprovalState(2, ("data-owner", "officer"))},
    ),
    ("use documents of one alliance", {"study": a_training_study()}),
    ("use documents of one alliance", {"policy": a_policy()}),
    ("use the asset of brand alder", {"asset": an_asset()}),
    ("enrol brand alder with the operator", {"charter": a_charter()}),
)
