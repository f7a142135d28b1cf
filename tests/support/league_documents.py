"""Policies and studies of the small league, each field open to a keyword override."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hanse_federation.messages import (
    Binding,
    CohortRequest,
    Parameters,
    Request,
    RequestPayload,
)
from hanse_federation.model import initial_parameters, input_width
from hanse_federation.privacy.events import FloorWatchEvent
from hanse_federation.privacy.plan import plan_study
from hanse_policies.documents import (
    ApprovalMode,
    ApprovalRules,
    BrandPolicy,
    ComputationKind,
    ConsentRules,
    Evaluation,
    FlowLabel,
    LocalTraining,
    NeighbouringRelation,
    Permit,
    PrivacyParameters,
    PrivacyUnit,
    Purpose,
    PurposeBudget,
    ReleaseForm,
    Study,
    TrainModel,
    TrustMode,
)
from tests.support.brand_tables import histogram, training
from tests.support.documents import permitted

ALLIANCE = "coast-league"
COLUMNS = ("spend", "visits", "tier", "bought")
_requests = iter(range(1, 10**9))


def a_league_permit(purpose: Purpose, computation: ComputationKind, **changes: object) -> Permit:
    fields: dict[str, object] = {
        "purpose": purpose,
        "computations": (computation,),
        "asset": "customers",
        "columns": permitted(*COLUMNS),
        "recipients": ("members", "alder", "birch"),
        "releases": tuple(ReleaseForm),
        "least_protection": FlowLabel.MASKED_UPDATE,
        "minimum_persons": 50,
        "retention_days": 180,
    }
    return Permit.model_validate(fields | changes)


def a_league_budget(purpose: Purpose, epsilon: float) -> PurposeBudget:
    return PurposeBudget(
        purpose=purpose,
        epsilon=epsilon,
        delta=1e-6,
        starts=datetime(2020, 1, 1, tzinfo=UTC),
        period_days=3650,
    )


def a_league_policy(
    brand: str, now: datetime, epsilon: float = 8.0, **changes: object
) -> BrandPolicy:
    """A policy that permits both kinds of study and approves by itself."""
    fields: dict[str, object] = {
        "kind": "BrandPolicy",
        "id": f"{brand}-policy",
        "version": "1.0.0",
        "active_from": now - timedelta(days=30),
        "alliance": ALLIANCE,
        "brand": brand,
        "author": "privacy-engineer",
        "approvals": ApprovalRules(loosen=0),
        "permits": (
            a_league_permit(Purpose.MODEL_TRAINING, ComputationKind.TRAIN_MODEL),
            a_league_permit(Purpose.AUDIENCE_ANALYTICS, ComputationKind.AUDIENCE_HISTOGRAM),
        ),
        "budgets": (
            a_league_budget(Purpose.MODEL_TRAINING, epsilon),
            a_league_budget(Purpose.AUDIENCE_ANALYTICS, epsilon),
        ),
        "consent": ConsentRules(max_age_hours=48),
        "approval": ApprovalMode.AUTOMATIC,
    }
    return BrandPolicy.model_validate(fields | changes)


def a_league_training(rounds: int = 2) -> TrainModel:
    local = LocalTraining(
        steps_per_round=3, sampling_rate=0.3, clipping_norm=1.0, learning_rate=0.5
    )
    return training().model_copy(update={"rounds": rounds, "local": local})


def a_league_study(now: datetime, **changes: object) -> Study:
    """A propensity study that every brand of the league permits."""
    fields: dict[str, object] = {
        "kind": "Study",
        "id": "propensity",
        "version": 1,
        "alliance": ALLIANCE,
        "title": "Who is likely to buy next month",
        "purpose": Purpose.MODEL_TRAINING,
        "asset": "customers",
        "computation": a_league_training(),
        "privacy": PrivacyParameters(
            unit=PrivacyUnit.PERSON_AT_BRAND,
            neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
            mode=TrustMode.LOCAL,
            epsilon=3.0,
            delta=1e-6,
        ),
        "minimum_persons": 50,
        "minimum_brands": 3,
        "recipients": ("members",),
        "retention_days": 90,
        "expires": now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=30),
    }
    return Study.model_validate(fields | changes)


def well_watched(study: Study) -> Study:
    """Give most of a training's budget to its cohort: the watch then has noise of scale 5."""
    assert isinstance(study.computation, TrainModel)
    evaluation = Evaluation(budget_share=0.02)
    watched = study.model_copy(
        update={
            "privacy": study.privacy.model_copy(update={"cohort_budget_share": 0.6}),
            "computation": study.computation.model_copy(update={"evaluation": evaluation}),
        }
    )
    assert plan_study(watched).watch == FloorWatchEvent(5)
    return watched


def a_league_histogram(now: datetime, **changes: object) -> Study:
    """An audience study that every brand of the league permits."""
    fields: dict[str, object] = {
        "id": "audience",
        "title": "Customers by tier and spend",
        "purpose": Purpose.AUDIENCE_ANALYTICS,
        "computation": histogram(),
    }
    return a_league_study(now, **fields | changes)


def ask(digest: str, payload: RequestPayload | None = None, round_number: int = 0) -> Request:
    """A request with a fresh identifier; the cohort unless told otherwise."""
    binding = Binding(7, digest, round_number, f"{next(_requests):032x}")
    return Request(binding, CohortRequest() if payload is None else payload, 60.0)


def first_parameters(study: Study, digest: str) -> Parameters:
    computation = study.computation
    assert isinstance(computation, TrainModel)
    return initial_parameters(computation, input_width(computation.features), digest)
