from __future__ import annotations

import pytest

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.documents import (
    Study,
    Verdict,
)
from hanse_policies.engine import decide
from tests.support.decisions import Case
from tests.support.documents import (
    a_histogram_study,
    a_shared_training_study,
    a_training_study,
)
from tests.support.refused_cases import REFUSED


@pytest.mark.parametrize(
    "study", [a_training_study(), a_histogram_study(), a_shared_training_study()]
)
def test_documents_that_fit_together_are_permitted(study: Study) -> None:
    decision = Case(study=study).decide()
    assert decision.is_permitted
    assert decision.denied_by == ()
    assert {f.verdict for f in decision.findings} == {Verdict.PERMIT}


def test_nothing_is_permitted_unless_signatures_are_shown() -> None:
    case = Case()
    decision = decide(
        case.study,
        charter=case.charter,
        policy=case.policy,
        asset=case.asset,
        consent=case.consent,
        budget=case.budget,
        now=case.now,
    )
    assert decision.denied_by == (
        "signature.charter",
        "charter.accepted",
        "signature.policy",
        "signature.asset",
        "signature.study",
        "approvals.policy",
        "approvals.asset",
    )


@pytest.mark.parametrize(("case", "codes"), REFUSED)
def test_one_thing_that_is_not_allowed_denies_and_is_named(case: Case, codes: set[str]) -> None:
    decision = case.decide()
    assert decision.verdict is Verdict.DENY
    assert set(decision.denied_by) == codes
    assert decision.permit is None
    assert decision.effective is None


def test_each_rule_that_can_refuse_is_seen_refusing() -> None:
    """The table above names every rule of the catalogue."""
    named = {code for _, codes in REFUSED for code in codes}
    assert named == set(RULE_TEXTS)
