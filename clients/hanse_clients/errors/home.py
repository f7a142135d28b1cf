"""Errors of the brand's folder, its place in the alliance and its records."""

from __future__ import annotations

from typing import ClassVar

from hanse_clients.errors.base import ClientError
from hanse_policies.exit_codes import ExitCode


class BrandHomeError(ClientError):
    """The brand's folder is not usable."""

    code: ClassVar[str] = "brand-home-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class BrandHomeExistsError(BrandHomeError):
    """The folder already holds a brand; its keys are never overwritten."""

    code: ClassVar[str] = "brand-home-exists"


class BrandHomeMissingError(BrandHomeError):
    """The folder holds no brand."""

    code: ClassVar[str] = "brand-home-missing"


class BrandNotJoinedError(BrandHomeError):
    """The brand has not joined its alliance yet."""

    code: ClassVar[str] = "brand-not-joined"


class BrandRecordsMissingError(BrandHomeError):
    """The ledger, the journal or the state is gone; none is silently made anew."""

    code: ClassVar[str] = "brand-records-missing"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class BrandKeyError(BrandHomeError):
    """A key file does not hold a key of the kind its name says."""

    code: ClassVar[str] = "brand-key-invalid"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class HomeDocumentError(BrandHomeError):
    """A document in the folder speaks of another brand or alliance."""

    code: ClassVar[str] = "home-document-foreign"


class SignedDocumentError(BrandHomeError):
    """A document that must be signed does not take effect as it lies in the folder."""

    code: ClassVar[str] = "document-not-in-effect"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class DocumentUnsignedError(SignedDocumentError):
    """The document was never signed."""

    code: ClassVar[str] = "document-unsigned"


class DocumentEditedError(SignedDocumentError):
    """The document was edited after it was signed."""

    code: ClassVar[str] = "document-edited"


class DocumentVersionError(SignedDocumentError):
    """A changed document needs a higher version than the signed one."""

    code: ClassVar[str] = "document-version"


class DocumentSupersedesError(SignedDocumentError):
    """A changed document must name the signed one as the one before it."""

    code: ClassVar[str] = "document-supersedes"


class DocumentSupersededError(SignedDocumentError):
    """An older version lies in the place of the one that superseded it."""

    code: ClassVar[str] = "document-superseded"


class DocumentRenewalError(SignedDocumentError):
    """A document bears no key that this brand has or had, so it is not signed anew."""

    code: ClassVar[str] = "document-renewal"


class ApproverKeyError(SignedDocumentError):
    """An approver carries a key by which the brand, another member or the operator signs."""

    code: ClassVar[str] = "approver-key"


class RecordsRenewalError(BrandHomeError):
    """A record of the earlier folder bears no key that this brand had; nothing is carried over."""

    code: ClassVar[str] = "records-renewal"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class LedgerRenewalError(BrandHomeError):
    """The ledger lacks charges of the earlier folder's one, so that budget would be freed."""

    code: ClassVar[str] = "ledger-renewal"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class DocumentNotApprovedError(SignedDocumentError):
    """A version that may allow more than the one before is not approved."""

    code: ClassVar[str] = "document-not-approved"


class JoinError(ClientError):
    """A bundle does not let the brand join."""

    code: ClassVar[str] = "join-error"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class BundleInvalidError(JoinError):
    """A bundle is not well formed, or its parts do not belong together."""

    code: ClassVar[str] = "bundle-invalid"


class FingerprintMismatchError(JoinError):
    """The bundle's authority is not the one whose fingerprint the operator told."""

    code: ClassVar[str] = "fingerprint-mismatch"


class BundleForeignError(JoinError):
    """The bundle is for another brand or another alliance."""

    code: ClassVar[str] = "bundle-foreign"


class BundleKeyError(JoinError):
    """The bundle certifies or pins keys that are not this brand's."""

    code: ClassVar[str] = "bundle-key-foreign"


class BrandStateError(ClientError):
    """The brand's local store refuses or cannot keep a record."""

    code: ClassVar[str] = "brand-state-error"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class StateAccessError(BrandStateError):
    """The local store could not be read or written; nothing was recorded."""

    code: ClassVar[str] = "brand-state-access-failed"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class StateVersionError(BrandStateError):
    """The local store's schema is of another version of this program."""

    code: ClassVar[str] = "brand-state-version"


class CharterRefusedError(BrandStateError):
    """A charter is not one that this brand follows."""

    code: ClassVar[str] = "charter-refused"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class CharterRollbackError(CharterRefusedError):
    """A charter is older than one already accepted."""

    code: ClassVar[str] = "charter-rollback"


class CharterForkError(CharterRefusedError):
    """Two different charters bear the same version."""

    code: ClassVar[str] = "charter-fork"


class CharterNotWaitingError(BrandStateError):
    """No charter of that digest waits to be accepted here."""

    code: ClassVar[str] = "charter-not-waiting"


class StudyNotSeenError(BrandStateError):
    """No such study was ever received."""

    code: ClassVar[str] = "study-not-seen"


class ContributionMissingError(BrandStateError):
    """A round is aggregated before its contribution was kept."""

    code: ClassVar[str] = "contribution-missing"
