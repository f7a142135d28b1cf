from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings

from hanse_policies.advice import advise
from hanse_policies.documents import Verdict
from hanse_policies.engine import FAMILIES, SHARED_FAMILIES
from tests.support.decisions import Case
from tests.support.documents import NOW, a_charter, a_training_study
from tests.unit.policies.test_engine_property import cases


def test_advice_asks_what_a_decision_asks() -> None:
    assert set(SHARED_FAMILIES) < set(FAMILIES)


@settings(max_examples=500, deadline=None)
@given(cases())
def test_what_advice_refuses_every_brand_refuses_by_the_same_rules(case: Case) -> None:
    report = advise(case.study, charter=case.charter, now=case.now).report()
    decision = case.decide()
    assert set(report.codes) <= set(decision.denied_by)
    assert report.verdict is Verdict.DENY or not report.codes
    if decision.is_permitted:
        assert report.verdict is Verdict.PERMIT


def test_advice_says_that_it_is_advice_and_why() -> None:
    charter = a_charter()
    study = a_training_study(retention_days=charter.limits.retention_days + 1)
    report = advise(study, charter=charter, now=NOW).report()
    assert report.standing == "advisory"
    assert report.codes == ("retention.charter",)
    assert "lower retention_days" in report.reasons[0]


def test_without_a_time_zone_nothing_is_advised() -> None:
    report = advise(a_training_study(), charter=a_charter(), now=datetime(2026, 1, 1)).report()  # noqa: DTZ001 - the point
    assert report.codes == ("expiry.clock",)
