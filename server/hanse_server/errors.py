"""The errors of the server package, one tree.

Each class ends in `Error` and has a stable `code`; only the code ever crosses
the wire. A message is one sentence and never holds a row, a person or a key.
Whoever adds an error adds it to the drawing, under the part that raises it.

    HanseError
    └── ServerError
        ├── OperatorHomeError
        │   ├── OperatorHomeExistsError
        │   └── OperatorHomeMissingError
        ├── EnrolmentError
        │   ├── EnrolmentRequestError
        │   ├── EnrolmentProofError
        │   ├── ForeignAllianceError
        │   ├── BrandEnrolledError
        │   ├── BrandUnknownError
        │   └── IdentityKeyChangedError
        ├── CertificateRefusedError
        │   ├── CertificateUnknownError
        │   ├── CertificateRevokedError
        │   ├── CertificateSupersededError
        │   ├── CertificateExpiredError
        │   └── CertificateNotYetValidError
        ├── DeskError
        │   ├── StudyForeignError
        │   ├── VerdictRefusedError
        │   └── ReleaseNotFoundError
        ├── CohortBelowFloorError
        ├── ListenError
        │   └── PortInUseError
        └── StoreError
            ├── StoreExistsError
            ├── StoreMissingError
            ├── StoreVersionError
            ├── StoreAddressError
            ├── StoreAccessError
            ├── StoreLeasedError
            ├── StoreFencedError
            ├── CharterConflictError
            ├── StudyConflictError
            ├── StudyUnknownError
            ├── StudyRunError
            ├── AttemptError
            │   ├── AttemptPhaseError
            │   ├── EnvelopeConflictError
            │   ├── UnmaskingBegunError
            │   └── SumConflictError
            └── VerdictStaleError
"""

from __future__ import annotations

from typing import ClassVar

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode


class ServerError(HanseError):
    """Anything the server package refuses."""

    code: ClassVar[str] = "server-error"


# The operator's home.


class OperatorHomeError(ServerError):
    """The operator's folder is not usable."""

    code: ClassVar[str] = "operator-home-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class OperatorHomeExistsError(OperatorHomeError):
    """The folder already holds an operator; its keys are never overwritten."""

    code: ClassVar[str] = "operator-home-exists"


class OperatorHomeMissingError(OperatorHomeError):
    """The folder holds no operator."""

    code: ClassVar[str] = "operator-home-missing"


# Enrolment.


class EnrolmentError(ServerError):
    """A brand cannot be enrolled, renewed or revoked."""

    code: ClassVar[str] = "enrolment-error"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class EnrolmentRequestError(EnrolmentError):
    """A request is not well formed, or names what it may not."""

    code: ClassVar[str] = "enrolment-request-invalid"


class EnrolmentProofError(EnrolmentError):
    """A request does not prove that its sender holds the private keys."""

    code: ClassVar[str] = "enrolment-proof-invalid"


class ForeignAllianceError(EnrolmentError):
    """A request is meant for another alliance."""

    code: ClassVar[str] = "alliance-foreign"


class BrandEnrolledError(EnrolmentError):
    """The brand's name is taken."""

    code: ClassVar[str] = "brand-enrolled"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class BrandUnknownError(EnrolmentError):
    """The brand is not a member."""

    code: ClassVar[str] = "brand-unknown"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class IdentityKeyChangedError(EnrolmentError):
    """A renewal brings other identity keys than the charter pins."""

    code: ClassVar[str] = "identity-key-changed"


# Certificates, at every call.


class CertificateRefusedError(ServerError):
    """A certificate does not let its holder in."""

    code: ClassVar[str] = "certificate-refused"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class CertificateUnknownError(CertificateRefusedError):
    """This authority never issued that certificate."""

    code: ClassVar[str] = "certificate-unknown"


class CertificateRevokedError(CertificateRefusedError):
    """The operator revoked the certificate."""

    code: ClassVar[str] = "certificate-revoked"


class CertificateSupersededError(CertificateRefusedError):
    """A newer certificate took this one's place."""

    code: ClassVar[str] = "certificate-superseded"


class CertificateExpiredError(CertificateRefusedError):
    """The certificate's time is over."""

    code: ClassVar[str] = "certificate-expired"


class CertificateNotYetValidError(CertificateRefusedError):
    """The certificate's time has not begun; one of two clocks is wrong."""

    code: ClassVar[str] = "certificate-not-yet-valid"


# The store.


class StoreError(ServerError):
    """The operator's store refuses or cannot keep a record."""

    code: ClassVar[str] = "store-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class StoreExistsError(StoreError):
    """A store lies where a new one should be made."""

    code: ClassVar[str] = "store-exists"


class StoreMissingError(StoreError):
    """No store lies at the path."""

    code: ClassVar[str] = "store-missing"


class StoreVersionError(StoreError):
    """The store's schema is of another version of this program."""

    code: ClassVar[str] = "store-version"


class StoreAddressError(StoreError):
    """A store's address names no database that this program can keep one in."""

    code: ClassVar[str] = "store-address"


class StoreAccessError(StoreError):
    """The database could not be read or written."""

    code: ClassVar[str] = "store-access-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class StoreLeasedError(StoreError):
    """Another server acts on the store."""

    code: ClassVar[str] = "store-leased"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class StoreFencedError(StoreError):
    """Another server took the store over; this one may act no more."""

    code: ClassVar[str] = "store-fenced"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class CharterConflictError(StoreError):
    """Another change to the membership came first."""

    code: ClassVar[str] = "charter-conflict"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class StudyConflictError(StoreError):
    """Another study has the same id and version."""

    code: ClassVar[str] = "study-conflict"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class StudyUnknownError(StoreError):
    """No such study was proposed."""

    code: ClassVar[str] = "study-unknown"


class StudyRunError(StoreError):
    """The study cannot be run now."""

    code: ClassVar[str] = "study-not-runnable"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class AttemptError(StoreError):
    """A record of secure aggregation does not fit those before it."""

    code: ClassVar[str] = "attempt-error"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class AttemptPhaseError(AttemptError):
    """A record belongs to another attempt, or to a phase that is over or not yet there."""

    code: ClassVar[str] = "attempt-phase"


class EnvelopeConflictError(AttemptError):
    """A step was closed already, with other envelopes."""

    code: ClassVar[str] = "envelope-conflict"


class UnmaskingBegunError(AttemptError):
    """Shares may be revealed already, so the question is never attempted anew."""

    code: ClassVar[str] = "unmasking-begun"


class SumConflictError(AttemptError):
    """A sum, or the masked sum it comes from, is recorded already, and it is another."""

    code: ClassVar[str] = "sum-conflict"


class VerdictStaleError(StoreError):
    """The brand already gave a newer verdict on the study."""

    code: ClassVar[str] = "verdict-stale"
    exit_code: ClassVar[int] = ExitCode.REFUSED


# The server's port.


class CohortBelowFloorError(ServerError):
    """The noised cohort over all brands is below the study's floor of persons."""

    code: ClassVar[str] = "cohort-below-floor"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class ListenError(ServerError):
    """The server cannot listen where it should."""

    code: ClassVar[str] = "listen-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class PortInUseError(ListenError):
    """Another process listens on the port."""

    code: ClassVar[str] = "port-in-use"


# The desk.


class DeskError(ServerError):
    """Something asked of the operator outside a run is refused."""

    code: ClassVar[str] = "desk-error"
    exit_code: ClassVar[int] = ExitCode.REFUSED


class StudyForeignError(DeskError):
    """A study is for another alliance, or its time is over."""

    code: ClassVar[str] = "study-foreign"


class VerdictRefusedError(DeskError):
    """A verdict is not that of the brand that hands it in."""

    code: ClassVar[str] = "verdict-refused"


class ReleaseNotFoundError(DeskError):
    """No such release, or not for the brand that asks."""

    code: ClassVar[str] = "release-not-found"
