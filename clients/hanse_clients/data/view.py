"""The minimal view: exactly what of a brand's data one study may see, as data.

Rules: a view names only columns that the study reads and the asset lists; it
carries the instant `now` at which consent is judged; it is built from signed
documents alone, without a look at any row; and it compiles to one query (see
`expression`). A training or measurement view never holds the person id. This
module stays light (pydantic only), so that a process that faces the network
can describe what it wants and leave touching the data to the warehouse worker.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, FiniteFloat, StringConstraints

from hanse_clients.errors import ColumnUseError, PurposeNotRecordedError, UnlistedColumnError
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AudienceHistogram,
    BinnedAxis,
    BrandPolicy,
    CategoricalFeature,
    ColumnType,
    ConsentNeed,
    DataAsset,
    NumericFeature,
    OneOf,
    PopulationFilter,
    Purpose,
    StrictModel,
    Study,
    TrainModel,
)
from hanse_policies.documents.base import ColumnName
from hanse_policies.documents.computation import Share

RESERVED_PREFIX = "hanse_"
"""Columns that a view adds start so; a brand's own columns may not."""

HexText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = ColumnType.NUMBER
Flag = ColumnType.FLAG


class ViewUse(StrEnum):
    """What a view's rows are for; decides the person id and the holdout column."""

    TRAINING = "training"
    MEASUREMENT = "measurement"
    SCORING = "scoring"
    """The only use whose rows carry the person id; they never leave the brand."""


class ViewColumn(StrictModel):
    """A column of the view's rows; bounds where it is a numeric feature to be clipped."""

    name: ColumnName
    type: ColumnType
    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None

    @property
    def is_bounded(self) -> bool:
        """Tell whether the study declares public bounds for this column."""
        return self.lower is not None and self.upper is not None


class MinimalView(StrictModel):
    """What one study may see of one asset at one instant.

    Attributes:
        study: Digest of the signed study; decides which persons are held out.
        asset: The table and the consent register that governs it.
        use: What the rows are for.
        columns: The columns of the rows, in order; the label, if any, is last.
        label: The column that is the label, in a training view.
        population: Filters on rows; a missing value never matches.
        purpose_word: The consent register's own word for the purpose.
        now: When consent is judged.
        need: What study, policy and asset document ask of each person's consent.
        row_salt: The brand's secret, which decides who of several rows is taken.
        rows_per_person: At most so many rows of a person are in the view.
        holdout_share: Part of the persons held out from training, or None.
    """

    study: HexText
    asset: DataAsset
    use: ViewUse
    columns: tuple[ViewColumn, ...]
    label: ColumnName | None = None
    population: tuple[PopulationFilter, ...]
    purpose_word: str
    now: AwareDatetime
    need: ConsentNeed
    row_salt: HexText
    rows_per_person: Annotated[int, Field(ge=1, le=10_000)] = 1
    holdout_share: Share | None = None

    def at(self, now: datetime) -> MinimalView:
        """Return the same view with consent judged at `now`."""
        return self.model_copy(update={"now": now})

    def is_same_but_for_time(self, other: MinimalView) -> bool:
        """Tell whether two views differ at most in when consent is judged."""
        return self.at(other.now) == other


def view_for(
    study: Study,
    asset: DataAsset,
    policy: BrandPolicy,
    now: datetime,
    salt: str,
    *,
    use: ViewUse | None = None,
    purpose: Purpose | None = None,
) -> MinimalView:
    """Describe what a study may see of an asset at `now`.

    Every computation so far counts a person once, so at most one row of a
    person is in the view, whatever more the asset allows.

    Args:
        study: The study, already decided on; this function grants nothing.
        asset: The asset that the study names.
        policy: The brand's policy; its consent rules apply.
        now: When consent is judged, with a time zone.
        salt: The brand's secret for choosing rows, 64 hexadecimal digits.
        use: What the rows are for; by default what the computation needs.
        purpose: The purpose whose consent counts; by default the study's. Scores
            that will be acted on need the consent for acting on them.

    Raises:
        UnlistedColumnError: The study reads a column that the asset does not list.
        ColumnUseError: The study uses a column against its declared type.
        PurposeNotRecordedError: The register has no word for the purpose.
    """
    computation = study.computation
    if use is None:
        use = ViewUse.TRAINING if isinstance(computation, TrainModel) else ViewUse.MEASUREMENT
    trained = (
        computation if isinstance(computation, TrainModel) and use is ViewUse.TRAINING else None
    )
    for item in study.population:
        allowed = (ColumnType.CATEGORY,) if isinstance(item, OneOf) else (Number, Flag)
        _declared(asset, item.column, allowed, f"a filter {item.kind}")
    return MinimalView(
        study=digest(study),
        asset=asset,
        use=use,
        columns=_columns(asset, computation, use),
        label=None if trained is None else trained.label,
        population=study.population,
        purpose_word=_purpose_word(asset, purpose or study.purpose),
        now=now,
        need=_need(study, asset, policy, purpose or study.purpose),
        row_salt=salt,
        holdout_share=None if trained is None else trained.evaluation.holdout_share,
    )


def _columns(
    asset: DataAsset, computation: TrainModel | AudienceHistogram, use: ViewUse
) -> tuple[ViewColumn, ...]:
    if isinstance(computation, AudienceHistogram):
        return tuple(_column(asset, axis) for axis in computation.axes)
    features = tuple(_column(asset, feature) for feature in computation.features)
    if use is ViewUse.SCORING:
        return features
    label_type = _declared(asset, computation.label, (Flag, Number), "a label")
    return (*features, ViewColumn(name=computation.label, type=label_type))


def _column(asset: DataAsset, part: NumericFeature | CategoricalFeature | BinnedAxis) -> ViewColumn:
    if isinstance(part, CategoricalFeature):
        declared = _declared(asset, part.column, (ColumnType.CATEGORY,), "categories")
        return ViewColumn(name=part.column, type=declared)
    declared = _declared(asset, part.column, (Number, Flag), "a number")
    if isinstance(part, BinnedAxis):
        return ViewColumn(name=part.column, type=declared)
    return ViewColumn(name=part.column, type=declared, lower=part.lower, upper=part.upper)


def _declared(
    asset: DataAsset, name: str, allowed: tuple[ColumnType, ...], role: str
) -> ColumnType:
    column = asset.column(name)
    if column is None:
        raise UnlistedColumnError(
            f"expected a column that asset {asset.id} lists, got {name}; "
            "ask for a listed column or have the brand list it"
        )
    if name.lower().startswith(RESERVED_PREFIX):
        raise ColumnUseError(
            f"expected a column name that does not start with {RESERVED_PREFIX}, got {name}; "
            "rename the column in the brand's table and asset"
        )
    if column.type not in allowed:
        raise ColumnUseError(
            f"expected a column of type {' or '.join(allowed)} for {role}, got {name} "
            f"of type {column.type} in asset {asset.id}; use another column"
        )
    return column.type


def _need(study: Study, asset: DataAsset, policy: BrandPolicy, purpose: Purpose) -> ConsentNeed:
    """Say what is asked of each person's consent."""
    ttl, rules = asset.consent.ttl_hours, policy.consent
    most = rules.max_age_hours
    return ConsentNeed(
        purpose=purpose,
        max_age_hours=most if ttl is None else min(ttl, most),
        bases=rules.bases,
        notices=rules.notices,
        minors=rules.minors,
        jurisdictions=rules.jurisdictions,
        recipients=study.recipients,
        is_scope_needed=rules.scope_required,
    )


def _purpose_word(asset: DataAsset, purpose: Purpose) -> str:
    word = asset.consent.purposes.get(purpose)
    if word is None:
        raise PurposeNotRecordedError(
            f"expected a purpose that the consent register of asset {asset.id} records, "
            f"got {purpose}; collect consent for it or change the study's purpose"
        )
    return word
