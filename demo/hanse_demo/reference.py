"""Demo only: what privacy cost in quality, from everybody's rows in one place.

Rules: no league can compute this, for the rows never leave the brands; the demo
can, because all parties share one machine, and says so wherever it is shown.
Persons, split and encoded features are those of the study itself: consenting
persons at the instant of the run, the same persons held out. The exact figures
are for the report; true cohorts go to each brand's own page and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hanse_clients.data import view_for
from hanse_clients.data.duckdb_source import DuckDBSource
from hanse_clients.data.preflight import SHOWN_SALT
from hanse_clients.features import encode_features
from hanse_demo.report import DemoReference, RocPoint
from hanse_federation.messages import FloatArray, Parameters
from hanse_federation.model import predict
from hanse_policies.documents import Study, TrainModel
from hanse_policies.loading import load_asset, load_policy

CURVE_POINTS = 120
_MOST_ITERATIONS = 5000


@dataclass(frozen=True, slots=True)
class References:
    """What only the demo can compute for the model; None where there is no model.

    Attributes:
        exact: The released model, judged without noise.
        pooled: A non-private model trained on everybody's rows at once.
    """

    exact: DemoReference | None = None
    pooled: DemoReference | None = None


@dataclass(frozen=True, slots=True)
class PooledRows:
    """The rows of all brands, as no party of a league could have them.

    Attributes:
        matrix: Encoded features, shape (persons, width).
        label: 0.0 or 1.0, shape (persons,).
        holdout: Whether a person is held out from training, shape (persons,).
    """

    matrix: FloatArray
    label: NDArray[np.float64]
    holdout: NDArray[np.bool_]


def references(
    study: Study, parameters: Parameters, homes: Sequence[Path], now: datetime
) -> References:
    """Compute both references for a released model.

    Args:
        study: The study that trained it.
        parameters: The released model.
        homes: The brands' homes.
        now: The instant at which consent is judged: when the study ran.
    """
    rows = pooled_rows(study, homes, now)
    return References(exact_reference(rows, study, parameters), pooled_reference(rows))


def pooled_rows(study: Study, homes: Sequence[Path], now: datetime) -> PooledRows:
    """Read the training view of every brand and put the rows together.

    Args:
        study: One that trains a model; decides the persons, the split and the features.
        homes: The brands' homes.
        now: The instant at which consent is judged.
    """
    computation = _training(study)
    parts = []
    for home in homes:
        asset, policy = load_asset(home / "asset.yaml"), load_policy(home / "policy.yaml")
        # A household is one row, so the salt that chooses among several changes nothing.
        view = view_for(study, asset.document, policy.document, now, SHOWN_SALT)
        rows = DuckDBSource(asset.document, home).rows(view)
        parts.append(
            (encode_features(computation.features, rows.columns), rows.label, rows.holdout)
        )
    return PooledRows(
        matrix=np.concatenate([matrix for matrix, _, _ in parts]),
        label=np.concatenate([label for _, label, _ in parts]),
        holdout=np.concatenate([holdout for _, _, holdout in parts]),
    )


def pooled_reference(rows: PooledRows) -> DemoReference:
    """Fit a non-private logistic regression on all rows; judge it on the held-out persons."""
    # scikit-learn takes seconds to import and only the demo uses it.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    train = ~rows.holdout
    model = LogisticRegression(max_iter=_MOST_ITERATIONS)
    model.fit(rows.matrix[train], rows.label[train])
    return _judged(rows, model.decision_function(rows.matrix[rows.holdout]))


def exact_reference(rows: PooledRows, study: Study, parameters: Parameters) -> DemoReference:
    """Judge the released model on the held-out persons, without noise."""
    scores = predict(_training(study), parameters, rows.matrix[rows.holdout])
    return _judged(rows, scores)


def persons_in_view(study: Study, home: Path, now: datetime) -> int:
    """Count a brand's persons with valid consent for a study: a true figure, for that brand."""
    asset, policy = load_asset(home / "asset.yaml"), load_policy(home / "policy.yaml")
    view = view_for(study, asset.document, policy.document, now, SHOWN_SALT)
    return DuckDBSource(asset.document, home).persons(view).persons


def _judged(rows: PooledRows, scores: NDArray[np.float64]) -> DemoReference:
    from sklearn.metrics import roc_auc_score, roc_curve  # noqa: PLC0415

    label = rows.label[rows.holdout]
    false_positive, true_positive, _ = roc_curve(label, scores)
    kept = np.unique(np.linspace(0, len(false_positive) - 1, CURVE_POINTS).astype(int))
    return DemoReference(
        auc=float(roc_auc_score(label, scores)),
        roc=tuple(
            RocPoint(float(x), float(y))
            for x, y in zip(false_positive[kept], true_positive[kept], strict=True)
        ),
    )


def _training(study: Study) -> TrainModel:
    if not isinstance(study.computation, TrainModel):
        raise TypeError(f"expected a study that trains a model, got {study.computation.kind}")
    return study.computation
