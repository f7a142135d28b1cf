from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from hanse_federation.messages import Parameters, Tensor
from hanse_federation.model import initial_parameters, input_width
from hanse_federation.release import (
    LOCAL_LIMITS,
    AcrossAlliance,
    Cohort,
    Interval,
    LearningPoint,
    MeasuredCell,
    MeasurementTable,
    ModelQuality,
    PrivacyStatement,
    Release,
    ReleaseCard,
    SharedNoise,
    guarantee_sentence,
    read_release,
)
from hanse_policies.documents import (
    AudienceHistogram,
    BinnedAxis,
    LocalTraining,
    MultilayerPerceptron,
    NeighbouringRelation,
    NumericFeature,
    PrivacyUnit,
    Purpose,
    TrainModel,
    TrustMode,
)
from hanse_policies.signing import SigningKey

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEY = SigningKey.generate()
MODEL = TrainModel(
    model=MultilayerPerceptron(hidden=(3,)),
    label="bought",
    features=(
        NumericFeature(column="visits", lower=0, upper=50),
        NumericFeature(column="spend", lower=0, upper=500),
    ),
    rounds=2,
    local=LocalTraining(steps_per_round=5, sampling_rate=0.1, clipping_norm=1.0, learning_rate=0.5),
)
HISTOGRAM = AudienceHistogram(axes=(BinnedAxis(column="spend", edges=(100.0,)),))
PRIVACY = PrivacyStatement(
    unit=PrivacyUnit.PERSON_AT_BRAND,
    neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
    mode=TrustMode.LOCAL,
    epsilon=1.99991,
    delta=1e-6,
    rho=0.05,
    accountant="Renyi divergence, hanse",
    accountant_version="1",
    across_alliance=AcrossAlliance(brands=5, epsilon=6.4, delta=1e-6),
)
SHARED_PRIVACY = PrivacyStatement.model_validate(
    PRIVACY.model_dump()
    | {
        "mode": TrustMode.DISTRIBUTED,
        "shared_noise": SharedNoise(least_brands=4, assumed_colluders=1, tolerated_dropouts=1),
    }
)
QUALITY = ModelQuality(
    auc=Interval(estimate=0.75, lower=0.72, upper=0.78, confidence=0.95),
    learning_curve=(
        LearningPoint(
            round_number=1, auc=Interval(estimate=0.7, lower=0.6, upper=0.8, confidence=0.95)
        ),
    ),
    roc=(),
    calibration=(),
)
TABLE = MeasurementTable(
    axes=("spend",),
    cells=(
        MeasuredCell(
            labels=("below 100",),
            count=Interval(estimate=812.0, lower=790.0, upper=834.0, confidence=0.95),
            share=Interval(estimate=0.8, lower=0.78, upper=0.82, confidence=0.95),
        ),
        MeasuredCell(labels=("100 and more",), count=None, share=None),
    ),
    minimum_persons=50,
)


def card(**changes: object) -> ReleaseCard:
    fields: dict[str, object] = {
        "id": "repurchase-1",
        "alliance": "harbour-league",
        "study": "a" * 64,
        "study_id": "repurchase",
        "study_version": 1,
        "title": "Who buys again",
        "purpose": Purpose.MODEL_TRAINING,
        "asset": "households",
        "computation": MODEL,
        "columns": ("visits", "spend", "bought"),
        "privacy": PRIVACY,
        "guarantee": guarantee_sentence(PRIVACY),
        "limits": LOCAL_LIMITS,
        "cohort": Cohort(
            brands=("aurora", "borealis", "cygnus"), noised_persons=2411, standard_deviation=9.5
        ),
        "refusals": 0,
        "result": QUALITY,
        "recipients": ("members",),
        "retention_until": NOW + timedelta(days=90),
        "created": NOW,
    }
    return ReleaseCard.model_validate(fields | changes)


def parameters() -> Parameters:
    start = initial_parameters(MODEL, input_width(MODEL.features), "a" * 64)
    return tuple(Tensor(t.name, t.values + np.float32(0.25)) for t in start)


def read(folder: Path, now: datetime = NOW) -> Release:
    return read_release(folder, KEY.public_hex, now)
