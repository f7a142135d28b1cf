"""A responder's answer as the bytes that leave.

A responder turns its errors into refusals itself, because it knows which code
may leave. An error that escapes it, or an answer that cannot be encoded, might
depend on a person's data: it leaves as one and the same code, and its sentence
goes to the brand's own log. Whatever the responder answers, only steps of secure
aggregation and refusals leave: an answer that is not masked is held back, as the
last door behind all others.
"""

from __future__ import annotations

import logging

from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.replies import reply_to_wire
from hanse_federation.errors import MessageTooLargeError
from hanse_federation.link.errors import AnswerFailedError, PlaintextRefusedError
from hanse_federation.link.interface import Responder
from hanse_federation.messages import Refusal, ReplyPayload, Request
from hanse_federation.secure_aggregation.messages import StepReply
from hanse_policies.errors import HanseError

_logger = logging.getLogger(__name__)


def answer(
    responder: Responder,
    request: Request,
    message_cap_bytes: int,
    *,
    unsafe_plaintext_replies: bool = False,
) -> WireMessage:
    """Have a request answered and encoded.

    An exception that is no error of Hanse is a defect and passes through: it
    ends the process rather than crossing.

    Args:
        responder: The brand.
        request: What it is asked.
        message_cap_bytes: Largest message that the link carries.
        unsafe_plaintext_replies: Whether answers leave that are not masked; for tests
            of the link itself.
    """
    try:
        payload = responder.answer(request)
        if not unsafe_plaintext_replies:
            payload = _masked(payload)
        message = reply_to_wire(request.binding, payload)
    except HanseError as error:
        _logger.warning("request refused: %s: %s", error.code, error)
        return reply_to_wire(request.binding, Refusal(AnswerFailedError.code))
    if message.size > message_cap_bytes:
        return reply_to_wire(request.binding, Refusal(MessageTooLargeError.code))
    return message


def _masked(payload: ReplyPayload) -> ReplyPayload:
    if isinstance(payload, StepReply | Refusal):
        return payload
    _logger.error(
        "answer held back: %s: expected a step of secure aggregation or a refusal, "
        "got an answer that is not masked",
        PlaintextRefusedError.code,
    )
    return Refusal(PlaintextRefusedError.code)
