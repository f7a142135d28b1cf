"""The errors of secure aggregation, one tree; each refusal of the protocol has a class.

FederationError
└── AggregationError
    ├── AggregationFormatError
    │   ├── ContributionRangeError
    │   └── SumRangeError
    ├── AggregationSessionError
    │   ├── SessionUnknownError
    │   ├── SessionOutdatedError
    │   ├── StepOutOfOrderError
    │   └── StepConflictError
    ├── AggregationIdentityError
    │   ├── ParticipantUnknownError
    │   ├── AdvertisementRefusedError
    │   ├── SealedShareRefusedError
    │   ├── SignatureRefusedError
    │   └── CommitmentRefusedError
    ├── RosterRefusedError
    ├── SurvivorsRefusedError
    ├── CohortFloorError
    ├── TooFewSignaturesError
    ├── RevealRefusedError
    ├── ContributionSpentError
    ├── ContributionChangedError
    ├── NoiseSharesError
    └── SumUnrecoverableError
"""

from __future__ import annotations

from typing import ClassVar

from hanse_federation.errors import FederationError
from hanse_policies.documents import BrandId
from hanse_policies.exit_codes import ExitCode


class AggregationError(FederationError):
    """Secure aggregation refuses to go on.

    Attributes:
        missing: Brand and code of each part that was missing, where a run tells of it.
    """

    code: ClassVar[str] = "aggregation-error"
    exit_code: ClassVar[int] = ExitCode.REFUSED
    missing: tuple[tuple[BrandId, str], ...] = ()


class AggregationFormatError(AggregationError):
    """A vector's declared length, ring or range makes no sense, or a vector does not have it."""

    code: ClassVar[str] = "aggregation-format"
    exit_code: ClassVar[int] = ExitCode.BAD_INPUT


class ContributionRangeError(AggregationFormatError):
    """A contribution lies outside its declared range, so that a sum could wrap around."""

    code: ClassVar[str] = "contribution-out-of-range"


class SumRangeError(AggregationFormatError):
    """A decoded sum lies outside what that many contributions can add up to."""

    code: ClassVar[str] = "sum-out-of-range"


class AggregationSessionError(AggregationError):
    """A step does not belong to the session that is under way."""

    code: ClassVar[str] = "aggregation-session"


class SessionUnknownError(AggregationSessionError):
    """A step of a session that this brand never joined."""

    code: ClassVar[str] = "aggregation-session-unknown"


class SessionOutdatedError(AggregationSessionError):
    """A step of an attempt that was given up for a later one."""

    code: ClassVar[str] = "aggregation-session-outdated"


class StepOutOfOrderError(AggregationSessionError):
    """A step comes before the one that it builds on."""

    code: ClassVar[str] = "aggregation-step-out-of-order"


class StepConflictError(AggregationSessionError):
    """A step that was taken is asked for again with other content."""

    code: ClassVar[str] = "aggregation-step-conflict"


class AggregationIdentityError(AggregationError):
    """Something is not from whom it says it is from."""

    code: ClassVar[str] = "aggregation-identity"
    exit_code: ClassVar[int] = ExitCode.SECURITY


class ParticipantUnknownError(AggregationIdentityError):
    """A participant is no member of the charter that this party follows."""

    code: ClassVar[str] = "participant-unknown"


class AdvertisementRefusedError(AggregationIdentityError):
    """A key advertisement is not signed by the member it names, or is of another session."""

    code: ClassVar[str] = "advertisement-refused"


class SealedShareRefusedError(AggregationIdentityError):
    """A sealed share was altered, is of another session, or is not for this holder."""

    code: ClassVar[str] = "sealed-share-refused"


class SignatureRefusedError(AggregationIdentityError):
    """A signature of a participant does not verify."""

    code: ClassVar[str] = "participant-signature-refused"


class RosterRefusedError(AggregationError):
    """Participants are too many, not in order, not distinct, or lack the brand that is asked."""

    code: ClassVar[str] = "roster-refused"


class SurvivorsRefusedError(AggregationError):
    """A survivor list names a brand that never shared, lacks this one, or was not endorsed."""

    code: ClassVar[str] = "survivors-refused"


class CohortFloorError(AggregationError):
    """Fewer brands or legal entities than the floor would stand behind a sum."""

    code: ClassVar[str] = "cohort-floor"


class TooFewSignaturesError(AggregationError):
    """Fewer participants than the threshold shared, survived, or endorsed the survivor list."""

    code: ClassVar[str] = "too-few-signatures"


class RevealRefusedError(AggregationError):
    """Shares were revealed in this attempt already; nothing more is."""

    code: ClassVar[str] = "reveal-refused"


class ContributionSpentError(AggregationError):
    """The contribution may be in a decoded sum already; it never enters a second one."""

    code: ClassVar[str] = "contribution-spent"


class ContributionChangedError(AggregationError):
    """The same round is asked with another question, or the data behind the answer changed."""

    code: ClassVar[str] = "contribution-changed"


class CommitmentRefusedError(AggregationIdentityError):
    """An opened commitment does not match what was signed."""

    code: ClassVar[str] = "commitment-refused"


class NoiseSharesError(AggregationError):
    """Participants, drop-outs and colluders assumed do not leave enough noise."""

    code: ClassVar[str] = "noise-shares-insufficient"


class SumUnrecoverableError(AggregationError):
    """Too few answered for the masks to be taken off."""

    code: ClassVar[str] = "sum-unrecoverable"
    exit_code: ClassVar[int] = ExitCode.UNAVAILABLE
