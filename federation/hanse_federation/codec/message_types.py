"""The name of each message type, as traffic is counted and journals record it."""

from __future__ import annotations

from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    JoinRequest,
    MeasureRequest,
    Refusal,
    ReplyPayload,
    RequestPayload,
    TrainReply,
    TrainRequest,
)
from hanse_federation.secure_aggregation.messages import (
    EndorseReply,
    EndorseRequest,
    JoinReply,
    MaskReply,
    MaskRequest,
    ShareReply,
    ShareRequest,
    UnmaskReply,
    UnmaskRequest,
)

_NAMES: dict[type[RequestPayload | ReplyPayload], str] = {
    CohortRequest: "cohort-request",
    TrainRequest: "train-request",
    EvaluateRequest: "evaluate-request",
    MeasureRequest: "measure-request",
    JoinRequest: "join-request",
    ShareRequest: "share-request",
    MaskRequest: "mask-request",
    EndorseRequest: "endorse-request",
    UnmaskRequest: "unmask-request",
    CohortReply: "cohort-reply",
    TrainReply: "train-reply",
    CellsReply: "cells-reply",
    JoinReply: "join-reply",
    ShareReply: "share-reply",
    MaskReply: "mask-reply",
    EndorseReply: "endorse-reply",
    UnmaskReply: "unmask-reply",
    Refusal: "refusal",
}

MESSAGE_TYPES = tuple(_NAMES.values())
"""Every type of message that can cross; there is no other."""


def message_type_of(payload: RequestPayload | ReplyPayload) -> str:
    """Name the type of a payload."""
    return _NAMES[type(payload)]
