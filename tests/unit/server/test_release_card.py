"""The card of a release: the plan's figures, sums decoded, nothing a recipient may not know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hanse_federation.messages import Question
from hanse_federation.privacy.alliance_loss import loss_across
from hanse_federation.privacy.plan import plan_study
from hanse_federation.release import (
    DISTRIBUTED_LIMITS,
    MeasurementTable,
    ModelQuality,
    ReleaseCard,
    SharedNoise,
)
from hanse_policies.documents import BrandId, Study
from hanse_server.errors import StudyRunError
from hanse_server.release_card import card_of
from hanse_server.study_app import EvaluatedRound, Findings, NoisedCohort
from tests.support.documents import (
    NOW,
    a_charter,
    a_histogram_study,
    a_shared_training_study,
    a_training_study,
)

COHORT = NoisedCohort(tuple(BrandId(name) for name in ("alder", "birch", "cedar")), 900)


def card(study: Study, findings: Findings, **charter: object) -> ReleaseCard:
    return card_of(
        study,
        "ab" * 32,
        a_charter(**charter),
        findings,
        release_id="propensity-v1",
        refusals=2,
        now=NOW,
    )


def trained(rounds: int = 3) -> Findings:
    cells = tuple([40] * 10 + [10] * 10)
    return Findings(
        cohort=COHORT,
        evaluations=[EvaluatedRound(number + 1, 3, cells) for number in range(rounds)],
    )


def measured(cells: int, value: int = 500) -> Findings:
    return Findings(cohort=COHORT, cells=(value,) * cells, measured_brands=3)


def test_the_privacy_statement_is_the_plans() -> None:
    study = a_training_study()
    made, plan = card(study, trained()), plan_study(study)
    assert (made.privacy.epsilon, made.privacy.delta) == (plan.spent.epsilon, plan.spent.delta)
    assert made.privacy.rho == plan.spent.rho
    assert made.privacy.epsilon <= study.privacy.epsilon
    assert str(round(made.privacy.epsilon, 1)) in made.guarantee


def test_the_loss_across_the_alliance_counts_the_brands_a_person_may_be_at() -> None:
    study = a_training_study()
    one = card(study, trained(), max_brands_per_person=1).privacy
    three = card(study, trained(), max_brands_per_person=3).privacy
    assert one.across_alliance.epsilon == pytest.approx(one.epsilon)
    assert three.epsilon == one.epsilon
    assert three.across_alliance.brands == 3
    assert one.epsilon < three.across_alliance.epsilon < 3 * one.epsilon
    assert three.across_alliance.delta == pytest.approx(3 * one.delta)


def test_across_the_alliance_a_person_moves_a_shared_sum_at_each_brand() -> None:
    study = a_shared_training_study()
    made = card(study, trained(), max_brands_per_person=3)
    across, plan = made.privacy.across_alliance, plan_study(study)
    assert across.epsilon == loss_across(plan, 3).epsilon
    assert across.delta == made.privacy.delta
    assert made.limits == DISTRIBUTED_LIMITS
    assert made.privacy.shared_noise == SharedNoise(
        least_brands=3, assumed_colluders=1, tolerated_dropouts=0
    )


def test_shared_noise_of_the_cohort_is_less_than_each_brands_own() -> None:
    shared = a_shared_training_study()
    made = card(shared, trained()).cohort
    multiplier = plan_study(shared).noise_multiplier(Question.COHORT)
    assert made.standard_deviation == pytest.approx(multiplier * (3 / 2) ** 0.5)


def test_the_cohort_stands_with_its_standard_deviation() -> None:
    study = a_training_study()
    made = card(study, trained()).cohort
    assert made.noised_persons == 900
    expected = plan_study(study).noise_multiplier(Question.COHORT) * 3**0.5
    assert made.standard_deviation == pytest.approx(expected)


def test_the_learning_curve_has_a_point_for_each_round_and_the_last_is_the_models() -> None:
    made = card(a_training_study(), trained(4)).result
    assert isinstance(made, ModelQuality)
    assert [point.round_number for point in made.learning_curve] == [1, 2, 3, 4]
    assert made.auc == made.learning_curve[-1].auc
    assert len(made.calibration) == 10


def test_a_cell_below_the_floor_is_suppressed() -> None:
    study = a_histogram_study()
    cells = len(made_cells(study, measured(12)).cells)
    shown = made_cells(study, measured(cells, 5000))
    hidden = made_cells(study, measured(cells, 3))
    assert all(cell.count is not None for cell in shown.cells)
    assert all(cell.count is None for cell in hidden.cells)
    assert hidden.minimum_persons == 100


def made_cells(study: Study, findings: Findings) -> MeasurementTable:
    from hanse_federation.measurements import measurement_for  # noqa: PLC0415
    from hanse_policies.documents import AudienceHistogram  # noqa: PLC0415

    assert isinstance(study.computation, AudienceHistogram)
    count = measurement_for(study.computation).cell_count
    value = findings.cells[0] if findings.cells else 0
    made = card(study, measured(count, value)).result
    assert isinstance(made, MeasurementTable)
    return made


def test_the_shorter_retention_holds() -> None:
    limits = a_charter().limits
    long = a_training_study(retention_days=limits.retention_days + 100)
    assert card(long, trained()).retention_until == NOW + timedelta(days=limits.retention_days)
    short = a_training_study(retention_days=10)
    assert card(short, trained()).retention_until == NOW + timedelta(days=10)


def test_findings_without_what_the_study_asks_for_make_no_card() -> None:
    with pytest.raises(StudyRunError):
        card(a_training_study(), Findings(cohort=COHORT))
    with pytest.raises(StudyRunError):
        card(a_histogram_study(), Findings(cohort=COHORT))
