"""The verdict is the logical AND of conditions that are stated here a second time."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse_policies.documents import (
    Between,
    ConsentField,
    ConsentRules,
    ConsentState,
    Floors,
    FlowLabel,
    OneOf,
    PrivacyParameters,
    Purpose,
    ReleaseForm,
    Sensitivity,
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
from tests.support.lattice import is_allowed_by_all

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
                scope_required=draw(mostly(False, True)),
            ),
            active_from=NOW + timedelta(hours=draw(mostly(-1, 0, 1))),
        ),
        asset=an_asset(
            consent=draw(mostly(a_consent_mapping(), a_consent_mapping(basis=None))),
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
        asset_approvals=draw(mostly(APPROVED, None, ApprovalState(1, ()))),
        signature=SignatureState(
            study=draw(mostly(OPERATOR_KEY.public_hex, None, a_key(99).public_hex)),
            charter=draw(mostly(OPERATOR_KEY.public_hex, None)),
            policy=draw(mostly(brand_key("alder").public_hex, None, OPERATOR_KEY.public_hex)),
            asset=draw(mostly(brand_key("alder").public_hex, None, OPERATOR_KEY.public_hex)),
            is_charter_newest=draw(mostly(True, False)),
        ),
    )


@settings(max_examples=2500, deadline=None)
@given(cases())
def test_the_verdict_is_the_and_of_all_conditions(case: Case) -> None:
    decision = case.decide()
    assert decision.is_permitted == is_allowed_by_all(case)
    assert decision.is_permitted == (decision.denied_by == ())
    assert (decision.permit is None) != decision.is_permitted
    for finding in decision.findings:
        assert finding.message
        assert finding.source
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
