"""A responder's answer as the bytes that leave.

A responder turns its errors into refusals itself, because it knows which code
may leave. An error that escapes it, or an answer that cannot be encoded, might
depend on a person's data: it leaves as one and the same code, and its sentence
goes to the brand's own log.
"""

from __future__ import annotations

import logging

from hanse_federation.codec.block import WireMessage
from hanse_federation.codec.replies import reply_to_wire
from hanse_federation.errors import MessageTooLargeError
from hanse_federation.link.errors import AnswerFailedError
from hanse_federation.link.interface import Responder
from hanse_federation.messages import Refusal, Request
from hanse_policies.errors import HanseError

_logger = logging.getLogger(__name__)


def answer(responder: Responder, request: Request, message_cap_bytes: int) -> WireMessage:
    """Have a request answered and encoded.

    An exception that is no error of Hanse is a defect and passes through: it
    ends the process rather than crossing.

    Args:
        responder: The brand.
        request: What it is asked.
        message_cap_bytes: Largest message that the link carries.
    """
    try:
        message = reply_to_wire(request.binding, responder.answer(request))
    except HanseError as error:
        _logger.warning("request refused: %s: %s", error.code, error)
        return reply_to_wire(request.binding, Refusal(AnswerFailedError.code))
    if message.size > message_cap_bytes:
        return reply_to_wire(request.binding, Refusal(MessageTooLargeError.code))
    return message
