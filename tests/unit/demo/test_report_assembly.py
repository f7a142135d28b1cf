from __future__ import annotations

import pytest

from hanse_demo.report import AudienceResult, ModelResult, explanation_of, noised_count, result_of
from hanse_federation.release import card as release
from hanse_policies.decision import Decision, judge, words
from hanse_policies.documents import Verdict
from tests.support.league_report import STARTED


def interval(estimate_: float, width: float) -> release.Interval:
    return release.Interval(
        estimate=estimate_, lower=estimate_ - width, upper=estimate_ + width, confidence=0.9
    )


def a_card(result: object) -> release.ReleaseCard:
    cohort = release.Cohort(brands=("brand-a",), noised_persons=900, standard_deviation=10.0)
    return release.ReleaseCard.model_construct(result=result, cohort=cohort)


def test_model_is_taken_from_its_card_with_small_bins_left_out() -> None:
    quality = release.ModelQuality(
        auc=interval(0.7, 0.02),
        learning_curve=(release.LearningPoint(round_number=1, auc=interval(0.7, 0.02)),),
        roc=(release.RocPoint(false_positive_rate=0.2, true_positive_rate=0.6),),
        calibration=(
            release.CalibrationBin(lower=0, upper=0.5, noised_persons=9, observed=None),
            release.CalibrationBin(
                lower=0.5, upper=1, noised_persons=90, observed=interval(0.6, 0.1)
            ),
        ),
    )
    result = result_of(a_card(quality))
    assert isinstance(result, ModelResult)
    assert [(b.lower, b.observed.value) for b in result.calibration] == [(0.5, 0.6)]
    assert result.rounds[0].auc == result.final_auc
    assert result.interval_level == 0.9


def test_suppressed_cell_of_a_card_stays_suppressed() -> None:
    table = release.MeasurementTable(
        axes=("age",),
        cells=(
            release.MeasuredCell(labels=("a",), count=None, share=None),
            release.MeasuredCell(labels=("b",), count=interval(90, 5), share=interval(0.1, 0.01)),
        ),
        minimum_persons=60,
    )
    result = result_of(a_card(table))
    assert isinstance(result, AudienceResult)
    assert [cell.persons is None for cell in result.cells] == [True, False]
    assert (result.minimum_persons, result.interval_level) == (60, 0.9)


def test_decision_is_explained_by_its_refusals_in_both_languages() -> None:
    told = words("policy.yaml:12", excess="income", brand="brand-a", at="study.yaml:9")
    decision = Decision(
        verdict=Verdict.DENY,
        findings=(
            judge("columns.permit", False, lambda: told),
            judge("purpose.permit", True, lambda: words("policy.yaml:3")),
        ),
        study="study-a",
        brand="brand-a",
        decided=STARTED,
    )
    (finding,) = explanation_of(decision).findings
    assert (finding.rule, finding.source) == ("columns.permit", "policy.yaml:12")
    assert finding.reason
    assert finding.reason_zh
    assert finding.reason != finding.reason_zh


def test_interval_of_a_noised_count_is_two_standard_deviations_wide() -> None:
    assert noised_count(900, 10).half_width == pytest.approx(19.6, abs=0.01)
