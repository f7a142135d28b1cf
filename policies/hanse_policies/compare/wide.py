"""Documents that allow as much as documents can, and studies that ask for as much as a permit.

They are made for comparing and never signed, so they permit nothing anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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
    Computation,
    ComputationKind,
    ConsentMapping,
    ConsentRules,
    DataAsset,
    DistributedNoise,
    Export,
    ExportMechanism,
    Floors,
    FlowLabel,
    ImpactAssessment,
    Limits,
    LocalTraining,
    LogisticRegression,
    Member,
    MinorsRule,
    NeighbouringRelation,
    Notice,
    NumericFeature,
    Operator,
    Permit,
    PermittedColumn,
    PrivacyParameters,
    PrivacyUnit,
    Purpose,
    PurposeBudget,
    RecipientPlace,
    ReleaseForm,
    ResultUse,
    Sensitivity,
    SeparateConsent,
    SourceFormat,
    Study,
    TableSource,
    TrainModel,
    TrustMode,
)
from hanse_policies.documents.asset import StatedJurisdiction
from hanse_policies.taxonomy.pins import TaxonomyPin

_KEYS = tuple(f"{number:064x}" for number in range(1, 12))
_USUAL_FLOORS = Floors(minimum_brands=3, minimum_persons=1)
_HOME = "US"
"""One territory, whose law asks no separate consent for joint use."""
_NOTICE = "all-told"
_EXPORT = Export(
    mechanism=ExportMechanism.STANDARD_CONTRACT,
    persons_at_most=10_000_000_000,
    sensitive_persons_at_most=10_000_000_000,
)
_APPROVERS = tuple(
    Approver(id=f"approver-{index}", role=f"role-{index}", key=f"{100 + index:064x}")
    for index in range(10)
)
_FOREVER = datetime.fromisoformat("9000-01-01T00:00:00Z")
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00Z")


def wide_charter(alliance: str, brand: str, recipients: Sequence[str]) -> AllianceCharter:
    """Make a charter of five members with no floor above the least and no limit below the most."""
    names = (brand, *(f"member-{number}" for number in range(1, 5)))
    return AllianceCharter(
        kind="AllianceCharter",
        id=alliance,
        version=1,
        operator=Operator(name="operator", signing_key=_KEYS[0], jurisdiction=_HOME),
        members=tuple(
            Member(
                brand=name,
                legal_entity=name,
                signing_key=_KEYS[1 + index],
                agreement_key=_KEYS[6 + index],
                jurisdiction=_HOME,
            )
            for index, name in enumerate(names)
        ),
        purposes=tuple(Purpose),
        computations=tuple(ComputationKind),
        recipients=tuple(recipients),
        places=tuple(
            RecipientPlace(recipient=name, jurisdiction=_HOME) for name in dict.fromkeys(recipients)
        ),
        floors=Floors(minimum_brands=1, minimum_persons=1, assumed_colluders=0),
        limits=Limits(epsilon=100.0, delta=9e-4, retention_days=3650),
        max_brands_per_person=1000,
    )


def wide_permit(
    purpose: Purpose,
    asset: str,
    columns: Sequence[str],
    *,
    sensitive: bool = True,
    recipients: Sequence[str] = ("members",),
    minimum_persons: int = 1,
    retention_days: int = 3650,
    uses: tuple[ResultUse, ...] | None = None,
) -> Permit:
    """Make a permit for all that can be done for a purpose with some columns."""
    return Permit(
        purpose=purpose,
        computations=tuple(ComputationKind),
        asset=asset,
        columns=tuple(
            PermittedColumn(name=name, necessity="all", sensitive=sensitive) for name in columns
        ),
        recipients=tuple(recipients),
        releases=tuple(ReleaseForm),
        least_protection=FlowLabel.RAW,
        minimum_persons=minimum_persons,
        retention_days=retention_days,
        uses=uses,
    )


def wide_policy(
    alliance: str,
    brand: str,
    permits: tuple[Permit, ...],
    now: datetime,
    *,
    is_told: bool = False,
) -> BrandPolicy:
    """Make a policy of some permits whose budgets are never spent, and that did every duty.

    Args:
        alliance: Of which the brand is a member.
        brand: Whose policy.
        permits: What is permitted.
        now: When the budgets begin.
        is_told: Whether one notice alone counts, which asks every separate consent, and
            adults alone; the register must tell notice and age then.
    """
    return BrandPolicy(
        kind="BrandPolicy",
        id="policy",
        version="1.0.0",
        active_from=_LONG_AGO,
        alliance=alliance,
        brand=brand,
        author="nobody",
        approvers=_APPROVERS,
        approvals=ApprovalRules(loosen=len(_APPROVERS)),
        assessment=ImpactAssessment(digest=_KEYS[0], dated=_LONG_AGO),
        permits=permits,
        budgets=tuple(
            PurposeBudget(purpose=purpose, epsilon=100.0, delta=9e-4, starts=now, period_days=3650)
            for purpose in Purpose
        ),
        consent=ConsentRules(
            max_age_hours=24 * 30,
            notices=(_NOTICE,) if is_told else None,
            minors=MinorsRule(from_age=18, is_guardian_enough=False) if is_told else None,
        ),
        notices=(_notice_to(permits),),
        export=_EXPORT,
    )


def _notice_to(permits: tuple[Permit, ...]) -> Notice:
    """Make a notice that tells all and asks every separate consent."""
    told = dict.fromkeys(name for permit in permits for name in permit.recipients)
    return Notice(
        version=_NOTICE,
        digest=_KEYS[0],
        purposes=tuple(Purpose),
        recipients=tuple(told),
        separate_consents=tuple(SeparateConsent),
    )


def careless(policy: BrandPolicy) -> BrandPolicy:
    """Take from a wide policy what only a charter would ask it for, and would ask of an asset."""
    consent = policy.consent.model_copy(update={"minors": None})
    undone = {"approvals": ApprovalRules(loosen=0), "assessment": None, "consent": consent}
    return policy.model_copy(update=undone)


def wide_asset(
    asset: str, study: Study, sensitivities: Mapping[str, Sensitivity], brand: str = "brand"
) -> DataAsset:
    """Make an asset with the columns that a study reads, each of the type that it reads it as."""
    computation = study.computation
    label = computation.label if isinstance(computation, TrainModel) else ""
    table = TableSource(format=SourceFormat.PARQUET, path="table.parquet")
    return DataAsset(
        kind="DataAsset",
        id=asset,
        version="1.0.0",
        brand=brand,
        author="nobody",
        approvers=_APPROVERS,
        approvals=ApprovalRules(loosen=len(_APPROVERS)),
        taxonomy=TaxonomyPin.FIDESLANG_3_1_4,
        source=table,
        person="hanse_person",
        columns=tuple(
            AssetColumn(
                name=name,
                type=ColumnType.FLAG if name == label else ColumnType.NUMBER,
                description=name,
                category="user",
                sensitivity=sensitivities.get(name, Sensitivity.ORDINARY),
                retention_days=1,
            )
            for name in study.columns()
        ),
        max_rows_per_person=1,
        consent=_whole_register(table),
    )


def _whole_register(table: TableSource) -> ConsentMapping:
    """Map a register that tells all that a policy may ask of a consent."""
    return ConsentMapping(
        source=table,
        person="p",
        purpose="u",
        granted="g",
        expires="e",
        withdrawn="w",
        synced="s",
        purposes={purpose: purpose.value for purpose in Purpose},
        basis="b",
        notice="n",
        age_band="a",
        jurisdiction=StatedJurisdiction(constant=_HOME),
        recipients="r",
    )


def study_of(
    permit: Permit,
    computation: Computation,
    recipients: Sequence[str],
    epsilon: float,
    delta: float,
    mode: TrustMode,
    *,
    floors: Floors = _USUAL_FLOORS,
    alliance: str = "alliance",
) -> Study:
    """Make a study that asks for all that a permit allows, and keeps some floors."""
    noise = DistributedNoise(
        tolerated_dropouts=floors.tolerated_dropouts, assumed_colluders=floors.assumed_colluders
    )
    return Study(
        kind="Study",
        id="request",
        version=1,
        alliance=alliance,
        title="A request at the limits of a permit",
        purpose=permit.purpose,
        asset=permit.asset,
        computation=computation,
        privacy=PrivacyParameters(
            unit=PrivacyUnit.PERSON_AT_BRAND,
            neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
            mode=mode,
            epsilon=epsilon,
            delta=delta,
            distributed=noise if mode is TrustMode.DISTRIBUTED else None,
        ),
        minimum_persons=permit.minimum_persons,
        minimum_brands=floors.minimum_brands,
        recipients=tuple(recipients),
        retention_days=permit.retention_days,
        expires=_FOREVER,
        uses=permit.uses or (),
    )


def histogram_of(column: str, kind: ColumnType | None = None) -> AudienceHistogram:
    """Make a histogram over one column, by its type."""
    if kind is ColumnType.CATEGORY:
        return AudienceHistogram(axes=(CategoricalFeature(column=column, categories=("any",)),))
    return AudienceHistogram(axes=(BinnedAxis(column=column, edges=(0.0,)),))


def training_of(column: str, label: str) -> TrainModel:
    """Make a training of one feature."""
    return TrainModel(
        model=LogisticRegression(),
        label=label,
        features=(NumericFeature(column=column, lower=0.0, upper=1.0),),
        rounds=1,
        local=LocalTraining(
            steps_per_round=1, sampling_rate=0.1, clipping_norm=1.0, learning_rate=0.1
        ),
    )
