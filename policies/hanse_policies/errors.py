"""The errors of the policies package, and the base of all errors of Hanse.

Each class has a stable `code`, which may cross the wire, and an `exit_code`,
which the command ends with. Messages are one sentence and hold no row, no
person and no key.

    HanseError
    ├── UsageError                 usage
    │   └── MissingExtraError      missing-extra
    ├── DocumentError              document-invalid
    │   ├── DocumentSyntaxError    document-syntax
    │   ├── DocumentKindError      document-kind
    │   ├── DocumentFileError      document-file
    │   └── ExampleError           example-invalid
    ├── HomeInUseError             home-in-use
    ├── AddressError               address-unavailable
    ├── CanonicalFormError         canonical-form
    ├── ComparisonError            comparison
    ├── ApprovalError              approval-invalid
    ├── SignatureError             signature-invalid
    │   ├── EnvelopeFormatError    envelope-format
    │   ├── PayloadTypeError       payload-type
    │   ├── PayloadError           payload-invalid
    │   └── PublicKeyError         public-key-invalid
    ├── KeyFileError               key-file
    │   ├── KeyFileMissingError    key-file-missing
    │   ├── KeyFileExistsError     key-file-exists
    │   ├── KeyPermissionError     key-permission
    │   └── KeyFormatError         key-format
    ├── VocabularyError            vocabulary
    │   ├── UnknownTaxonomyError   unknown-taxonomy
    │   └── UnknownTermError       unknown-term
    └── TaxonomyDataError          taxonomy-data
"""

from __future__ import annotations

from typing import ClassVar

from hanse_policies.exit_codes import ExitCode


class HanseError(Exception):
    """Anything that Hanse refuses or cannot do; every package derives its tree from this."""

    code: ClassVar[str] = "hanse"
    exit_code: ClassVar[int] = ExitCode.INTERNAL

    @classmethod
    def wire_code(cls) -> str:
        """Return what may cross the wire about this error; its code, unless that tells."""
        return cls.code


class UsageError(HanseError):
    """The command was called in a way that it does not understand."""

    code: ClassVar[str] = "usage"
    exit_code: ClassVar[int] = ExitCode.USAGE


class MissingExtraError(UsageError):
    """A group of commands needs packages that are not installed."""

    code: ClassVar[str] = "missing-extra"


class DocumentError(HanseError):
    """A document is not valid; the message starts with file:line:column.

    Attributes:
        location: `file:line:column` of the first problem.
        field: Path of the offending field as `permits[0].columns`; empty for the whole.
    """

    code: ClassVar[str] = "document-invalid"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT

    def __init__(self, message: str, *, location: str = "", field: str = "") -> None:
        super().__init__(f"{location}: {message}" if location else message)
        self.location = location
        self.field = field


class DocumentSyntaxError(DocumentError):
    """A document is not YAML of the strict kind that Hanse reads."""

    code: ClassVar[str] = "document-syntax"


class DocumentKindError(DocumentError):
    """A document is of another kind than was asked for, or of none."""

    code: ClassVar[str] = "document-kind"


class DocumentFileError(DocumentError):
    """A document's file is missing, unreadable, too large or not UTF-8."""

    code: ClassVar[str] = "document-file"


class ExampleError(DocumentError):
    """An example of a decision names what is not there, or changes a document into no valid one."""

    code: ClassVar[str] = "example-invalid"


class HomeInUseError(HanseError):
    """Another process is at work in the same folder."""

    code: ClassVar[str] = "home-in-use"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class AddressError(HanseError):
    """A port of this machine cannot be listened on."""

    code: ClassVar[str] = "address-unavailable"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class CanonicalFormError(HanseError):
    """A document holds a value that has no canonical JSON form."""

    code: ClassVar[str] = "canonical-form"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class ComparisonError(HanseError):
    """Two documents are not versions of one."""

    code: ClassVar[str] = "comparison"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class ApprovalError(HanseError):
    """An approval is not by one who may approve."""

    code: ClassVar[str] = "approval-invalid"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class SignatureError(HanseError):
    """A signed document is not signed by the key that was asked for."""

    code: ClassVar[str] = "signature-invalid"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class EnvelopeFormatError(SignatureError):
    """Bytes are not a DSSE envelope."""

    code: ClassVar[str] = "envelope-format"


class PayloadTypeError(SignatureError):
    """An envelope holds another kind of document than was asked for."""

    code: ClassVar[str] = "payload-type"


class PayloadError(SignatureError):
    """A correctly signed payload is not a valid document in canonical form."""

    code: ClassVar[str] = "payload-invalid"


class PublicKeyError(SignatureError):
    """Text is not a public key."""

    code: ClassVar[str] = "public-key-invalid"


class KeyFileError(HanseError):
    """A private key's file cannot be used."""

    code: ClassVar[str] = "key-file"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class KeyFileMissingError(KeyFileError):
    """A private key's file does not exist."""

    code: ClassVar[str] = "key-file-missing"


class KeyFileExistsError(KeyFileError):
    """A private key would overwrite a file."""

    code: ClassVar[str] = "key-file-exists"


class KeyPermissionError(KeyFileError):
    """A private key's file can be read by others than its owner."""

    code: ClassVar[str] = "key-permission"


class KeyFormatError(KeyFileError):
    """A file does not hold an unencrypted Ed25519 private key in PEM."""

    code: ClassVar[str] = "key-format"


class VocabularyError(HanseError):
    """A document names something that its vocabulary does not hold.

    Attributes:
        nearest: The nearest words that it does hold, the nearest first; may be empty.
    """

    code: ClassVar[str] = "vocabulary"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT

    def __init__(self, message: str, *, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class UnknownTaxonomyError(VocabularyError):
    """A document pins a taxonomy, or a version of one, that does not ship."""

    code: ClassVar[str] = "unknown-taxonomy"


class UnknownTermError(VocabularyError):
    """A word is not in the taxonomy at the version that is pinned."""

    code: ClassVar[str] = "unknown-term"


class TaxonomyDataError(HanseError):
    """The data of a taxonomy that ships is missing or damaged."""

    code: ClassVar[str] = "taxonomy-data"
