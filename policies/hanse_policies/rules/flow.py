"""What leaves the brand, and what comes out: only as the permit says, or better protected."""

from __future__ import annotations

from typing import assert_never

from hanse_policies.decision import RuleFinding, judge, listed
from hanse_policies.documents import (
    AudienceHistogram,
    Computation,
    FlowLabel,
    ReleaseForm,
    Study,
    TrainModel,
    TrustMode,
)
from hanse_policies.facts import PermitFacts

LABELS = tuple(FlowLabel)
"""Least protected first."""


def flow_of(study: Study) -> FlowLabel:
    """Say how what leaves a brand in a study is protected.

    All of it is masked. In mode `local` it is differentially private under the mask; in
    mode `distributed` only the sum is.
    """
    return FlowLabel.F4 if study.privacy.mode is TrustMode.LOCAL else FlowLabel.F3


def release_form_of(computation: Computation) -> ReleaseForm:
    """Say what comes out of a computation."""
    match computation:
        case TrainModel():
            return ReleaseForm.MODEL
        case AudienceHistogram():
            return ReleaseForm.TABLE
        case _:
            assert_never(computation)


def check_permit(case: PermitFacts) -> tuple[RuleFinding, ...]:
    """Ask whether the permit covers how well the flow is protected, and the form of release."""
    study, permit = case.facts.study, case.permit
    flow, form = flow_of(study), release_form_of(study.computation)
    return (
        judge(
            "flow.permit",
            LABELS.index(flow) >= LABELS.index(permit.least_protection),
            case.line_of("least_protection"),
            asked=flow,
            limit=permit.least_protection,
            brand=case.facts.policy.brand,
            at=case.facts.sources.study.line_of("privacy", "mode"),
        ),
        judge(
            "release-form.permit",
            form in permit.releases,
            case.line_of("releases"),
            asked=form,
            allowed=listed(permit.releases),
            brand=case.facts.policy.brand,
            at=case.facts.sources.study.line_of("computation", "kind"),
        ),
    )
