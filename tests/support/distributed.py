"""Studies of mode `distributed` for tests."""

from __future__ import annotations

from datetime import datetime

from hanse_policies.documents import (
    DistributedNoise,
    NeighbouringRelation,
    PrivacyParameters,
    PrivacyUnit,
    Study,
    TrustMode,
)
from tests.support.league_documents import a_league_histogram, a_league_study, a_league_training


def distributed_privacy(*, epsilon: float = 3.0, dropouts: int = 0) -> PrivacyParameters:
    """Declare shared noise that one colluder cannot undo."""
    return PrivacyParameters(
        unit=PrivacyUnit.PERSON_AT_BRAND,
        neighbours=NeighbouringRelation.ADD_OR_REMOVE_ONE_PERSON,
        mode=TrustMode.DISTRIBUTED,
        epsilon=epsilon,
        delta=1e-6,
        distributed=DistributedNoise(tolerated_dropouts=dropouts, assumed_colluders=1),
    )


def a_distributed_study(now: datetime, **changes: object) -> Study:
    """The league's propensity study, one gradient sum a round."""
    training = a_league_training()
    local = training.local.model_copy(update={"steps_per_round": 1})
    fields: dict[str, object] = {
        "computation": training.model_copy(update={"local": local}),
        "privacy": distributed_privacy(),
    }
    return a_league_study(now, **fields | changes)


def a_distributed_histogram(now: datetime, **changes: object) -> Study:
    """The league's audience study with shared noise."""
    return a_league_histogram(now, **{"privacy": distributed_privacy()} | changes)
