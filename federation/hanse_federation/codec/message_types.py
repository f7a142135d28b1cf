"""The name of each message type, as traffic is counted and journals record it."""

from __future__ import annotations

from hanse_federation.messages import (
    CellsReply,
    CohortReply,
    CohortRequest,
    EvaluateRequest,
    MeasureRequest,
    Refusal,
    ReplyPayload,
    RequestPayload,
    TrainReply,
    TrainRequest,
)

_NAMES: dict[type[RequestPayload | ReplyPayload], str] = {
    CohortRequest: "cohort-request",
    TrainRequest: "train-request",
    EvaluateRequest: "evaluate-request",
    MeasureRequest: "measure-request",
    CohortReply: "cohort-reply",
    TrainReply: "train-reply",
    CellsReply: "cells-reply",
    Refusal: "refusal",
}

MESSAGE_TYPES = tuple(_NAMES.values())
"""Every type of message that can cross; there is no other."""


def message_type_of(payload: RequestPayload | ReplyPayload) -> str:
    """Name the type of a payload."""
    return _NAMES[type(payload)]
