"""The verdict is the logical AND of conditions that are stated here a second time."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_policies.documents import (
    Axis,
    Between,
    CategoricalFeature,
    ColumnType,
    ConsentBasis,
    ConsentField,
    ConsentRules,
    ConsentState,
    Feature,
    Floors,
    FlowLabel,
    OneOf,
    PopulationFilter,
    PrivacyParameters,
    Purpose,
    ReleaseForm,
    Sensitivity,
    Study,
    TrainModel,
    Verdict,
)
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
from tests.support.decisions import APPROVED, UNSPENT, Case
from tests.support.documents import (
    BRANDS,
    COLUMNS,
    NOW,
    OPERATOR_KEY,
    a_budget,
    a_charter,
    a_column,
    a_consent_mapping,
    a_histogram,
    a_histogram_permit,
    a_key,
    a_member,
    a_permit,
    a_policy,
    a_privacy,
    a_shared_privacy,
    a_summed_training,
    a_training,
    a_training_study,
    an_asset,
    brand_key,
)

TYPES = {name: kind for name, kind, _ in COLUMNS}
T = TypeVar("T")


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    """Draw the usual value eleven times of twelve, so that many cases are permitted."""
    return st.integers(0, 11).flatmap(
        lambda n: st.just(usual) if n < 11 else st.sampled_from(others)
    )


@st.composite
def privacies(draw: st.DrawFn) -> PrivacyParameters:
    numbers = {
        "epsilon": draw(mostly(3.0, 3.5, 4.5)),
        "delta": draw(mostly(1e-6, 5e-6, 5e-5)),
    }
    if draw(st.booleans()):
        return a_privacy(**numbers)
    return a_shared_privacy(draw(mostly(0, 1, 2)), draw(mostly(1, 0, 2, 3)), **numbers)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    privacy = draw(privacies())
    training = a_training if privacy.distributed is None else a_summed_training
    study = a_training_study(
        alliance=draw(mostly("coast", "lake")),
        purpose=draw(mostly(Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS)),
        asset=draw(mostly("customers", "orders")),
        computation=draw(mostly(training(), a_histogram(), training(label="age_years"))),
        population=draw(
            mostly(
                (),
                (OneOf(column="region", values=("north",)),),
                (Between(column="region", lower=0.0, upper=1.0),),
                (Between(column="age_years", lower=0.0, upper=1.0),),
                (Between(column="nowhere", lower=0.0, upper=1.0),),
            )
        ),
        privacy=privacy,
        minimum_persons=draw(mostly(100, 49, 70, 5000)),
        minimum_brands=draw(mostly(3, 2, 9)),
        recipients=draw(mostly(("alliance-members",), ("operator",), ("press", "operator"))),
        retention_days=draw(mostly(90, 180, 200, 3650)),
        expires=NOW + timedelta(hours=draw(mostly(1, 0, -1))),
    )
    permits = (
        a_permit(
            minimum_persons=draw(mostly(100, 60, 101)),
            retention_days=draw(mostly(180, 3650)),
            columns=draw(mostly(("visits", "spend", "region", "bought"), ("visits", "nowhere"))),
            sensitive=draw(st.booleans()),
            releases=draw(mostly((ReleaseForm.MODEL,), (ReleaseForm.TABLE,), tuple(ReleaseForm))),
            least_protection=draw(
                mostly(
                    FlowLabel.MASKED_UPDATE,
                    FlowLabel.DP_AGGREGATE,
                    FlowLabel.CLAIMED_ANONYMOUS,
                    FlowLabel.RAW,
                )
            ),
        ),
        a_histogram_permit(recipients=("alliance-members", "operator")),
        a_permit(asset="orders", recipients=("operator",)),
    )
    consent = ConsentState(
        synced=draw(
            mostly(
                NOW - timedelta(hours=24), None, NOW + timedelta(seconds=1), NOW - timedelta(days=9)
            )
        ),
        purposes=draw(
            mostly(
                frozenset({Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS}),
                frozenset(),
                frozenset({Purpose.MODEL_TRAINING}),
            )
        ),
        fields=draw(mostly(frozenset(ConsentField), frozenset())),
    )
    return Case(
        study=study,
        charter=a_charter(
            purposes=draw(
                mostly(
                    (Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS),
                    (Purpose.MODEL_TRAINING,),
                )
            ),
            members=draw(
                mostly(
                    tuple(a_member(brand) for brand in BRANDS),
                    (a_member("birch"), a_member("cedar")),
                    (
                        a_member("alder", legal_entity="Holding Ltd"),
                        a_member("birch", legal_entity="Holding Ltd"),
                        a_member("cedar"),
                    ),
                )
            ),
            floors=Floors(
                minimum_brands=3,
                minimum_persons=50,
                tolerated_dropouts=draw(mostly(0, 1)),
                assumed_colluders=draw(mostly(1, 2, 0)),
            ),
        ),
        policy=a_policy(
            permits=permits[: draw(mostly(3, 0, 1, 2))],
            budgets=draw(
                mostly(
                    (a_budget(), a_budget(Purpose.AUDIENCE_ANALYTICS)),
                    (),
                    (a_budget(starts=NOW + timedelta(days=1)),),
                    (a_budget(epsilon=3.0),),
                )
            ),
            consent=ConsentRules(
                max_age_hours=draw(mostly(48, 24, 23)),
                bases=draw(mostly(None, (ConsentBasis.CONSENT,))),
                scope_required=draw(mostly(False, True)),
            ),
            active_from=NOW + timedelta(hours=draw(mostly(-1, 0, 1))),
        ),
        asset=an_asset(
            consent=draw(mostly(a_consent_mapping(), a_consent_mapping(basis="basis"))),
            brand=draw(mostly("alder", "birch")),
            columns=tuple(
                a_column(name, sensitivity=draw(mostly(*Sensitivity))) for name, _, _ in COLUMNS
            ),
        ),
        consent=consent,
        budget=draw(
            mostly(
                UNSPENT,
                None,
                BudgetState(3.0, 6.0, 1e-6),
                BudgetState(3.0, 6.1, 1e-6),
                BudgetState(0.0, 3.0, 1e-5),
                BudgetState(0.0, math.nan, 1e-6),
            )
        ),
        approvals=draw(
            mostly(
                APPROVED,
                None,
                ApprovalState(2, ("data-owner",)),
                ApprovalState(1, ("data-owner",)),
                ApprovalState(1, ("data-owner",), ("officer",)),
            )
        ),
        signature=SignatureState(
            study=draw(mostly(OPERATOR_KEY.public_hex, None, a_key(99).public_hex)),
            charter=draw(mostly(OPERATOR_KEY.public_hex, None)),
            policy=draw(mostly(brand_key("alder").public_hex, None, OPERATOR_KEY.public_hex)),
            asset=draw(mostly(brand_key("alder").public_hex, None, OPERATOR_KEY.public_hex)),
        ),
    )


def the_parties_are_right(case: Case) -> bool:
    members = {m.brand: m.signing_key for m in case.charter.members}
    operator = case.charter.operator.signing_key
    return (
        case.study.alliance == case.policy.alliance == case.charter.id
        and case.asset.brand == case.policy.brand
        and members.get(case.policy.brand) is not None
        and case.signature.policy == members[case.policy.brand]
        and case.signature.asset == members[case.policy.brand]
        and case.signature.study == operator
        and case.signature.charter == operator
    )


def the_charter_allows(case: Case) -> bool:
    study, charter = case.study, case.charter
    return (
        study.purpose in charter.purposes
        and study.computation.kind in charter.computations
        and set(study.recipients) <= set(charter.recipients)
        and study.minimum_persons >= charter.floors.minimum_persons
        and study.minimum_brands >= charter.floors.minimum_brands
        and study.retention_days <= charter.limits.retention_days
        and study.privacy.epsilon <= charter.limits.epsilon
        and study.privacy.delta <= charter.limits.delta
    )


def shared_noise_suffices(case: Case) -> bool:
    noise, charter = case.study.privacy.distributed, case.charter
    if noise is None:
        return True
    least = max(case.study.minimum_brands, 3)
    return (
        noise.tolerated_dropouts >= charter.floors.tolerated_dropouts
        and noise.assumed_colluders >= charter.floors.assumed_colluders
        and noise.assumed_colluders < least
        and len(charter.members) >= least + noise.tolerated_dropouts
        and 2 * (len(charter.members) - noise.tolerated_dropouts)
        > len(charter.members) + noise.assumed_colluders
        and len({member.legal_entity for member in charter.members}) >= 3
    )


def a_permit_covers_it(case: Case) -> bool:
    study = case.study
    return any(
        study.purpose == permit.purpose
        and study.computation.kind in permit.computations
        and study.asset == permit.asset
        and set(study.columns()) <= set(permit.column_names)
        and set(study.recipients) <= set(permit.recipients)
        and study.minimum_persons >= permit.minimum_persons
        and study.retention_days <= permit.retention_days
        and release_form(case) in permit.releases
        and permit.least_protection in protection_at_most(study)
        and {c.name for c in permit.columns if c.sensitive} >= sensitive_columns(case)
        for permit in case.policy.permits
    )


def release_form(case: Case) -> ReleaseForm:
    trains = isinstance(case.study.computation, TrainModel)
    return ReleaseForm.MODEL if trains else ReleaseForm.TABLE


def protection_at_most(study: Study) -> set[FlowLabel]:
    shared = {FlowLabel.RAW, FlowLabel.TOKEN, FlowLabel.PLAIN_UPDATE, FlowLabel.MASKED_UPDATE}
    return shared if study.privacy.distributed else {*shared, FlowLabel.DP_AGGREGATE}


def sensitive_columns(case: Case) -> set[str]:
    read = set(case.study.columns())
    return {c.name for c in case.asset.columns if c.name in read and c.sensitivity != "ordinary"}


def the_columns_fit(case: Case) -> bool:
    study = case.study
    numbers: set[str] = set()
    words: set[str] = set()
    flags: set[str] = set()
    computation = study.computation
    parts: list[Feature | Axis | PopulationFilter] = [*study.population]
    if isinstance(computation, TrainModel):
        flags.add(computation.label)
        parts += computation.features
    else:
        parts += computation.axes
    for part in parts:
        (words if isinstance(part, CategoricalFeature | OneOf) else numbers).add(part.column)
    return (
        study.asset == case.asset.id
        and case.asset.person not in study.columns()
        and set(study.columns()) <= set(TYPES)
        and all(TYPES[c] in {ColumnType.NUMBER, ColumnType.FLAG} for c in numbers)
        and all(TYPES[c] is ColumnType.CATEGORY for c in words)
        and all(TYPES[c] is ColumnType.FLAG for c in flags)
    )


def consent_allows(case: Case) -> bool:
    synced = case.consent.synced
    return (
        synced is not None
        and synced <= case.now
        and case.now - synced <= timedelta(hours=case.policy.consent.max_age_hours)
        and case.study.purpose in case.consent.purposes
        and the_register_tells_what_is_asked(case)
    )


def the_register_tells_what_is_asked(case: Case) -> bool:
    rules, mapping, told = case.policy.consent, case.asset.consent, case.consent.fields
    basis = mapping.basis is not None and ConsentField.BASIS in told
    scope = mapping.recipients is not None and ConsentField.RECIPIENTS in told
    return (rules.bases is None or basis) and (not rules.scope_required or scope)


def the_budget_suffices(case: Case) -> bool:
    budgets = {b.purpose: b for b in case.policy.budgets}
    budget, state = budgets.get(case.study.purpose), case.budget
    return (
        budget is not None
        and state is not None
        and budget.starts <= case.now
        and case.study.privacy.delta <= budget.delta
        and state.delta <= budget.delta
        and state.epsilon_if_run <= budget.epsilon
    )


def expected(case: Case) -> bool:
    return (
        the_parties_are_right(case)
        and the_charter_allows(case)
        and shared_noise_suffices(case)
        and a_permit_covers_it(case)
        and the_columns_fit(case)
        and consent_allows(case)
        and the_budget_suffices(case)
        and case.now < case.study.expires
        and case.policy.active_from <= case.now
        and case.approvals is not None
        and len(case.approvals.roles) >= case.approvals.needed
        and not case.approvals.refused_by
    )


@settings(max_examples=2500, deadline=None)
@given(cases())
def test_the_verdict_is_the_and_of_all_conditions(case: Case) -> None:
    decision = case.decide()
    assert decision.is_permitted == expected(case)
    assert decision.is_permitted == (decision.denied_by == ())
    assert (decision.permit is None) != decision.is_permitted
    for finding in decision.findings:
        assert (finding.fix == "") == (finding.verdict is Verdict.PERMIT)


@settings(max_examples=300, deadline=None)
@given(
    cases(),
    st.none()
    | st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=999))
    | st.timedeltas(min_value=timedelta(days=-999), max_value=timedelta(hours=-48, seconds=-1)),
)
def test_missing_stale_or_future_consent_always_denies(
    case: Case, offset: timedelta | None
) -> None:
    synced = None if offset is None else NOW + offset
    decision = replace(case, consent=replace(case.consent, synced=synced)).decide()
    assert not decision.is_permitted
    assert any(code.startswith("consent.") for code in decision.denied_by)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_decision_is_the_same_each_time(case: Case) -> None:
    assert case.decide() == case.decide()
