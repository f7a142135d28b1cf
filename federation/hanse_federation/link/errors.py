"""The errors of connections and of what carries messages: a branch of the federation's tree.

What callers of any link meet stands in `hanse_federation.errors`; the same
rules hold here. Only codes cross the wire.

    FederationError
    └── LinkError                  with four more that callers meet, in hanse_federation.errors
        ├── AnswerFailedError
        ├── PlaintextRefusedError
        ├── DeskRefusedError
        ├── ServerUnreachableError
        │   └── HandshakeRefusedError
        ├── FramingError
        │   ├── ChunkInvalidError
        │   ├── ChunkOutOfOrderError
        │   ├── ChunkRepeatedError
        │   ├── MessageInterleavedError
        │   └── DigestMismatchError
        ├── FrameRateError
        ├── ReplyRefusedError
        │   ├── ReplyUnsolicitedError
        │   ├── ReplyRepeatedError
        │   └── ReplyMisboundError
        └── CredentialsError
            ├── CertificateNotValidError
            ├── CertificateRefusedError
            ├── ServerNotTrustedError
            └── TlsVersionError
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from hanse_federation.errors import LinkError
from hanse_policies.exit_codes import ExitCode


class AnswerFailedError(LinkError):
    """A brand could not answer; the code says no more, since the reason may be a person's data."""

    code: ClassVar[str] = "answer-failed"


class PlaintextRefusedError(LinkError):
    """A brand's answer is not masked; its end of the link holds it back."""

    code: ClassVar[str] = "plaintext-refused"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class DeskRefusedError(LinkError):
    """The operator's server refuses a call.

    Attributes:
        refusal: The code that the server gave.
    """

    code: ClassVar[str] = "desk-refused"
    exit_code: ClassVar[int] = ExitCode.REFUSED

    def __init__(self, refusal: str) -> None:
        super().__init__(f"the operator's server refuses the call with code {refusal}")
        self.refusal = refusal


class ServerUnreachableError(LinkError):
    """The operator's server does not answer."""

    code: ClassVar[str] = "server-unreachable"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE


class HandshakeRefusedError(ServerUnreachableError):
    """The connection closes during the TLS handshake, as a server does that rejects a certificate.

    One that stops or starts does so too, so that a single time proves nothing.
    """

    code: ClassVar[str] = "handshake-refused"


class FramingError(LinkError):
    """The chunks of a message break the rules; the stream ends."""

    code: ClassVar[str] = "framing-error"


class ChunkInvalidError(FramingError):
    """A chunk that no sender who keeps the rules would send."""

    code: ClassVar[str] = "chunk-invalid"


class ChunkOutOfOrderError(FramingError):
    """A chunk that skips bytes or messages."""

    code: ClassVar[str] = "chunk-out-of-order"


class ChunkRepeatedError(FramingError):
    """A chunk of bytes or of a message that already came."""

    code: ClassVar[str] = "chunk-repeated"


class MessageInterleavedError(FramingError):
    """A message begins before the one under way has ended."""

    code: ClassVar[str] = "message-interleaved"


class DigestMismatchError(FramingError):
    """A message does not have the digest that its first chunk states."""

    code: ClassVar[str] = "digest-mismatch"


class FrameRateError(LinkError):
    """Frames come faster than the link allows."""

    code: ClassVar[str] = "frame-rate-exceeded"


class ReplyRefusedError(LinkError):
    """A reply that answers no open request of its sender; it is counted and dropped."""

    code: ClassVar[str] = "reply-refused"


class ReplyUnsolicitedError(ReplyRefusedError):
    """A reply to a request that its sender was never asked."""

    code: ClassVar[str] = "reply-unsolicited"


class ReplyRepeatedError(ReplyRefusedError):
    """A reply to a request that is already answered, lost or past its deadline."""

    code: ClassVar[str] = "reply-repeated"


class ReplyMisboundError(ReplyRefusedError):
    """A reply whose run, study or round is not that of its request, or of the wrong type."""

    code: ClassVar[str] = "reply-misbound"


class CredentialsError(LinkError):
    """A key or certificate cannot be used for the link."""

    code: ClassVar[str] = "credentials-invalid"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class CertificateNotValidError(CredentialsError):
    """The clock is outside the certificate's validity.

    Attributes:
        not_before: Start of the validity.
        not_after: End of the validity.
        now: What the clock says.
    """

    code: ClassVar[str] = "certificate-not-valid"

    def __init__(
        self, message: str, *, not_before: datetime, not_after: datetime, now: datetime
    ) -> None:
        super().__init__(message)
        self.not_before = not_before
        self.not_after = not_after
        self.now = now


class CertificateRefusedError(CredentialsError):
    """The operator's server does not let the holder of this certificate in.

    Attributes:
        refusal: The code that the server gave.
    """

    code: ClassVar[str] = "connection-refused"

    def __init__(self, refusal: str) -> None:
        super().__init__(
            f"the operator's server refuses this certificate with code {refusal}; "
            "ask the operator to enrol or renew it"
        )
        self.refusal = refusal


class ServerNotTrustedError(CredentialsError):
    """Whoever answers has no certificate of the operator's server from this alliance's CA."""

    code: ClassVar[str] = "server-not-trusted"


class TlsVersionError(CredentialsError):
    """The process would accept a TLS version below 1.3."""

    code: ClassVar[str] = "tls-version"
