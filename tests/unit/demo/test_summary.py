from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hanse_demo.errors import DemoOutcomeError
from hanse_demo.league import DemoStudy
from hanse_federation.desk import StudyState
from tests.support.demo_summary import AS_PLANNED


def test_a_run_as_planned_is_no_error() -> None:
    AS_PLANNED.check()


@pytest.mark.parametrize(
    ("study", "outcome"),
    [
        (DemoStudy.REPURCHASE_PROPENSITY, StudyState.FAILED),
        (DemoStudy.SPEND_BY_AGE, StudyState.REFUSED),
        (DemoStudy.HOUSEHOLD_INCOME_PROFILE, StudyState.RELEASED),
    ],
)
def test_a_study_that_ends_otherwise_is_named(study: DemoStudy, outcome: StudyState) -> None:
    lines = tuple(
        replace(line, outcome=outcome) if line.study is study else line
        for line in AS_PLANNED.studies
    )
    with pytest.raises(DemoOutcomeError, match=f"study {study} to end .*, got {outcome}"):
        replace(AS_PLANNED, studies=lines).check()


def test_the_facts_are_json() -> None:
    told = json.loads(json.dumps(AS_PLANNED.facts()))
    assert told["report"] == "demo-out/report.html"
    assert told["studies"][0]["auc"] == {"value": 0.8, "low": 0.7, "high": 0.9}
    assert told["studies"][2]["outcome"] == "refused"
