"""What a league's report is made of, as types.

Rules: everything in a `LeagueReport` is what the operator may see (noised
sums over brands, codes, counts of messages), except three parts that are marked
where they stand and only the demo can fill, because there all parties share one
machine: `DemoReference`, `RefusalExplanation` and `DemoNote`. A part that does
not exist is None or empty, never a made-up zero. True figures of a brand have
a type of their own, `BrandReport`, that `render` does not take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from hanse_demo.report.errors import InvalidFigureError
from hanse_federation.desk import StudyState
from hanse_federation.link.interface import TrafficCount
from hanse_policies.documents import BrandId, Purpose, Study, StudyId, TrustMode, Verdict


@dataclass(frozen=True, slots=True)
class Estimate:
    """A noised figure and its confidence interval.

    Attributes:
        value: The figure; finite. It may lie outside a clipped interval.
        low: Lower end of the interval.
        high: Upper end of the interval, at least `low`.
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise InvalidFigureError(expected="finite numbers", got=repr(self))
        if self.low > self.high:
            raise InvalidFigureError(expected="low of at most high", got=repr(self))

    @property
    def half_width(self) -> float:
        """Return the larger distance from the figure to an end of its interval."""
        return max(self.high - self.value, self.value - self.low, 0.0)


@dataclass(frozen=True, slots=True)
class Brand:
    """A member of the league as the report names it.

    Attributes:
        id: Its identifier in the charter.
        name: Who it is, in words.
        process_id: Its operating-system process in this run; None if it never started.
    """

    id: BrandId
    name: str
    process_id: int | None = None


@dataclass(frozen=True, slots=True)
class BrandVerdict:
    """What one brand said of one study; `verdict` is None where nothing came."""

    brand: BrandId
    verdict: Verdict | None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SummedCohort:
    """The noised number of persons over all brands of a run; no brand's own figure exists.

    Attributes:
        brands: Whose persons are in the sum.
        persons: The sum, with its 95 % interval.
    """

    brands: tuple[BrandId, ...]
    persons: Estimate


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The privacy that a study's plan promises each person.

    Attributes:
        sentence: The guarantee in one sentence, as the release card prints it.
        epsilon: For one person at one brand.
        delta: For one person at one brand.
        accountant: Which accountant turned the events into epsilon and delta.
        alliance_epsilon: For a person at as many brands as the charter allows; None if unstated.
        alliance_delta: The delta that belongs to `alliance_epsilon`.
        max_brands_per_person: The charter's number behind the two figures above.
    """

    sentence: str
    epsilon: float
    delta: float
    accountant: str
    alliance_epsilon: float | None = None
    alliance_delta: float | None = None
    max_brands_per_person: int | None = None


@dataclass(frozen=True, slots=True)
class RoundQuality:
    """The noised AUC after one round; None where the noise left no figure."""

    round_number: int
    auc: Estimate | None


@dataclass(frozen=True, slots=True)
class RocPoint:
    """One point of a receiver operating characteristic; both rates in [0, 1]."""

    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Persons whose score lies in [lower, upper), and the noised share that had the label."""

    lower: float
    upper: float
    observed: Estimate


@dataclass(frozen=True, slots=True)
class DemoReference:
    """A quality computed from everybody's pooled rows. No league has those; the demo does.

    Attributes:
        auc: The exact AUC on the held-out persons.
        roc: The exact curve, or empty.
    """

    auc: float
    roc: tuple[RocPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A released model, by its noised quality.

    Attributes:
        rounds: In order; empty if no round ended.
        final_auc: The AUC on the release card; None if there is none.
        roc: From the last round's noised score histogram.
        calibration: From the same histogram.
        brands: Whose contributions are in the model.
        exact: Demo only. The same model scored without noise.
        pooled: Demo only. A non-private model trained on all rows at once.
        allowed_gap: How far below `pooled` the AUC may lie; None if nothing was set.
        interval_level: Confidence level of all intervals above.
    """

    rounds: tuple[RoundQuality, ...]
    final_auc: Estimate | None
    roc: tuple[RocPoint, ...]
    calibration: tuple[CalibrationBin, ...]
    brands: tuple[BrandId, ...]
    exact: DemoReference | None = None
    pooled: DemoReference | None = None
    allowed_gap: float | None = None
    interval_level: float = 0.95


@dataclass(frozen=True, slots=True)
class AudienceCell:
    """One cell of an audience figure, one label an axis.

    `persons` is None where the cell is suppressed; `share` then is None too.
    """

    labels: tuple[str, ...]
    persons: Estimate | None
    share: Estimate | None = None


@dataclass(frozen=True, slots=True)
class AudienceResult:
    """A released audience figure.

    Attributes:
        axes: Column of each axis, one or two.
        cells: In the order the measurement states; with two axes the second runs fastest.
        total: All persons counted; None if suppressed.
        brands: Whose contributions are in the sum.
        minimum_persons: A cell whose noised count is below this is suppressed.
        interval_level: Confidence level of all intervals.
    """

    axes: tuple[str, ...]
    cells: tuple[AudienceCell, ...]
    total: Estimate | None
    brands: tuple[BrandId, ...]
    minimum_persons: int
    interval_level: float = 0.95

    def __post_init__(self) -> None:
        if len(self.axes) not in (1, 2):
            raise InvalidFigureError(expected="one or two axes", got=str(len(self.axes)))
        if any(len(cell.labels) != len(self.axes) for cell in self.cells):
            raise InvalidFigureError(expected="one label an axis", got="another number of labels")


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule that refused, with the smallest change that would permit.

    Attributes:
        rule: The rule's code.
        source: Where it stands, as `file:line`; empty if nowhere (deny by default).
        article: The law articles whose duty the rule serves; empty if none is named.
        reason: Why it refused, English.
        reason_zh: The same in Chinese; empty if there is none.
        fix: What to change, English.
        fix_zh: The same in Chinese; empty if there is none.
    """

    rule: str
    source: str
    reason: str
    fix: str
    reason_zh: str = ""
    fix_zh: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class RefusalExplanation:
    """Demo only: why one brand refused, as its own machine explains it to its own people."""

    brand: BrandId
    findings: tuple[RuleFinding, ...]


@dataclass(frozen=True, slots=True)
class StudySection:
    """One study from proposal to end.

    Attributes:
        study: The study as signed.
        state: Where it ended.
        verdicts: One a brand, in the league's order.
        cohort: Noised persons over all brands that took part; None if it never ran.
        guarantee: None if no plan was made.
        duration_seconds: From `run` to the end; None if it never ran.
        detail: One plain sentence on how it ended; empty if there is nothing to add.
        release: Digest of the release; empty if there is none.
        result: What was released.
        refusals: Demo only. Why the brands that refused did so.
    """

    study: Study
    state: StudyState
    verdicts: tuple[BrandVerdict, ...]
    cohort: SummedCohort | None = None
    guarantee: Guarantee | None = None
    duration_seconds: float | None = None
    detail: str = ""
    release: str = ""
    result: ModelResult | AudienceResult | None = None
    refusals: tuple[RefusalExplanation, ...] = ()


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """What one brand has spent of its budget for one purpose in the current period.

    Attributes:
        spent_epsilon: From the brand's ledger, at `delta`.
        budget_epsilon: The limit in the brand's policy.
        delta: The budget's delta.
        charges: Questions paid for; an answer from store is none.
    """

    brand: BrandId
    purpose: Purpose
    spent_epsilon: float
    budget_epsilon: float
    delta: float
    charges: int = 0


@dataclass(frozen=True, slots=True)
class DemoNote:
    """Demo only: a fact about this run on one machine, such as its peak memory."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class LeagueReport:
    """Everything that `render` shows.

    Attributes:
        alliance: Identifier of the charter.
        operator: Who runs the server, in words.
        mode: Where the noise of the league's studies is added.
        brands: In the league's order.
        started: When the run began, with a time zone.
        finished: When it ended.
        studies: In the order proposed.
        budgets: Spent against budget, any order.
        traffic: As the operator's link counted it.
        attribution: Where the data come from, and that consent is synthetic.
        version: Of Hanse.
        notes: Facts about this run.
    """

    alliance: str
    operator: str
    mode: TrustMode
    brands: tuple[Brand, ...]
    started: datetime
    finished: datetime
    studies: tuple[StudySection, ...]
    budgets: tuple[BudgetLine, ...]
    traffic: tuple[TrafficCount, ...]
    attribution: str
    version: str
    notes: tuple[DemoNote, ...] = ()


@dataclass(frozen=True, slots=True)
class TrueCohort:
    """How many persons of a brand a study may use. True figures: they stay with the brand.

    Attributes:
        study: The study's identifier.
        title: The study's title.
        purpose: What consent was needed for.
        persons_in_table: All persons the brand holds in the table.
        persons_in_view: Those with valid consent in the study's population now.
        summed_over: Brands in the sum that its masked, noised count went into; None if none left.
    """

    study: StudyId
    title: str
    purpose: Purpose
    persons_in_table: int
    persons_in_view: int
    summed_over: int | None = None


@dataclass(frozen=True, slots=True)
class BrandReport:
    """A brand's own page. Written to the brand's home and sent to nobody.

    Attributes:
        brand: Whose page this is.
        alliance: Identifier of the charter.
        written: When, with a time zone.
        cohorts: True cohorts, one a study.
        verdicts: What this brand said, by study title.
        budgets: This brand's lines only.
        refusals: This brand's own explanations, by study title.
        traffic: What crossed with this brand.
        attribution: Where the data come from, and that consent is synthetic.
    """

    brand: Brand
    alliance: str
    written: datetime
    cohorts: tuple[TrueCohort, ...]
    verdicts: tuple[tuple[str, BrandVerdict], ...]
    budgets: tuple[BudgetLine, ...]
    refusals: tuple[tuple[str, RefusalExplanation], ...]
    traffic: tuple[TrafficCount, ...]
    attribution: str
