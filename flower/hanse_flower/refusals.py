"""Refusals as codes: the only thing about an error that crosses, either way.

A code is the class attribute of a `HanseError`: fixed text in kebab case. What
an exception says, or holds, stays where it was raised. A code that arrives is
hostile text until it has the form of one.
"""

from __future__ import annotations

import re
from enum import IntEnum

from flwr.app import Error

from hanse_federation.link.docket import BRAND_DISCONNECTED, DEADLINE_EXCEEDED
from hanse_federation.link.errors import ReplyMisboundError
from hanse_policies.errors import HanseError

INTERNAL_ERROR = "internal-error"
MALFORMED_CODE = "malformed-code"

_CODE_PATTERN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAXIMUM_CODE_LENGTH = 64


class ErrorNumber(IntEnum):
    """Why a Flower error reply stands in for an answer; Flower itself uses 0 to 8."""

    REFUSED_BY_BRAND = 100
    NO_ANSWER = 101
    REFUSED_BY_OPERATOR = 102


def code_of(error: Exception) -> str:
    """Return what may cross about an exception.

    Args:
        error: Whatever a handler raised.

    Returns:
        The class's wire code if it is an error of Hanse, else `internal-error`. Read
        from the class, so that no instance can smuggle a value into it.
    """
    return (
        well_formed_code(type(error).wire_code())
        if isinstance(error, HanseError)
        else INTERNAL_ERROR
    )


def well_formed_code(code: str) -> str:
    """Return `code` if it has the form of one, else `malformed-code`."""
    if len(code) <= _MAXIMUM_CODE_LENGTH and _CODE_PATTERN.fullmatch(code):
        return code
    return MALFORMED_CODE


def flower_error(number: ErrorNumber, code: str) -> Error:
    """Build Flower's error for a missing answer; its reason is the code alone."""
    return Error(code=int(number), reason=well_formed_code(code))


def number_of_refusal(code: str) -> ErrorNumber:
    """Tell a brand that refused from one not heard, and from one that the link refused."""
    if code == ReplyMisboundError.code:
        return ErrorNumber.REFUSED_BY_OPERATOR
    if code in (DEADLINE_EXCEEDED, BRAND_DISCONNECTED):
        return ErrorNumber.NO_ANSWER
    return ErrorNumber.REFUSED_BY_BRAND
