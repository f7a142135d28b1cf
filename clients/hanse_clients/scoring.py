"""The model comes home: a brand scores its own consenting customers.

Rules: only a release whose signature, files and retention hold is used; only
persons whose consent covers acting on the score are scored; the scores stay at
the brand, in a file that its owner alone may read; a file is whole or not there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hanse_clients.data import DataSource, MinimalView, ViewUse, view_for
from hanse_clients.errors import ReleaseNotModelError, ScoresFileError
from hanse_clients.features import encode_features
from hanse_federation.model import predict
from hanse_federation.release import Release
from hanse_policies.documents import (
    BrandPolicy,
    DataAsset,
    Purpose,
    ReleaseConsequence,
    Study,
    TrainModel,
)


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """What was written; true counts, for the brand's own eyes.

    Attributes:
        file: Where the scores are: `person` (text) and `score` (float64 in [0, 1]).
        scored: How many persons have a score.
        left_out: Consenting persons without one, for want of a number.
        consequence: What follows for the release once consents have ended that went into
            it; None if nothing.
    """

    file: Path
    scored: int
    left_out: int
    consequence: ReleaseConsequence | None = None


def scoring_view(
    study: Study,
    asset: DataAsset,
    policy: BrandPolicy,
    *,
    purpose: Purpose,
    row_salt: str,
    now: datetime,
) -> MinimalView:
    """Describe whom to score: persons who consent to `purpose` now."""
    return view_for(study, asset, policy, now, row_salt, use=ViewUse.SCORING, purpose=purpose)


def score(release: Release, view: MinimalView, source: DataSource, out: Path) -> ScoreSummary:
    """Score the persons of a view with a released model and write a Parquet file.

    Args:
        release: A verified release.
        view: Whom to score, from `scoring_view`.
        source: The brand's data.
        out: The file to write; must not exist.

    Returns:
        How many were scored and left out.

    Raises:
        ReleaseNotModelError: The release holds no model.
        ScoresFileError: The file exists or cannot be written.
        UnusableDataError: There is no consenting person.
    """
    computation = release.card.computation
    if release.parameters is None or not isinstance(computation, TrainModel):
        raise ReleaseNotModelError(
            f"expected a release with a model to score with, got {release.card.study_id}, a "
            "measurement; read its card instead"
        )
    rows = source.scoring_rows(view)
    matrix = encode_features(computation.features, rows.columns)
    scores = predict(computation, release.parameters, matrix)
    persons = pa.array(rows.persons.tolist(), pa.string())
    table = pa.table({"person": persons, "score": pa.array(scores.astype(np.float64))})
    _write(table, out)
    return ScoreSummary(out, len(rows), rows.left_out)


def _write(table: pa.Table, out: Path) -> None:
    partial = out.with_name(f".{out.name}.partial")
    try:
        if out.exists():
            raise ScoresFileError(
                f"expected no file at {out}, got one; scores are never overwritten, so name "
                "another file"
            )
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        partial.rename(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = (error.strerror or "no reason given").lower()
        raise ScoresFileError(f"cannot write scores to {out}: {reason}") from error
