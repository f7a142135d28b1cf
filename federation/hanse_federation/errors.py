"""The errors of the federation package, one tree.

Each class ends in `Error` and has a stable `code`; only the code ever crosses
the wire. A message is one sentence and never holds a row, a person or a key.
Whoever adds an error adds it to the drawing, under the part that raises it.

    HanseError
    └── FederationError
        ├── PrivacyError
        │   ├── NoiseParameterError
        │   ├── NonFiniteUpdateError
        │   ├── NoiseRangeError
        │   ├── PrivacyEventError
        │   └── PrivacyPlanError
        ├── LedgerError
        │   ├── BudgetExceededError
        │   ├── BudgetNotApplicableError
        │   ├── LedgerReadError
        │   ├── LedgerWriteError
        │   ├── LedgerClockError
        │   ├── LedgerCorruptError
        │   ├── AnswerConflictError
        │   ├── AnswerPurgedError           (wire code: ledger-error)
        │   └── UnchargedAnswerError
        ├── MeasurementError
        │   └── MeasurementRowsError
        ├── ModelError
        │   ├── ModelParametersError
        │   └── ModelInputError
        ├── ReleaseError
        │   ├── ReleaseExistsError
        │   ├── ReleaseCardError
        │   ├── ReleaseFilesError
        │   ├── ReleaseTamperedError
        │   └── ReleaseExpiredError
        ├── JournalError
        │   ├── JournalWriteError
        │   └── JournalBrokenError
        └── LinkError              more in hanse_federation.link.errors
            ├── InvalidMessageError
            ├── MessageTooLargeError
            ├── BrandNotConnectedError
            └── TooManyRequestsError
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode


class FederationError(HanseError):
    """Anything the federation package refuses."""

    code: ClassVar[str] = "federation-error"


# Privacy mechanisms and accounting.


class PrivacyError(FederationError):
    """A privacy guarantee cannot be given."""

    code: ClassVar[str] = "privacy-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class NoiseParameterError(PrivacyError):
    """A noise scale, sensitivity, dimension or delta makes no sense."""

    code: ClassVar[str] = "noise-parameter-invalid"


class NonFiniteUpdateError(PrivacyError):
    """A vector that should leave holds NaN or infinity."""

    code: ClassVar[str] = "non-finite-update"


class NoiseRangeError(PrivacyError):
    """A value plus its noise does not fit the integers it is carried in."""

    code: ClassVar[str] = "noise-range-exceeded"


class PrivacyEventError(PrivacyError):
    """An event that the accountant cannot judge."""

    code: ClassVar[str] = "privacy-event-invalid"


class PrivacyPlanError(PrivacyError):
    """No noise multiplier keeps a study within its epsilon."""

    code: ClassVar[str] = "privacy-plan-infeasible"


# The ledger.


class LedgerError(FederationError):
    """The ledger refuses or cannot keep a record."""

    code: ClassVar[str] = "ledger-error"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class BudgetExceededError(LedgerError):
    """A question would cost more than is left.

    Attributes:
        requested: Epsilon that this question adds to what is spent.
        spent: Epsilon spent before it.
        remaining: Epsilon left before it, never below 0.
        budget: Epsilon allowed in all.
        period_end: When the budget renews; None for the limit of one study.
    """

    code: ClassVar[str] = "budget-exceeded"
    exit_code: ClassVar[int] = ExitCode.BUDGET

    def __init__(
        self,
        message: str,
        *,
        requested: float,
        spent: float,
        budget: float,
        period_end: datetime | None,
    ) -> None:
        super().__init__(message)
        self.requested = requested
        self.spent = spent
        self.remaining = max(0.0, budget - spent)
        self.budget = budget
        self.period_end = period_end


class BudgetNotApplicableError(LedgerError):
    """The budget is for another purpose, or its first period lies in the future."""

    code: ClassVar[str] = "budget-not-applicable"
    exit_code: ClassVar[int] = ExitCode.BUDGET


class LedgerReadError(LedgerError):
    """The ledger could not be read now."""

    code: ClassVar[str] = "ledger-read-failed"


class LedgerWriteError(LedgerError):
    """The ledger could not be written durably; nothing is charged and no work may start."""

    code: ClassVar[str] = "ledger-write-failed"


class LedgerClockError(LedgerError):
    """The clock stands before the last charge; an earlier period must not be charged again."""

    code: ClassVar[str] = "ledger-clock-back"


class LedgerCorruptError(LedgerError):
    """The ledger's file cannot be trusted."""

    code: ClassVar[str] = "ledger-corrupt"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class AnswerConflictError(LedgerError):
    """A second, different answer to a question already answered."""

    code: ClassVar[str] = "answer-conflict"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class AnswerPurgedError(LedgerError):
    """An answer was purged; the question is not answered a second time.

    That something was purged stays at the brand.
    """

    code: ClassVar[str] = "answer-purged"
    exit_code: ClassVar[int] = ExitCode.REFUSED

    @classmethod
    def wire_code(cls) -> str:
        """Return the code of any refusal of the ledger."""
        return LedgerError.code


class UnchargedAnswerError(LedgerError):
    """An answer to a question that was never charged."""

    code: ClassVar[str] = "answer-uncharged"
    exit_code: ClassVar[int] = ExitCode.REFUSED


# Measurements.


class MeasurementError(FederationError):
    """A measurement cannot be encoded, bounded or decoded."""

    code: ClassVar[str] = "measurement-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class MeasurementRowsError(MeasurementError):
    """What the warehouse or the wire returned is not what the measurement states."""

    code: ClassVar[str] = "measurement-rows-invalid"


# Models.


class ModelError(FederationError):
    """A model and what it is used with do not fit together."""

    code: ClassVar[str] = "model-error"


class ModelParametersError(ModelError):
    """Parameters that are not of the study's model, or not finite, or far too large."""

    code: ClassVar[str] = "model-parameters-invalid"


class ModelInputError(ModelError):
    """Encoded rows that are not of the width the study's features give."""

    code: ClassVar[str] = "model-input-invalid"


# Releases.


class ReleaseError(FederationError):
    """A release cannot be written, or is not to be used."""

    code: ClassVar[str] = "release-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class ReleaseExistsError(ReleaseError):
    """Something lies where a release should be written; a release is never replaced."""

    code: ClassVar[str] = "release-exists"


class ReleaseCardError(ReleaseError):
    """A card does not describe what is released with it."""

    code: ClassVar[str] = "release-card-invalid"


class ReleaseFilesError(ReleaseError):
    """A release's folder does not hold exactly the files its signature lists."""

    code: ClassVar[str] = "release-files"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class ReleaseTamperedError(ReleaseError):
    """A file of a release is not the one that was signed, or nobody trusted signed it."""

    code: ClassVar[str] = "release-tampered"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class ReleaseExpiredError(ReleaseError):
    """A release is past its retention and may not be used.

    Attributes:
        retention_until: When it ended.
    """

    code: ClassVar[str] = "release-expired"
    exit_code: ClassVar[int] = ExitCode.REFUSED

    def __init__(self, message: str, *, retention_until: datetime) -> None:
        super().__init__(message)
        self.retention_until = retention_until


# The egress journal.


class JournalError(FederationError):
    """The egress journal refuses or cannot keep a record."""

    code: ClassVar[str] = "journal-error"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class JournalWriteError(JournalError):
    """The journal could not be written durably; nothing may leave."""

    code: ClassVar[str] = "journal-write-failed"


class JournalBrokenError(JournalError):
    """The journal was edited, reordered or cut."""

    code: ClassVar[str] = "journal-broken"
    exit_code: ClassVar[int] = ExitCode.SECURITY


# Messages and links.


class LinkError(FederationError):
    """A message or a connection breaks the rules of the link."""

    code: ClassVar[str] = "link-error"


class InvalidMessageError(LinkError):
    """Bytes that came in are not a message of this wire format.

    Attributes:
        field: The field that is wrong, as in the .proto file.
    """

    code: ClassVar[str] = "invalid-message"

    def __init__(self, field: str, expected: str, got: str) -> None:
        super().__init__(f"message field `{field}` is not valid: expected {expected}, got {got}")
        self.field = field


class MessageTooLargeError(LinkError):
    """A message is over the size that the link carries."""

    code: ClassVar[str] = "message-too-large"


class BrandNotConnectedError(LinkError):
    """A request is meant for a brand that has no connection now."""

    code: ClassVar[str] = "brand-not-connected"


class TooManyRequestsError(LinkError):
    """A brand has as many requests outstanding as the link allows."""

    code: ClassVar[str] = "too-many-requests"
