"""The errors of the Flower bridge, one tree.

Only `code` ever crosses the wire; messages stay with the party that raised
them and never hold a value that came from a brand's data.

    HanseError
    └── FlowerBridgeError
        ├── UnsupportedRecordError
        ├── GridMisuseError
        │   ├── ForeignMessageError
        │   └── UnknownNodeError
        ├── InadmissibleReplyError
        │   ├── ReplyKindError
        │   ├── ReplyLayoutError
        │   ├── ReplyNotFiniteError
        │   └── ReplyRangeError
        ├── StrategyNeedsSinglesError
        ├── CohortTooSmallError
        └── AggregateNotFiniteError
"""

from __future__ import annotations

from typing import ClassVar

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode


class FlowerBridgeError(HanseError):
    """Anything that the bridge between Flower and the link refuses."""

    code: ClassVar[str] = "flower-bridge-error"


class UnsupportedRecordError(FlowerBridgeError):
    """A Flower record holds something that has no place on the wire."""

    code: ClassVar[str] = "unsupported-record"


class GridMisuseError(FlowerBridgeError):
    """A grid was made or used in a way that can have no meaning."""

    code: ClassVar[str] = "grid-misuse"


class ForeignMessageError(GridMisuseError):
    """A message belongs to another run or was never sent through this grid."""

    code: ClassVar[str] = "foreign-message"


class UnknownNodeError(GridMisuseError):
    """A node id that is no brand of this run."""

    code: ClassVar[str] = "unknown-node"


class InadmissibleReplyError(FlowerBridgeError):
    """A brand's reply is well formed, yet not what was asked for."""

    code: ClassVar[str] = "inadmissible-reply"


class ReplyKindError(InadmissibleReplyError):
    """The reply answers another kind of question."""

    code: ClassVar[str] = "reply-kind-wrong"


class ReplyLayoutError(InadmissibleReplyError):
    """Names, order, shapes or number of values differ from what was asked."""

    code: ClassVar[str] = "reply-layout-wrong"


class ReplyNotFiniteError(InadmissibleReplyError):
    """The reply holds NaN or infinity."""

    code: ClassVar[str] = "reply-not-finite"


class ReplyRangeError(InadmissibleReplyError):
    """A weight, a count or a cell lies outside what is possible."""

    code: ClassVar[str] = "reply-out-of-range"


class StrategyNeedsSinglesError(FlowerBridgeError):
    """A strategy compares single updates, and under secure aggregation there is only their sum."""

    code: ClassVar[str] = "strategy-needs-singles"


class CohortTooSmallError(FlowerBridgeError):
    """Fewer brands answered than the study needs; nothing is aggregated.

    Attributes:
        required: How many valid answers the study needs.
        answered: How many there are.
        round_number: The round in question.
    """

    code: ClassVar[str] = "brands-too-few"
    exit_code: ClassVar[int] = ExitCode.REFUSED

    def __init__(self, message: str, *, required: int, answered: int, round_number: int) -> None:
        super().__init__(message)
        self.required = required
        self.answered = answered
        self.round_number = round_number


class AggregateNotFiniteError(FlowerBridgeError):
    """Finite contributions were aggregated into NaN or infinity."""

    code: ClassVar[str] = "aggregate-not-finite"
