"""The errors of the brand's side, one tree.

Each class ends in `Error` and has a stable `code`. A message is one sentence
and never holds a row, a value, a person or a key; it stays with the brand. Only
`wire_code` ever crosses the wire. Whether a brand refuses, and how, can depend
on a single person's data, and no noise hides it: so every refusal that depends
on what the rows hold sends the same `data-not-usable`, and only refusals that
follow from documents, settings, schemas or machines send their own code. Even
that one code is a signal; the privacy promise says so.
Whoever adds an error adds it to the drawing, under the part that raises it.

    HanseError
    └── ClientError
        ├── BrandHomeError
        │   ├── BrandHomeExistsError
        │   ├── BrandHomeMissingError
        │   ├── BrandNotJoinedError
        │   ├── BrandKeyError
        │   ├── HomeDocumentError
        │   └── PolicySignatureError
        │       ├── PolicyUnsignedError
        │       ├── PolicyEditedError
        │       └── PolicyVersionError
        ├── JoinError
        │   ├── BundleInvalidError
        │   ├── FingerprintMismatchError
        │   ├── BundleForeignError
        │   └── BundleKeyError
        ├── BrandStateError
        │   ├── StateAccessError
        │   ├── StateVersionError
        │   ├── CharterRefusedError
        │   │   ├── CharterRollbackError
        │   │   └── CharterForkError
        │   └── StudyNotSeenError
        ├── GateError
        │   ├── StudyNotApprovedError
        │   ├── PolicyDeniedError
        │   ├── QuestionForeignError
        │   ├── RequestNotAdmittedError
        │   ├── CohortNotAskedError
        │   └── NoisedCohortTooSmallError
        ├── StudyNameError
        ├── ScoringError
        │   ├── ReleaseNotModelError
        │   └── ScoresFileError
        ├── TrainingError
        │   ├── GradientShapeError
        │   └── TrainingDivergedError
        └── DataError
            ├── StudyDataError
            │   ├── UnlistedColumnError
            │   ├── ColumnUseError
            │   └── PurposeNotRecordedError
            ├── SourceError
            │   ├── MissingSourceError
            │   ├── UnreadableSourceError
            │   ├── MissingColumnError
            │   ├── ColumnTypeError
            │   └── SourceChangedError
            ├── WorkerError
            └── UnusableDataError           (wire code: data-not-usable)
                ├── UnreadableValueError
                ├── WarehouseLimitError
                ├── EmptyCohortError
                ├── SeveralRowsPerPersonError
                ├── MissingFeatureValueError
                ├── NonFiniteFeatureError
                ├── InvalidLabelError
                ├── OneClassLabelError
                └── NonFiniteGradientError
"""

from hanse_clients.errors.base import (
    ClientError,
)
from hanse_clients.errors.data import (
    DATA_NOT_USABLE,
    ColumnTypeError,
    ColumnUseError,
    DataError,
    EmptyCohortError,
    InvalidLabelError,
    MissingColumnError,
    MissingFeatureValueError,
    MissingSourceError,
    NonFiniteFeatureError,
    NonFiniteGradientError,
    OneClassLabelError,
    PurposeNotRecordedError,
    SeveralRowsPerPersonError,
    SourceChangedError,
    SourceError,
    StudyDataError,
    UnlistedColumnError,
    UnreadableSourceError,
    UnreadableValueError,
    UnusableDataError,
    WarehouseLimitError,
    WorkerError,
)
from hanse_clients.errors.home import (
    BrandHomeError,
    BrandHomeExistsError,
    BrandHomeMissingError,
    BrandKeyError,
    BrandNotJoinedError,
    BrandStateError,
    BundleForeignError,
    BundleInvalidError,
    BundleKeyError,
    CharterForkError,
    CharterRefusedError,
    CharterRollbackError,
    FingerprintMismatchError,
    HomeDocumentError,
    JoinError,
    PolicyEditedError,
    PolicySignatureError,
    PolicyUnsignedError,
    PolicyVersionError,
    StateAccessError,
    StateVersionError,
    StudyNotSeenError,
)
from hanse_clients.errors.study import (
    CohortNotAskedError,
    GateError,
    GradientShapeError,
    NoisedCohortTooSmallError,
    PolicyDeniedError,
    QuestionForeignError,
    ReleaseNotModelError,
    RequestNotAdmittedError,
    ScoresFileError,
    ScoringError,
    StudyNameError,
    StudyNotApprovedError,
    TrainingDivergedError,
    TrainingError,
)

__all__ = [
    "DATA_NOT_USABLE",
    "BrandHomeError",
    "BrandHomeExistsError",
    "BrandHomeMissingError",
    "BrandKeyError",
    "BrandNotJoinedError",
    "BrandStateError",
    "BundleForeignError",
    "BundleInvalidError",
    "BundleKeyError",
    "CharterForkError",
    "CharterRefusedError",
    "CharterRollbackError",
    "ClientError",
    "CohortNotAskedError",
    "ColumnTypeError",
    "ColumnUseError",
    "DataError",
    "EmptyCohortError",
    "FingerprintMismatchError",
    "GateError",
    "GradientShapeError",
    "HomeDocumentError",
    "InvalidLabelError",
    "JoinError",
    "MissingColumnError",
    "MissingFeatureValueError",
    "MissingSourceError",
    "NoisedCohortTooSmallError",
    "NonFiniteFeatureError",
    "NonFiniteGradientError",
    "OneClassLabelError",
    "PolicyDeniedError",
    "PolicyEditedError",
    "PolicySignatureError",
    "PolicyUnsignedError",
    "PolicyVersionError",
    "PurposeNotRecordedError",
    "QuestionForeignError",
    "ReleaseNotModelError",
    "RequestNotAdmittedError",
    "ScoresFileError",
    "ScoringError",
    "SeveralRowsPerPersonError",
    "SourceChangedError",
    "SourceError",
    "StateAccessError",
    "StateVersionError",
    "StudyDataError",
    "StudyNameError",
    "StudyNotApprovedError",
    "StudyNotSeenError",
    "TrainingDivergedError",
    "TrainingError",
    "UnlistedColumnError",
    "UnreadableSourceError",
    "UnreadableValueError",
    "UnusableDataError",
    "WarehouseLimitError",
    "WorkerError",
]
