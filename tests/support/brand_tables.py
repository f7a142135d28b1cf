"""A small brand's tables: persons with features and a consent register, in any stored format.

`write_brand` writes them and returns the asset document. `CONSENT_CASES` holds
one person for each way in which a consent can stand, with the verdict the
register must give at `NOW`. The tables also hold a column, `email`, that no
asset lists.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hanse_policies.documents import (
    ApprovalMode,
    ApprovalRules,
    AssetColumn,
    AudienceHistogram,
    BinnedAxis,
    BrandPolicy,
    CategoricalFeature,
    ColumnType,
    Computation,
    ConsentMapping,
    ConsentRules,
    DataAsset,
    Evaluation,
    LocalTraining,
    LogisticRegression,
    NeighbouringRelation,
    NumericFeature,
    PopulationFilter,
    PrivacyParameters,
    PrivacyUnit,
    Purpose,
    Sensitivity,
    SourceFormat,
    Study,
    TableSource,
    TrainModel,
    TrustMode,
)
from hanse_policies.documents.asset import StatedBasis, StatedJurisdiction
from hanse_policies.documents.consent import ConsentBasis
from hanse_policies.taxonomy.pins import TaxonomyPin

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MAX_AGE_HOURS = 24
SALT = "5a" * 32
TRAINING_WORD = "model training"
ANALYTICS_WORD = "audience analytics"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One row of the brand's table."""

    customer: str | int | None
    spend: float | None = 10.0
    visits: float | None = 3.0
    tier: str | None = "gold"
    bought: bool | int | None = True
    email: str = "not-for-any-study"


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One row of the consent register; valid at `NOW` unless told otherwise."""

    subject: str | int | None
    use: str = TRAINING_WORD
    given: datetime | None = NOW - 30 * DAY
    until: datetime | None = None
    taken_back: datetime | None = None
    as_of: datetime | None = NOW - HOUR
    note: str = "internal"
    void: datetime | None = None


def _case(person: str, **when: datetime | str | None) -> ConsentRow:
    return ConsentRow(person, **when)  # type: ignore[arg-type]


CONSENT_CASES: dict[str, tuple[bool, tuple[ConsentRow, ...]]] = {
    "plain": (True, (_case("plain"),)),
    "until-later": (True, (_case("until-later", until=NOW + DAY),)),
    "withdraws-later": (True, (_case("withdraws-later", taken_back=NOW + DAY),)),
    "granted-now": (True, (_case("granted-now", given=NOW),)),
    "synced-at-the-limit": (True, (_case("synced-at-the-limit", as_of=NOW - 24 * HOUR),)),
    "missing": (False, ()),
    "other-purpose": (False, (_case("other-purpose", use=ANALYTICS_WORD),)),
    "expired": (False, (_case("expired", until=NOW - HOUR),)),
    "expires-now": (False, (_case("expires-now", until=NOW),)),
    "withdrawn": (False, (_case("withdrawn", taken_back=NOW - HOUR),)),
    "withdrawn-now": (False, (_case("withdrawn-now", taken_back=NOW),)),
    "future": (False, (_case("future", given=NOW + HOUR),)),
    "stale": (False, (_case("stale", as_of=NOW - 25 * HOUR),)),
    "synced-in-future": (False, (_case("synced-in-future", as_of=NOW + HOUR),)),
    "never-synced": (False, (_case("never-synced", as_of=None),)),
    "no-grant-instant": (False, (_case("no-grant-instant", given=None),)),
    "regranted": (
        True,
        (
            _case("regranted", given=NOW - 90 * DAY, taken_back=NOW - 60 * DAY),
            _case("regranted", given=NOW - 30 * DAY),
        ),
    ),
    "withdrawn-beside-older": (
        False,
        (
            _case("withdrawn-beside-older", given=NOW - 90 * DAY, until=NOW + 90 * DAY),
            _case("withdrawn-beside-older", given=NOW - 30 * DAY, taken_back=NOW - DAY),
        ),
    ),
    "withdrawn-on-older-row": (
        False,
        (
            _case("withdrawn-on-older-row", given=NOW - 90 * DAY, taken_back=NOW - DAY),
            _case("withdrawn-on-older-row", given=NOW - 30 * DAY),
        ),
    ),
    "withdrawn-as-another-row-grants": (
        False,
        (
            _case(
                "withdrawn-as-another-row-grants",
                given=NOW - 90 * DAY,
                taken_back=NOW - 30 * DAY,
            ),
            _case("withdrawn-as-another-row-grants", given=NOW - 30 * DAY),
        ),
    ),
    "expired-beside-older": (
        False,
        (
            _case("expired-beside-older", given=NOW - 90 * DAY),
            _case("expired-beside-older", given=NOW - 30 * DAY, until=NOW - DAY),
        ),
    ),
    "tie-with-withdrawn": (
        False,
        (
            _case("tie-with-withdrawn"),
            _case("tie-with-withdrawn", taken_back=NOW - DAY),
        ),
    ),
    "tie-with-stale": (
        False,
        (_case("tie-with-stale"), _case("tie-with-stale", as_of=NOW - 48 * HOUR)),
    ),
    "withdrawal-without-grant": (
        False,
        (
            _case("withdrawal-without-grant", given=NOW - 30 * DAY),
            _case("withdrawal-without-grant", given=None, taken_back=NOW - DAY),
        ),
    ),
    "future-regrant-after-withdrawal": (
        False,
        (
            _case("future-regrant-after-withdrawal", taken_back=NOW - DAY),
            _case("future-regrant-after-withdrawal", given=NOW + DAY),
        ),
    ),
}
"""Person -> (is in a training view at NOW, the person's consent rows)."""


def case_rows() -> list[PersonRow]:
    """One table row for each consent case, and one of nobody."""
    return [PersonRow(person) for person in CONSENT_CASES] + [PersonRow(None)]


def case_consents() -> list[ConsentRow]:
    """The register of all consent cases, and one row of nobody."""
    return [row for _, rows in CONSENT_CASES.values() for row in rows] + [ConsentRow(None)]


def ordinary_rows(count: int) -> list[PersonRow]:
    """Persons p0, p1, ... with varied, usable values and both labels."""
    return [
        PersonRow(
            f"p{i}",
            spend=float(i % 50),
            visits=float(i % 7),
            tier=("gold", "silver", "none", None)[i % 4],
            bought=i % 3 == 0,
        )
        for i in range(count)
    ]


def consents_of(rows: Sequence[PersonRow], word: str = TRAINING_WORD) -> list[ConsentRow]:
    """A valid consent for each person of the rows."""
    return [ConsentRow(row.customer, use=word) for row in rows]


def write_brand(
    folder: Path,
    rows: Sequence[PersonRow],
    consents: Sequence[ConsentRow],
    *,
    stored_as: SourceFormat = SourceFormat.PARQUET,
    is_zoned: bool = True,
    max_rows_per_person: int = 1,
) -> DataAsset:
    """Write both tables into a folder and return the asset that describes them."""
    folder.mkdir(parents=True, exist_ok=True)
    people = pa.Table.from_pylist([asdict(row) for row in rows], _people_schema(rows))
    register = pa.Table.from_pylist([asdict(c) for c in consents], _register_schema(is_zoned))
    sources = {}
    for name, table in (("people", people), ("register", register)):
        sources[name] = _write(folder, name, table, stored_as)
    return _asset(sources["people"], sources["register"], max_rows_per_person)


def study(
    computation: Computation,
    population: tuple[PopulationFilter, ...] = (),
    purpose: Purpose = Purpose.MODEL_TRAINING,
) -> Study:
    """A study over the brand's table."""
    return Study(
        kind="Study",
        id="loyalty",
        version=1,
        alliance="league",
        title="Who buys again",
        purpose=purpose,
        asset="customers",
        population=population,
        computation=computation,
        privacy=PrivacyParameters(
            unit=PrivacyUnit.PERSON_AT_BRAND,
            neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
            mode=TrustMode.LOCAL,
            epsilon=2.0,
            delta=1e-6,
        ),
        minimum_persons=50,
        minimum_brands=3,
        recipients=("operator",),
        retention_days=90,
        expires=NOW + 90 * DAY,
    )


def training(holdout_share: float = 0.2) -> TrainModel:
    """Logistic regression of `bought` on spend, visits and tier."""
    return TrainModel(
        model=LogisticRegression(),
        label="bought",
        features=(
            NumericFeature(column="spend", lower=0.0, upper=20.0),
            NumericFeature(column="visits", lower=0.0, upper=10.0),
            CategoricalFeature(column="tier", categories=("gold", "silver")),
        ),
        rounds=3,
        local=LocalTraining(
            steps_per_round=5, sampling_rate=0.1, clipping_norm=1.0, learning_rate=0.5
        ),
        evaluation=Evaluation(holdout_share=holdout_share),
    )


def histogram() -> AudienceHistogram:
    """Persons over tiers and spend bins."""
    return AudienceHistogram(
        axes=(
            CategoricalFeature(column="tier", categories=("gold", "silver")),
            BinnedAxis(column="spend", edges=(10.0, 20.0)),
        )
    )


def policy() -> BrandPolicy:
    """A brand's policy with the usual consent rules; permits are no matter here."""
    return BrandPolicy(
        kind="BrandPolicy",
        id="brand-a",
        version="1.0.0",
        active_from=NOW - 30 * DAY,
        alliance="league",
        brand="brand-a",
        author="privacy-engineer",
        approvals=ApprovalRules(loosen=0),
        permits=(),
        budgets=(),
        consent=ConsentRules(max_age_hours=MAX_AGE_HOURS),
        approval=ApprovalMode.MANUAL,
    )


def _column(name: str, kind: ColumnType, description: str) -> AssetColumn:
    return AssetColumn(
        name=name,
        type=kind,
        description=description,
        category="user.behavior.purchase_history",
        sensitivity=Sensitivity.ORDINARY,
        retention_days=730,
    )


def _asset(people: TableSource, register: TableSource, max_rows_per_person: int) -> DataAsset:
    return DataAsset(
        kind="DataAsset",
        id="customers",
        version="1.0.0",
        brand="brand-a",
        taxonomy=TaxonomyPin.FIDESLANG_3_1_4,
        source=people,
        person="customer",
        columns=(
            _column("spend", ColumnType.NUMBER, "Spend in 90 days, EUR"),
            _column("visits", ColumnType.NUMBER, "Visits in 90 days"),
            _column("tier", ColumnType.CATEGORY, "Loyalty tier"),
            _column("bought", ColumnType.FLAG, "Bought again"),
        ),
        max_rows_per_person=max_rows_per_person,
        consent=ConsentMapping(
            source=register,
            person="subject",
            purpose="use",
            granted="given",
            expires="until",
            withdrawn="taken_back",
            synced="as_of",
            basis=StatedBasis(constant=ConsentBasis.CONSENT),
            jurisdiction=StatedJurisdiction(constant="DE"),
            purposes={
                Purpose.MODEL_TRAINING: TRAINING_WORD,
                Purpose.AUDIENCE_ANALYTICS: ANALYTICS_WORD,
            },
        ),
    )


def _people_schema(rows: Sequence[PersonRow]) -> pa.Schema:
    is_numbered = any(isinstance(row.customer, int) for row in rows)
    is_flag = all(row.bought is None or isinstance(row.bought, bool) for row in rows)
    return pa.schema(
        [
            ("customer", pa.int64() if is_numbered else pa.string()),
            ("spend", pa.float64()),
            ("visits", pa.float64()),
            ("tier", pa.string()),
            ("bought", pa.bool_() if is_flag else pa.int32()),
            ("email", pa.string()),
        ]
    )


def _register_schema(is_zoned: bool) -> pa.Schema:
    instant = pa.timestamp("us", tz="UTC" if is_zoned else None)
    types = {"subject": pa.string(), "use": pa.string(), "note": pa.string()}
    return pa.schema([(f.name, types.get(f.name, instant)) for f in fields(ConsentRow)])


def _write(folder: Path, name: str, table: pa.Table, stored_as: SourceFormat) -> TableSource:
    if stored_as is SourceFormat.PARQUET:
        pq.write_table(table, folder / f"{name}.parquet")
        return TableSource(format=stored_as, path=f"{name}.parquet")
    if stored_as is SourceFormat.CSV:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table.column_names)
            writer.writerows(tuple(row.values()) for row in table.to_pylist())
        return TableSource(format=stored_as, path=f"{name}.csv")
    with duckdb.connect(str(folder / "brand.duckdb")) as connection:
        connection.register("written", table)
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM written")  # noqa: S608
    return TableSource(format=stored_as, path="brand.duckdb", table=name)
