"""Errors of the brand's data and its consent register."""

from __future__ import annotations

from typing import ClassVar

from hanse_clients.errors.base import ClientError
from hanse_policies.exit_codes import ExitCode

DATA_NOT_USABLE = "data-not-usable"
"""The one code on the wire for every refusal that depends on what the rows hold."""


class DataError(ClientError):
    """The brand's data or its consent register cannot be used as asked."""

    code: ClassVar[str] = "data-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class StudyDataError(DataError):
    """A study does not fit the asset document; no data was looked at."""

    code: ClassVar[str] = "study-data-error"


class UnlistedColumnError(StudyDataError):
    """A study names a column that the asset does not list."""

    code: ClassVar[str] = "column-unlisted"


class ColumnUseError(StudyDataError):
    """A study uses a column against its declared type."""

    code: ClassVar[str] = "column-use-invalid"


class PurposeNotRecordedError(StudyDataError):
    """The consent register has no word for the purpose asked."""

    code: ClassVar[str] = "purpose-not-recorded"


class SourceError(DataError):
    """A data or consent file is not what the asset document says."""

    code: ClassVar[str] = "source-error"


class MissingSourceError(SourceError):
    """A data or consent file is not there."""

    code: ClassVar[str] = "source-missing"


class UnreadableSourceError(SourceError):
    """A data or consent file is not of its declared format."""

    code: ClassVar[str] = "source-unreadable"


class MissingColumnError(SourceError):
    """A table lacks a column that the asset document names."""

    code: ClassVar[str] = "column-missing"


class ColumnTypeError(SourceError):
    """A column is stored as something its declared type cannot hold."""

    code: ClassVar[str] = "column-type-invalid"


class SourceChangedError(SourceError):
    """A data or consent file was replaced while it was read."""

    code: ClassVar[str] = "source-changed"


class WorkerError(DataError):
    """The warehouse worker process could not be used."""

    code: ClassVar[str] = "warehouse-worker-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class UnusableDataError(DataError):
    """The rows themselves forbid an answer."""

    code: ClassVar[str] = DATA_NOT_USABLE

    @classmethod
    def wire_code(cls) -> str:
        """Return the one code shared by all refusals that depend on the rows."""
        return DATA_NOT_USABLE


class UnreadableValueError(UnusableDataError):
    """A stored value is not of its column's declared type."""

    code: ClassVar[str] = "value-unreadable"


class WarehouseLimitError(UnusableDataError):
    """A question needs more memory than the warehouse engine may use."""

    code: ClassVar[str] = "warehouse-limit-exceeded"


class EmptyCohortError(UnusableDataError):
    """No person is in the view."""

    code: ClassVar[str] = "cohort-empty"


class SeveralRowsPerPersonError(UnusableDataError):
    """A person has more than one row where training takes one."""

    code: ClassVar[str] = "several-rows-per-person"


class MissingFeatureValueError(UnusableDataError):
    """A numeric feature is missing in a training row."""

    code: ClassVar[str] = "feature-value-missing"


class NonFiniteFeatureError(UnusableDataError):
    """A numeric feature is NaN or infinite in a training row."""

    code: ClassVar[str] = "feature-not-finite"


class InvalidLabelError(UnusableDataError):
    """A label is neither 0 nor 1."""

    code: ClassVar[str] = "label-invalid"


class OneClassLabelError(UnusableDataError):
    """All training rows have the same label."""

    code: ClassVar[str] = "label-one-class"


class NonFiniteGradientError(UnusableDataError):
    """A person's gradient is NaN or infinite, so no bound on it holds."""

    code: ClassVar[str] = "gradient-not-finite"
