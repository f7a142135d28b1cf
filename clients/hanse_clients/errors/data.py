"""Errors of the brand's data and its consent register.

What depends on rows (`RowsError`) is raised for the brand's own people alone, by
a data check or by scoring. On the way of an answer a fault of a row leaves its
person out and raises nothing.
"""

from __future__ import annotations

from typing import ClassVar

from hanse_clients.errors.base import ClientError
from hanse_policies.exit_codes import ExitCode

DATA_NOT_USABLE = "data-not-usable"
"""The one code on the wire for every refusal that comes of the tables' content as a whole."""


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


class ConsentImportError(DataError):
    """A consent export cannot be imported."""

    code: ClassVar[str] = "consent-import-error"


class ConsentFileError(ConsentImportError):
    """The export cannot be read as the shape named, or the target cannot be written."""

    code: ClassVar[str] = "consent-file-invalid"


class ConsentTermsError(ConsentImportError):
    """What the export does not tell was not given, or not in its form."""

    code: ClassVar[str] = "consent-terms-invalid"


class WorkerError(DataError):
    """The warehouse worker process could not be used."""

    code: ClassVar[str] = "warehouse-worker-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class UnusableDataError(DataError):
    """What the tables hold forbids an answer.

    The code on the wire is one for all kinds. That is the second wall: kinds that
    depend on rows are never raised on the way of an answer.
    """

    code: ClassVar[str] = DATA_NOT_USABLE

    @classmethod
    def wire_code(cls) -> str:
        """Return the one code shared by all kinds."""
        return DATA_NOT_USABLE


class WarehouseLimitError(UnusableDataError):
    """A question needs more memory than the warehouse engine may use.

    Memory follows from the size of the tables, not from one person's row.
    """

    code: ClassVar[str] = "warehouse-limit-exceeded"


class WarehouseEngineError(UnusableDataError):
    """The warehouse engine failed on a file that it could open, as on a damaged page.

    It reads the named columns whole whatever a study's filters are, so this is a
    matter of the file and cannot be aimed at a person.
    """

    code: ClassVar[str] = "warehouse-engine-failed"


class RowsError(UnusableDataError):
    """Rows are not as a study needs them; told to the brand's own people alone."""

    code: ClassVar[str] = "rows-not-usable"


class UnreadableValueError(RowsError):
    """A stored value is not of its column's declared type."""

    code: ClassVar[str] = "value-unreadable"


class EmptyCohortError(RowsError):
    """No person is in the view."""

    code: ClassVar[str] = "cohort-empty"


class SeveralRowsPerPersonError(RowsError):
    """A person has more rows than a study takes."""

    code: ClassVar[str] = "several-rows-per-person"


class MissingFeatureValueError(RowsError):
    """A numeric feature is missing in a training row."""

    code: ClassVar[str] = "feature-value-missing"


class NonFiniteFeatureError(RowsError):
    """A numeric feature is NaN or infinite in a training row."""

    code: ClassVar[str] = "feature-not-finite"


class InvalidLabelError(RowsError):
    """A label is neither 0 nor 1."""

    code: ClassVar[str] = "label-invalid"


class OneClassLabelError(RowsError):
    """All training rows have the same label."""

    code: ClassVar[str] = "label-one-class"
