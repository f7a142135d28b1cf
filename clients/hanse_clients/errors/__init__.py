"""The errors of the brand's side, one tree.

Each class ends in `Error` and has a stable `code`. A message is one sentence
and never holds a row, a value, a person or a key; it stays with the brand. Only
`wire_code` ever crosses the wire.

A refusal is an answer without noise, and a study's filters can aim it at one
person. So nothing about rows refuses a question: a fault of a row leaves its
person out, and `RowsError` and its kinds are raised for the brand's own people
alone, by a data check or by scoring. What crosses follows from documents,
settings, schemas, machines or already noised numbers. Should a `RowsError` ever
reach the wire through a defect, all its kinds share one code, `data-not-usable`.
Whoever adds an error adds it to the drawing, under the part that raises it.

    HanseError
    └── ClientError
        ├── BrandHomeError
        │   ├── BrandHomeExistsError
        │   ├── BrandHomeMissingError
        │   ├── BrandNotJoinedError
        │   ├── BrandRecordsMissingError
        │   ├── BrandKeyError
        │   ├── HomeDocumentError
        │   ├── RecordsRenewalError
        │   ├── LedgerRenewalError
        │   └── SignedDocumentError
        │       ├── DocumentUnsignedError
        │       ├── DocumentEditedError
        │       ├── DocumentVersionError
        │       ├── DocumentSupersedesError
        │       ├── DocumentSupersededError
        │       ├── DocumentRenewalError
        │       ├── ApproverKeyError
        │       └── DocumentNotApprovedError
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
        │   ├── CharterNotWaitingError
        │   ├── StudyNotSeenError
        │   └── ContributionMissingError
        ├── GateError
        │   ├── StudyNotApprovedError
        │   ├── PolicyDeniedError
        │   │   └── CharterNotAcceptedError
        │   ├── QuestionForeignError
        │   ├── RequestNotAdmittedError
        │   ├── CohortNotAskedError
        │   ├── NoisedCohortTooSmallError
        │   ├── WorkRefusedError
        │   └── BrandExitedError
        ├── StudyNameError
        │   └── StudyNameAmbiguousError
        ├── EndedConsentsUnknownError
        ├── ExitReasonError
        ├── PurgeIncompleteError
        ├── ScoringError
        │   ├── ReleaseNotModelError
        │   ├── ReleaseRetiredError
        │   ├── ReleaseRetrainDueError
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
            ├── ConsentImportError
            │   ├── ConsentFileError
            │   └── ConsentTermsError
            ├── WorkerError
            └── UnusableDataError           (wire code: data-not-usable)
                ├── WarehouseLimitError
                ├── WarehouseEngineError
                └── RowsError               (never on the way of an answer)
                    ├── UnreadableValueError
                    ├── EmptyCohortError
                    ├── SeveralRowsPerPersonError
                    ├── MissingFeatureValueError
                    ├── NonFiniteFeatureError
                    ├── InvalidLabelError
                    └── OneClassLabelError
"""

from hanse_clients.errors.base import (
    ClientError,
)
from hanse_clients.errors.data import (
    DATA_NOT_USABLE,
    ColumnTypeError,
    ColumnUseError,
    ConsentFileError,
    ConsentImportError,
    ConsentTermsError,
    DataError,
    EmptyCohortError,
    InvalidLabelError,
    MissingColumnError,
    MissingFeatureValueError,
    MissingSourceError,
    NonFiniteFeatureError,
    OneClassLabelError,
    PurposeNotRecordedError,
    RowsError,
    SeveralRowsPerPersonError,
    SourceChangedError,
    SourceError,
    StudyDataError,
    UnlistedColumnError,
    UnreadableSourceError,
    UnreadableValueError,
    UnusableDataError,
    WarehouseEngineError,
    WarehouseLimitError,
    WorkerError,
)
from hanse_clients.errors.ends import (
    BrandExitedError,
    EndedConsentsUnknownError,
    ExitReasonError,
    PurgeIncompleteError,
    ReleaseRetiredError,
    ReleaseRetrainDueError,
)
from hanse_clients.errors.home import (
    ApproverKeyError,
    BrandHomeError,
    BrandHomeExistsError,
    BrandHomeMissingError,
    BrandKeyError,
    BrandNotJoinedError,
    BrandRecordsMissingError,
    BrandStateError,
    BundleForeignError,
    BundleInvalidError,
    BundleKeyError,
    CharterForkError,
    CharterNotWaitingError,
    CharterRefusedError,
    CharterRollbackError,
    ContributionMissingError,
    DocumentEditedError,
    DocumentNotApprovedError,
    DocumentRenewalError,
    DocumentSupersededError,
    DocumentSupersedesError,
    DocumentUnsignedError,
    DocumentVersionError,
    FingerprintMismatchError,
    HomeDocumentError,
    JoinError,
    LedgerRenewalError,
    RecordsRenewalError,
    SignedDocumentError,
    StateAccessError,
    StateVersionError,
    StudyNotSeenError,
)
from hanse_clients.errors.study import (
    CharterNotAcceptedError,
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
    StudyNameAmbiguousError,
    StudyNameError,
    StudyNotApprovedError,
    TrainingDivergedError,
    TrainingError,
    WorkRefusedError,
)

__all__ = [
    "DATA_NOT_USABLE",
    "ApproverKeyError",
    "BrandExitedError",
    "BrandHomeError",
    "BrandHomeExistsError",
    "BrandHomeMissingError",
    "BrandKeyError",
    "BrandNotJoinedError",
    "BrandRecordsMissingError",
    "BrandStateError",
    "BundleForeignError",
    "BundleInvalidError",
    "BundleKeyError",
    "CharterForkError",
    "CharterNotAcceptedError",
    "CharterNotWaitingError",
    "CharterRefusedError",
    "CharterRollbackError",
    "ClientError",
    "CohortNotAskedError",
    "ColumnTypeError",
    "ColumnUseError",
    "ConsentFileError",
    "ConsentImportError",
    "ConsentTermsError",
    "ContributionMissingError",
    "DataError",
    "DocumentEditedError",
    "DocumentNotApprovedError",
    "DocumentRenewalError",
    "DocumentSupersededError",
    "DocumentSupersedesError",
    "DocumentUnsignedError",
    "DocumentVersionError",
    "EmptyCohortError",
    "EndedConsentsUnknownError",
    "ExitReasonError",
    "FingerprintMismatchError",
    "GateError",
    "GradientShapeError",
    "HomeDocumentError",
    "InvalidLabelError",
    "JoinError",
    "LedgerRenewalError",
    "MissingColumnError",
    "MissingFeatureValueError",
    "MissingSourceError",
    "NoisedCohortTooSmallError",
    "NonFiniteFeatureError",
    "OneClassLabelError",
    "PolicyDeniedError",
    "PurgeIncompleteError",
    "PurposeNotRecordedError",
    "QuestionForeignError",
    "RecordsRenewalError",
    "ReleaseNotModelError",
    "ReleaseRetiredError",
    "ReleaseRetrainDueError",
    "RequestNotAdmittedError",
    "RowsError",
    "ScoresFileError",
    "ScoringError",
    "SeveralRowsPerPersonError",
    "SignedDocumentError",
    "SourceChangedError",
    "SourceError",
    "StateAccessError",
    "StateVersionError",
    "StudyDataError",
    "StudyNameAmbiguousError",
    "StudyNameError",
    "StudyNotApprovedError",
    "StudyNotSeenError",
    "TrainingDivergedError",
    "TrainingError",
    "UnlistedColumnError",
    "UnreadableSourceError",
    "UnreadableValueError",
    "UnusableDataError",
    "WarehouseEngineError",
    "WarehouseLimitError",
    "WorkRefusedError",
    "WorkerError",
]
