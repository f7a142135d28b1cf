"""From the product's own records to the report's types, so that nothing is copied by hand.

Rules: what a card or a decision does not hold stays None or empty; suppressed
bins and cells stay suppressed; demo-only references are arguments, for no
record of the product holds them.
"""

from __future__ import annotations

from hanse_demo.report.model import (
    AudienceCell,
    AudienceResult,
    BrandVerdict,
    CalibrationBin,
    DemoReference,
    Estimate,
    Guarantee,
    ModelResult,
    RefusalExplanation,
    RocPoint,
    RoundQuality,
    RuleFinding,
    SummedCohort,
)
from hanse_federation.release import card as release
from hanse_policies.decision import Decision
from hanse_policies.documents import BrandId, StudyVerdict
from hanse_policies.language import Language

_NORMAL_95 = 1.959964
"""Half-width of a normal distribution's 95 % interval, in standard deviations."""


def guarantee_of(card: release.ReleaseCard) -> Guarantee:
    """Take the guarantee from a release card."""
    privacy = card.privacy
    return Guarantee(
        sentence=card.guarantee,
        epsilon=privacy.epsilon,
        delta=privacy.delta,
        accountant=f"{privacy.accountant} {privacy.accountant_version}",
        alliance_epsilon=privacy.across_alliance.epsilon,
        alliance_delta=privacy.across_alliance.delta,
        max_brands_per_person=privacy.across_alliance.brands,
    )


def noised_count(value: float, standard_deviation: float) -> Estimate:
    """Put a 95 % interval around a count with normal noise of a known standard deviation."""
    half_width = _NORMAL_95 * standard_deviation
    return Estimate(value, value - half_width, value + half_width)


def cohort_of(card: release.ReleaseCard) -> SummedCohort:
    """Take the noised number of persons over all brands from a release card."""
    cohort = card.cohort
    persons = noised_count(cohort.noised_persons, cohort.standard_deviation)
    return SummedCohort(tuple(BrandId(brand) for brand in cohort.brands), persons)


def result_of(
    card: release.ReleaseCard,
    *,
    exact: DemoReference | None = None,
    pooled: DemoReference | None = None,
    allowed_gap: float | None = None,
) -> ModelResult | AudienceResult:
    """Take what was released from a release card.

    Args:
        card: Of a model or a measurement.
        exact: Demo only; see `ModelResult`. Of no use to a measurement.
        pooled: Demo only; see `ModelResult`. Of no use to a measurement.
        allowed_gap: How far the AUC may lie below the pooled one.
    """
    result = card.result
    cohort = cohort_of(card)
    if isinstance(result, release.MeasurementTable):
        return _audience(result, cohort)
    return ModelResult(
        rounds=tuple(
            RoundQuality(point.round_number, _estimate(point.auc))
            for point in result.learning_curve
        ),
        final_auc=_estimate(result.auc),
        roc=tuple(RocPoint(p.false_positive_rate, p.true_positive_rate) for p in result.roc),
        calibration=tuple(
            CalibrationBin(entry.lower, entry.upper, _estimate(entry.observed))
            for entry in result.calibration
            if entry.observed is not None
        ),
        brands=cohort.brands,
        exact=exact,
        pooled=pooled,
        allowed_gap=allowed_gap,
        interval_level=result.auc.confidence,
    )


def verdict_of(verdict: StudyVerdict) -> BrandVerdict:
    """Take one brand's word from its signed verdict."""
    return BrandVerdict(BrandId(verdict.brand), verdict.verdict, verdict.codes)


def explanation_of(decision: Decision) -> RefusalExplanation:
    """Explain a refusal in both languages, from the decision on the brand's own machine."""
    return RefusalExplanation(
        BrandId(decision.brand),
        tuple(
            RuleFinding(
                rule=finding.rule,
                source=finding.source,
                reason=finding.message,
                fix=finding.fix,
                reason_zh=finding.message_in(Language.ZH),
                fix_zh=finding.fix_in(Language.ZH),
                article=finding.article,
            )
            for finding in decision.refusals()
        ),
    )


def _audience(table: release.MeasurementTable, cohort: SummedCohort) -> AudienceResult:
    levels = {cell.count.confidence for cell in table.cells if cell.count is not None}
    return AudienceResult(
        axes=tuple(table.axes),
        cells=tuple(
            AudienceCell(
                labels=tuple(cell.labels),
                persons=None if cell.count is None else _estimate(cell.count),
                share=None if cell.share is None else _estimate(cell.share),
            )
            for cell in table.cells
        ),
        total=cohort.persons,
        brands=cohort.brands,
        minimum_persons=table.minimum_persons,
        interval_level=max(levels, default=0.95),
    )


def _estimate(interval: release.Interval) -> Estimate:
    return Estimate(interval.estimate, interval.lower, interval.upper)
