"""What a run found, written as the card of its release.

Rules: every figure comes from noised sums, through the measurement's own
decoding, with its interval; the privacy statement is the plan's, which is what
every brand charged; nothing is on the card that a recipient may not know.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import version

import numpy as np

from hanse_federation.measurements import (
    AudienceCell,
    Figure,
    ScoreHistogram,
    ScoreQuality,
    measurement_for,
)
from hanse_federation.messages import Question
from hanse_federation.privacy import PrivacyPlan, plan_study
from hanse_federation.privacy.alliance_loss import loss_across
from hanse_federation.privacy.plan import least_brands
from hanse_federation.release import (
    LIMITS,
    AcrossAlliance,
    CalibrationBin,
    Cohort,
    Interval,
    LearningPoint,
    MeasuredCell,
    MeasurementTable,
    ModelQuality,
    PrivacyStatement,
    ReleaseCard,
    RocPoint,
    SharedNoise,
    guarantee_sentence,
)
from hanse_policies.documents import AllianceCharter, AudienceHistogram, Study, TrainModel
from hanse_policies.instants import later
from hanse_server.errors import StudyRunError
from hanse_server.study_app import EvaluatedRound, Findings, NoisedCohort

ACCOUNTANT = "Renyi differential privacy (zCDP for Gaussian events), converted to (epsilon, delta)"


def card_of(
    study: Study,
    digest: str,
    charter: AllianceCharter,
    findings: Findings,
    *,
    release_id: str,
    refusals: int,
    now: datetime,
) -> ReleaseCard:
    """Write the card of a run that ended well.

    Args:
        study: The study.
        digest: Its digest.
        charter: The charter in force.
        findings: What the run found.
        release_id: Name of the release.
        refusals: How many answers are missing.
        now: When it is released.

    Raises:
        StudyRunError: The findings lack what the study asks for.
    """
    plan = plan_study(study)
    privacy = _privacy(study, plan, charter.max_brands_per_person)
    return ReleaseCard(
        id=release_id,
        alliance=charter.id,
        study=digest,
        study_id=study.id,
        study_version=study.version,
        title=study.title,
        purpose=study.purpose,
        asset=study.asset,
        population=study.population,
        computation=study.computation,
        columns=study.columns(),
        privacy=privacy,
        guarantee=guarantee_sentence(privacy),
        limits=LIMITS[study.privacy.mode],
        cohort=_cohort(findings.cohort, plan),
        refusals=refusals,
        result=_result(study, charter, findings, plan),
        recipients=study.recipients,
        retention_until=later(
            now, timedelta(days=min(study.retention_days, charter.limits.retention_days))
        ),
        created=now,
    )


def _privacy(study: Study, plan: PrivacyPlan, brands: int) -> PrivacyStatement:
    across = loss_across(plan, brands)
    noise = study.privacy.distributed
    return PrivacyStatement(
        unit=study.privacy.unit,
        neighbours=study.privacy.neighbours,
        mode=study.privacy.mode,
        epsilon=plan.spent.epsilon,
        delta=plan.spent.delta,
        rho=plan.spent.rho,
        accountant=ACCOUNTANT,
        accountant_version=version("hanse"),
        across_alliance=AcrossAlliance(brands=brands, epsilon=across.epsilon, delta=across.delta),
        shared_noise=None
        if noise is None
        else SharedNoise(
            least_brands=least_brands(study),
            assumed_colluders=noise.assumed_colluders,
            tolerated_dropouts=noise.tolerated_dropouts,
        ),
    )


def _cohort(cohort: NoisedCohort | None, plan: PrivacyPlan) -> Cohort:
    if cohort is None:
        raise StudyRunError("expected the cohort's size, got none; run the study again")
    return Cohort(
        brands=cohort.brands,
        noised_persons=cohort.persons,
        standard_deviation=plan.share_multiplier(Question.COHORT) * len(cohort.brands) ** 0.5,
    )


def _result(
    study: Study, charter: AllianceCharter, findings: Findings, plan: PrivacyPlan
) -> ModelQuality | MeasurementTable:
    computation = study.computation
    if isinstance(computation, TrainModel):
        return _model_quality(computation, findings, plan)
    minimum = max(study.minimum_persons, charter.floors.minimum_persons)
    return _table(computation, findings, plan, minimum)


def _model_quality(computation: TrainModel, findings: Findings, plan: PrivacyPlan) -> ModelQuality:
    if not findings.evaluations:
        raise StudyRunError("expected an evaluation of the model, got none; run the study again")
    multiplier = plan.share_multiplier(Question.EVALUATE)
    qualities = [
        (held.round_number, _decoded(computation, held, multiplier))
        for held in findings.evaluations
    ]
    last = qualities[-1][1]
    bins = computation.evaluation.score_bins
    return ModelQuality(
        auc=_interval(last.auc),
        learning_curve=tuple(
            LearningPoint(round_number=number, auc=_interval(quality.auc))
            for number, quality in qualities
        ),
        roc=tuple(
            RocPoint(
                false_positive_rate=point.false_positive_rate,
                true_positive_rate=point.true_positive_rate,
            )
            for point in last.roc
        ),
        calibration=tuple(
            CalibrationBin(
                lower=index / bins,
                upper=(index + 1) / bins,
                noised_persons=point.persons,
                observed=None
                if point.observed.insufficient_evidence
                else _interval(point.observed),
            )
            for index, point in enumerate(last.calibration)
        ),
    )


def _decoded(computation: TrainModel, held: EvaluatedRound, multiplier: float) -> ScoreQuality:
    return ScoreHistogram(computation.evaluation.score_bins).decode(
        np.array(held.cells, dtype=np.int64),
        contributions=held.brands,
        noise_multiplier=multiplier,
    )


def _table(
    computation: AudienceHistogram, findings: Findings, plan: PrivacyPlan, minimum: int
) -> MeasurementTable:
    if findings.cells is None:
        raise StudyRunError("expected measured cells, got none; run the study again")
    figures = measurement_for(computation).decode(
        np.array(findings.cells, dtype=np.int64),
        contributions=findings.measured_brands,
        noise_multiplier=plan.share_multiplier(Question.MEASURE),
        minimum_persons=minimum,
    )
    return MeasurementTable(
        axes=figures.axes,
        cells=tuple(_cell(cell) for cell in figures.cells),
        minimum_persons=minimum,
    )


def _cell(cell: AudienceCell) -> MeasuredCell:
    return MeasuredCell(
        labels=cell.labels,
        count=None if cell.persons is None else _interval(cell.persons),
        share=None if cell.share is None else _interval(cell.share),
    )


def _interval(figure: Figure) -> Interval:
    return Interval(
        estimate=figure.value,
        lower=figure.interval.lower,
        upper=figure.interval.upper,
        confidence=figure.interval.level,
    )
