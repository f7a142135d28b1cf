"""What leaves the brand, and what comes out: only as the permit says, or better protected."""

from __future__ import annotations

from typing import assert_never

from hanse_policies.decision import RuleFinding, judge, listed, words
from hanse_policies.documents import (
    AudienceHistogram,
    Computation,
    ReleaseForm,
    TrainModel,
)
from hanse_policies.facts import PermitFacts
from hanse_policies.flows import flows_of


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
    flow = flows_of(study.privacy.mode).leaving.label
    form = release_form_of(study.computation)
    return (
        judge(
            "flow.permit",
            flow >= permit.least_protection,
            lambda: words(
                case.line_of("least_protection"),
                asked=flow,
                limit=permit.least_protection,
                brand=case.facts.policy.brand,
                at=case.facts.sources.study.line_of("privacy", "mode"),
            ),
        ),
        judge(
            "release-form.permit",
            form in permit.releases,
            lambda: words(
                case.line_of("releases"),
                asked=form,
                allowed=listed(permit.releases),
                brand=case.facts.policy.brand,
                at=case.facts.sources.study.line_of("computation", "kind"),
            ),
        ),
    )
