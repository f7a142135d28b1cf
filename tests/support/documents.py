"""Valid documents that fit together, each field open to a keyword override.

The alliance `coast` has the brands `alder`, `birch` and `cedar`; the brand
`alder` decides unless a test says otherwise. All of them permit both studies.
Keys are fixed, so that documents are the same in every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hanse_policies.documents import (
    AllianceCharter,
    ApprovalRules,
    Approver,
    AssetColumn,
    AudienceHistogram,
    BinnedAxis,
    BrandPolicy,
    CategoricalFeature,
    ColumnType,
    ComputationKind,
    ConsentField,
    ConsentMapping,
    ConsentRules,
    ConsentState,
    DataAsset,
    DistributedNoise,
    Evaluation,
    Floors,
    FlowLabel,
    Limits,
    LocalTraining,
    LogisticRegression,
    Member,
    NeighbouringRelation,
    NumericFeature,
    Operator,
    Permit,
    PermittedColumn,
    PrivacyParameters,
    PrivacyUnit,
    Purpose,
    PurposeBudget,
    ReleaseForm,
    Sensitivity,
    ServerOptimiser,
    SourceFormat,
    Study,
    TableSource,
    TrainModel,
    TrustMode,
)
from hanse_policies.signing import SigningKey

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
BRANDS = ("alder", "birch", "cedar")
COLUMNS = (
    ("visits", ColumnType.NUMBER, "Visits in the last 90 days"),
    ("spend", ColumnType.NUMBER, "Money spent in the last 90 days"),
    ("region", ColumnType.CATEGORY, "Region of the usual shop"),
    ("bought", ColumnType.FLAG, "Bought in the following month"),
    ("age_years", ColumnType.NUMBER, "Age in years, stated by the person"),
)
CATEGORIES = {
    "visits": "user.behavior",
    "spend": "user.behavior.purchase_history",
    "region": "user.location.imprecise",
    "bought": "user.behavior.purchase_history",
    "age_years": "user.demographic.age_range",
}


def a_key(number: int) -> SigningKey:
    """Make the same signing key for the same number from 0 to 255; for tests alone."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return SigningKey.from_pem(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


OPERATOR_KEY = a_key(1)


def brand_key(brand: str) -> SigningKey:
    """Return the signing key that `a_charter` pins for a brand."""
    return a_key(10 + BRANDS.index(brand))


def a_member(brand: str, **changes: object) -> Member:
    """Build the charter's entry of one of `BRANDS`, or of another with `signing_key` given."""
    index = BRANDS.index(brand) if brand in BRANDS else len(BRANDS)
    fields: dict[str, object] = {
        "brand": brand,
        "legal_entity": f"{brand.title()} Stores Ltd",
        "signing_key": a_key(10 + index).public_hex,
        "agreement_key": f"{100 + index:064x}",
        "jurisdiction": "DE",
    }
    return Member.model_validate(fields | changes)


def a_charter(**changes: object) -> AllianceCharter:
    """Build the charter of the alliance `coast`."""
    fields: dict[str, object] = {
        "kind": "AllianceCharter",
        "id": "coast",
        "version": 1,
        "operator": Operator(
            name="Coast Office", signing_key=OPERATOR_KEY.public_hex, jurisdiction="DE"
        ),
        "members": tuple(a_member(brand) for brand in BRANDS),
        "purposes": (Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS),
        "computations": (ComputationKind.TRAIN_MODEL, ComputationKind.AUDIENCE_HISTOGRAM),
        "recipients": ("alliance-members", "operator"),
        "places": ({"recipient": "alliance-members", "jurisdiction": "DE"},),
        "floors": Floors(minimum_brands=3, minimum_persons=50),
        "limits": Limits(epsilon=4.0, delta=1e-5, retention_days=365),
        "max_brands_per_person": 3,
    }
    return AllianceCharter.model_validate(fields | changes)


def a_column(name: str = "visits", **changes: object) -> AssetColumn:
    """Build the asset's description of one of `COLUMNS`, or of another with all fields given."""
    known = {column: (kind, text) for column, kind, text in COLUMNS}
    kind, text = known.get(name, (ColumnType.NUMBER, "A number"))
    fields: dict[str, object] = {
        "name": name,
        "type": kind,
        "description": text,
        "category": CATEGORIES.get(name, "user.behavior"),
        "sensitivity": Sensitivity.ORDINARY,
        "retention_days": 730,
    }
    return AssetColumn.model_validate(fields | changes)


def permitted(*names: str, sensitive: bool = False) -> tuple[PermittedColumn, ...]:
    """Permit columns by name, each with a reason."""
    return tuple(
        PermittedColumn(
            name=name, necessity=f"The study cannot do without {name}", sensitive=sensitive
        )
        for name in names
    )


def a_permit(
    columns: Sequence[str] | None = None, *, sensitive: bool = False, **changes: object
) -> Permit:
    """Build the permit that `a_training_study` fits within; columns by name."""
    names = ("visits", "spend", "region", "bought") if columns is None else columns
    fields: dict[str, object] = {
        "purpose": Purpose.MODEL_TRAINING,
        "computations": (ComputationKind.TRAIN_MODEL,),
        "asset": "customers",
        "columns": permitted(*names, sensitive=sensitive),
        "recipients": ("alliance-members",),
        "releases": (ReleaseForm.MODEL,),
        "least_protection": FlowLabel.MASKED_UPDATE,
        "minimum_persons": 100,
        "retention_days": 180,
    }
    return Permit.model_validate(fields | changes)


def a_histogram_permit(
    columns: Sequence[str] | None = None, *, sensitive: bool = False, **changes: object
) -> Permit:
    """Build the permit that `a_histogram_study` fits within; columns by name."""
    fields: dict[str, object] = {
        "purpose": Purpose.AUDIENCE_ANALYTICS,
        "computations": (ComputationKind.AUDIENCE_HISTOGRAM,),
        "releases": (ReleaseForm.TABLE,),
    }
    names = ("visits", "region") if columns is None else columns
    return a_permit(names, sensitive=sensitive, **fields | changes)


def a_budget(purpose: Purpose = Purpose.MODEL_TRAINING, **changes: object) -> PurposeBudget:
    """Build a purpose's budget of epsilon 6 a quarter, from 2026-04-01."""
    fields: dict[str, object] = {
        "purpose": purpose,
        "epsilon": 6.0,
        "delta": 1e-6,
        "starts": datetime(2026, 4, 1, tzinfo=UTC),
        "period_days": 91,
    }
    return PurposeBudget.model_validate(fields | changes)


def a_policy(**changes: object) -> BrandPolicy:
    """Build the policy of brand `alder`; pass `brand` for another."""
    fields: dict[str, object] = {
        "kind": "BrandPolicy",
        "id": f"{changes.get('brand', 'alder')}-policy",
        "version": "1.0.0",
        "active_from": datetime(2026, 4, 1, tzinfo=UTC),
        "alliance": "coast",
        "brand": "alder",
        "author": "privacy-engineer",
        "approvals": ApprovalRules(loosen=0),
        "permits": (a_permit(), a_histogram_permit()),
        "budgets": (a_budget(), a_budget(Purpose.AUDIENCE_ANALYTICS)),
        "consent": ConsentRules(max_age_hours=48),
    }
    return BrandPolicy.model_validate(fields | changes)


def a_consent_mapping(**changes: object) -> ConsentMapping:
    """Build a mapping onto `consent.parquet` with columns of the plain names."""
    fields: dict[str, object] = {
        "source": TableSource(format=SourceFormat.PARQUET, path="consent.parquet"),
        "person": "person_id",
        "purpose": "purpose",
        "granted": "granted_at",
        "expires": "expires_at",
        "withdrawn": "withdrawn_at",
        "synced": "synced_at",
        "basis": {"constant": "consent"},
        "jurisdiction": {"constant": "DE"},
        "purposes": {Purpose.MODEL_TRAINING: "training", Purpose.AUDIENCE_ANALYTICS: "audience"},
    }
    return ConsentMapping.model_validate(fields | changes)


def an_asset(**changes: object) -> DataAsset:
    """Build the asset `customers` of brand `alder` over `customers.parquet`."""
    fields: dict[str, object] = {
        "kind": "DataAsset",
        "id": "customers",
        "version": "1.0.0",
        "brand": "alder",
        "taxonomy": "fideslang-3.1.4",
        "source": TableSource(format=SourceFormat.PARQUET, path="customers.parquet"),
        "person": "person_id",
        "columns": tuple(a_column(name) for name, _, _ in COLUMNS),
        "max_rows_per_person": 1,
        "consent": a_consent_mapping(),
    }
    return DataAsset.model_validate(fields | changes)


def an_approver(key: SigningKey) -> tuple[Approver, ...]:
    """Name `officer` as the one who may approve, by a key."""
    return (Approver(id="officer", role="officer", key=key.public_hex),)


def a_privacy(**changes: object) -> PrivacyParameters:
    """Build the privacy block: epsilon 3, delta 1e-6, mode local."""
    fields: dict[str, object] = {
        "unit": PrivacyUnit.PERSON_AT_BRAND,
        "neighbours": NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
        "mode": TrustMode.LOCAL,
        "epsilon": 3.0,
        "delta": 1e-6,
    }
    return PrivacyParameters.model_validate(fields | changes)


def a_shared_privacy(
    tolerated_dropouts: int = 0, assumed_colluders: int = 1, **changes: object
) -> PrivacyParameters:
    """Build the privacy block: epsilon 3, delta 1e-6, mode distributed."""
    noise = DistributedNoise(
        tolerated_dropouts=tolerated_dropouts, assumed_colluders=assumed_colluders
    )
    return a_privacy(**{"mode": TrustMode.DISTRIBUTED, "distributed": noise} | changes)


def a_training(**changes: object) -> TrainModel:
    """Build a logistic regression over visits, spend and region for 4 rounds."""
    fields: dict[str, object] = {
        "model": LogisticRegression(),
        "label": "bought",
        "features": (
            NumericFeature(column="visits", lower=0.0, upper=60.0),
            NumericFeature(column="spend", lower=0.0, upper=2000.0, scale="log"),
            CategoricalFeature(column="region", categories=("north", "south")),
        ),
        "rounds": 4,
        "local": LocalTraining(
            steps_per_round=5, sampling_rate=0.2, clipping_norm=1.0, learning_rate=0.5
        ),
        "server": ServerOptimiser(learning_rate=1.0, momentum=0.5),
        "evaluation": Evaluation(),
    }
    return TrainModel.model_validate(fields | changes)


def a_summed_training(**changes: object) -> TrainModel:
    """Build the same training, one step a round, as mode distributed asks for."""
    local = LocalTraining(
        steps_per_round=1, sampling_rate=0.2, clipping_norm=1.0, learning_rate=0.5
    )
    return a_training(**{"local": local} | changes)


def a_histogram(**changes: object) -> AudienceHistogram:
    """Build a histogram over binned visits by region."""
    fields: dict[str, object] = {
        "axes": (
            BinnedAxis(column="visits", edges=(5.0, 10.0, 20.0)),
            CategoricalFeature(column="region", categories=("north", "south")),
        ),
    }
    return AudienceHistogram.model_validate(fields | changes)


def a_training_study(**changes: object) -> Study:
    """Build a purchase-propensity study that `a_policy` permits."""
    fields: dict[str, object] = {
        "kind": "Study",
        "id": "propensity",
        "version": 1,
        "alliance": "coast",
        "title": "Who is likely to buy next month",
        "purpose": Purpose.MODEL_TRAINING,
        "asset": "customers",
        "population": (),
        "computation": a_training(),
        "privacy": a_privacy(),
        "minimum_persons": 100,
        "minimum_brands": 3,
        "recipients": ("alliance-members",),
        "retention_days": 90,
        "expires": NOW + timedelta(days=30),
    }
    return Study.model_validate(fields | changes)


def a_shared_training_study(**changes: object) -> Study:
    """Build the same study in mode distributed, one of three brands colluding at most."""
    fields: dict[str, object] = {"computation": a_summed_training(), "privacy": a_shared_privacy()}
    return a_training_study(**fields | changes)


def a_histogram_study(**changes: object) -> Study:
    """Build an audience study that `a_policy` permits."""
    fields: dict[str, object] = {
        "id": "audience",
        "title": "Visits by region",
        "purpose": Purpose.AUDIENCE_ANALYTICS,
        "computation": a_histogram(),
        "privacy": a_privacy(epsilon=1.0),
    }
    return a_training_study(**fields | changes)


def a_consent_state(
    synced: datetime | None = NOW - timedelta(hours=1),
    purposes: frozenset[Purpose] = frozenset({Purpose.MODEL_TRAINING, Purpose.AUDIENCE_ANALYTICS}),
) -> ConsentState:
    """Build the state of a register synced an hour before `NOW` for both purposes."""
    return ConsentState(synced, purposes, frozenset({ConsentField.BASIS}))
