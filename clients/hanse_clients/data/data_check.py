"""A look at the brand's own data, for the brand's own people: the exact fault, or the true figures.

Rules: it runs only where a person at the brand asks for it; its result and its
errors are for that person's screen and never for the wire, where no row refuses a
question and no true figure exists. Schemas come first, then faults of rows, then
who is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hanse_clients.data.source import DataSource, TrainingRows
from hanse_clients.data.view import MinimalView, ViewUse
from hanse_clients.errors import EmptyCohortError, OneClassLabelError


@dataclass(frozen=True, slots=True)
class DataCheck:
    """Nothing is wrong with the data; true figures, for the brand's own eyes.

    Attributes:
        asset: Which asset was looked at.
        study: Digest of the study it was looked at for; None for schemas alone.
        persons: How many persons would take part; None for schemas alone.
        held_out: How many of them training would hold out; None where nothing trains.
    """

    asset: str
    study: str | None = None
    persons: int | None = None
    held_out: int | None = None


def check_schema(source: DataSource, asset: str) -> DataCheck:
    """Compare the stored tables with the asset document; read no row.

    Args:
        source: The brand's data.
        asset: The id of the asset.

    Raises:
        SourceError: A file, a table or a column is not what the document says.
    """
    source.check()
    return DataCheck(asset)


def check_view(source: DataSource, view: MinimalView) -> DataCheck:
    """Look at all that a study would use, as consented at the view's `now`.

    Args:
        source: The brand's data.
        view: The study's training or measurement view.

    Raises:
        SourceError: A file, a table or a column is not what the asset document says.
        UnreadableValueError: A value does not fit its declared type.
        SeveralRowsPerPersonError: A person has more rows than the study takes.
        MissingFeatureValueError: A numeric feature is missing.
        NonFiniteFeatureError: A numeric feature is NaN or infinite.
        InvalidLabelError: A label is missing, or neither 0 nor 1.
        EmptyCohortError: No person would take part.
        OneClassLabelError: All training persons have the same label.
    """
    source.check()
    faults = source.faults(view)
    if faults:
        raise faults[0].error()
    persons, held_out = source.persons(view).persons, None
    if persons and view.use is ViewUse.TRAINING:
        held_out = _check_training(source.rows(view), view)
    if not persons:
        raise EmptyCohortError(
            "expected at least one consenting person to take part, got none; check the "
            "population filters, the consent register's purposes and when it was last synced"
        )
    return DataCheck(view.asset.id, view.study, persons, held_out)


def _check_training(rows: TrainingRows, view: MinimalView) -> int:
    """Check that both labels are there to train on; count the held-out persons."""
    labels = rows.label[~rows.holdout]
    if not len(labels):
        raise EmptyCohortError(
            "expected at least one person to train on, got held-out persons only; widen the "
            "population or hold out fewer"
        )
    if len(np.unique(labels)) < 2:
        raise OneClassLabelError(
            f"expected both 0 and 1 among the training rows of label column {view.label}, got one "
            "of them only; a study takes such data but learns nothing from it, so widen the "
            "population or choose another label"
        )
    return int(rows.holdout.sum())
