"""What a charter asks of policies and studies: approvals, minors, uses, assessment; thresholds."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from hanse_policies.documents import (
    AllianceCharter,
    ApprovalRules,
    Approver,
    ConsentField,
    ConsentRules,
    ConsentState,
    Floors,
    ImpactAssessment,
    MinorsRule,
    ResultUse,
    Threshold,
    ThresholdChange,
)
from hanse_policies.rules.thresholds import FIGURES
from tests.support.decisions import Case
from tests.support.documents import (
    NOW,
    a_charter,
    a_consent_mapping,
    a_consent_state,
    a_histogram_study,
    a_key,
    a_permit,
    a_policy,
    a_training_study,
    an_asset,
)

OFFICERS = tuple(
    Approver(id=f"officer-{number}", role=f"role-{number}", key=a_key(50 + number).public_hex)
    for number in range(2)
)


@pytest.mark.parametrize(
    ("asked", "floor", "is_enough"), [(0, 0, True), (0, 1, False), (1, 2, False), (2, 2, True)]
)
def test_no_policy_asks_fewer_approvals_than_the_charter(
    asked: int, floor: int, is_enough: bool
) -> None:
    approved = {"approvers": OFFICERS, "approvals": ApprovalRules(loosen=asked)}
    charter = a_charter(floors=Floors(approvals=floor))
    asset = an_asset(author="writer", **approved)
    denied = Case(policy=a_policy(**approved), charter=charter, asset=asset).decide().denied_by
    assert denied == (() if is_enough else ("approvals.charter",))


def with_minors(own: MinorsRule | None, least: MinorsRule | None) -> Case:
    told = frozenset({ConsentField.BASIS, ConsentField.AGE_BAND})
    synced = a_consent_state()
    return Case(
        policy=a_policy(consent=ConsentRules(max_age_hours=48, minors=own)),
        charter=a_charter(minors=least),
        asset=an_asset(consent=a_consent_mapping(age_band="age_band")),
        consent=ConsentState(synced.synced, synced.purposes, told),
    )


def rule(age: int, *, guardian: bool) -> MinorsRule:
    return MinorsRule.model_validate({"from_age": age, "is_guardian_enough": guardian})


@pytest.mark.parametrize(
    ("own", "least", "is_enough"),
    [
        (None, None, True),
        (rule(14, guardian=True), None, True),
        (None, rule(14, guardian=True), False),
        (rule(14, guardian=True), rule(14, guardian=True), True),
        (rule(14, guardian=False), rule(14, guardian=True), True),
        (rule(14, guardian=True), rule(14, guardian=False), False),
        (rule(14, guardian=True), rule(16, guardian=True), False),
        (rule(18, guardian=True), rule(14, guardian=True), True),
        # A guardian may let in a child that the charter keeps out.
        (rule(18, guardian=True), rule(14, guardian=False), False),
    ],
)
def test_no_policy_is_less_careful_with_minors_than_the_charter(
    own: MinorsRule | None, least: MinorsRule | None, is_enough: bool
) -> None:
    denied = with_minors(own, least).decide().denied_by
    assert denied == (() if is_enough else ("minors.charter",))


def dated(assessed: datetime | None, active_from: datetime) -> Case:
    report = None if assessed is None else ImpactAssessment(digest="ab" * 32, dated=assessed)
    return Case(
        policy=a_policy(assessment=report, active_from=active_from),
        charter=a_charter(assessment_required=True),
    )


@pytest.mark.parametrize(
    ("assessed", "is_enough"),
    [
        (None, False),
        (NOW - timedelta(days=30), True),
        (NOW - timedelta(days=10), True),
        (NOW - timedelta(days=10) + timedelta(seconds=1), False),
        (NOW + timedelta(days=1), False),
    ],
)
def test_an_assessment_comes_before_the_policy_takes_effect(
    assessed: datetime | None, is_enough: bool
) -> None:
    denied = dated(assessed, NOW - timedelta(days=10)).decide().denied_by
    assert denied == (() if is_enough else ("assessment.charter",))


REPORTING, PRICE, OFFER = ResultUse.REPORTING, ResultUse.PRICE, ResultUse.OFFER


@pytest.mark.parametrize(
    ("asked", "charter", "permit", "codes"),
    [
        ((), None, None, set()),
        ((PRICE,), None, None, set()),
        ((), (REPORTING,), None, {"uses.charter"}),
        ((), None, (REPORTING,), {"uses.permit"}),
        ((REPORTING,), (REPORTING, OFFER), (REPORTING,), set()),
        ((OFFER,), (REPORTING, OFFER), (REPORTING,), {"uses.permit"}),
        ((REPORTING, PRICE), (REPORTING, OFFER), (REPORTING, PRICE), {"uses.charter"}),
    ],
)
def test_a_result_is_used_for_what_charter_and_permit_name_alone(
    asked: tuple[ResultUse, ...],
    charter: tuple[ResultUse, ...] | None,
    permit: tuple[ResultUse, ...] | None,
    codes: set[str],
) -> None:
    case = Case(
        study=a_training_study(uses=asked),
        charter=a_charter(uses=charter),
        policy=a_policy(permits=(a_permit(uses=permit),)),
    )
    assert set(case.decide().denied_by) == codes


def a_threshold(figure: str) -> Threshold:
    return Threshold(figure=figure, limit=0.7, change=ThresholdChange.LEVEL)


@pytest.mark.parametrize(
    ("figures", "is_known"),
    [
        (("auc",), True),
        (("persons", "auc"), True),
        (("auc", "share"), False),
        (("AUC",), False),
        (("revenue",), False),
    ],
)
def test_a_threshold_names_a_figure_that_the_training_yields(
    figures: tuple[str, ...], is_known: bool
) -> None:
    study = a_training_study(thresholds=tuple(map(a_threshold, figures)))
    denied = Case(study=study).decide().denied_by
    assert denied == (() if is_known else ("thresholds.figure",))


def test_a_threshold_names_a_figure_that_the_table_yields() -> None:
    for figure in FIGURES[a_histogram_study().computation.kind]:
        study = a_histogram_study(thresholds=(a_threshold(figure),))
        assert Case(study=study).decide().denied_by == ()
    study = a_histogram_study(thresholds=(a_threshold("auc"),))
    assert Case(study=study).decide().denied_by == ("thresholds.figure",)


@pytest.mark.parametrize("name", ["operator", "members"])
def test_no_member_bears_a_name_that_stands_for_others(name: str) -> None:
    charter = a_charter()
    tree = charter.model_dump(mode="json")
    tree["members"][0]["brand"] = name
    with pytest.raises(ValidationError, match="stands for others"):
        AllianceCharter.model_validate_json(json.dumps(tree))
