"""Checks that hostile bytes pass before they become a domain type.

Each check returns the value it was given, or raises `InvalidMessageError` with
the field, what is expected and what came. The received text or number itself is
never repeated, as it may be anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from hanse_federation.errors import InvalidMessageError
from hanse_policies.documents import BrandId
from hanse_policies.documents.base import IDENTIFIER_PATTERN

Buffer = bytes | bytearray | memoryview

MAX_BRANDS = 1000
MAX_EXACT_INTEGER = 2**53
"""Largest whole number that a float64 holds exactly."""
MAX_ENVELOPE_BYTES = 1 << 20
MAX_IDENTIFIER_LENGTH = 64
MAX_ROUNDS = 1_000_000

_HEXADECIMAL = re.compile(r"[0-9a-f]*")
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_RULE = re.compile(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*")
_IDENTIFIER = re.compile(IDENTIFIER_PATTERN.removeprefix("^").removesuffix("$"))

MessageT = TypeVar("MessageT", bound=Message)
MemberT = TypeVar("MemberT", bound=StrEnum)
NumberT = TypeVar("NumberT", bound=int)


def parse_strictly(kind: type[MessageT], data: Buffer, field: str) -> MessageT:
    """Parse a protobuf message that holds known fields only, each encoded once.

    Raises:
        InvalidMessageError: `data` is not such a message.
    """
    message = kind()
    name = message.DESCRIPTOR.name
    try:
        message.MergeFromString(bytes(data))
    except DecodeError as error:
        raise InvalidMessageError(field, f"an encoded {name}", "other bytes") from error
    message.DiscardUnknownFields()
    if message.ByteSize() != len(data):
        expected = f"the known fields of {name}, each encoded once in its shortest form"
        raise InvalidMessageError(field, expected, "other bytes")
    return message


def check_range(field: str, value: int, lowest: int, highest: int) -> int:
    """Check that a whole number lies in [lowest, highest]."""
    if not lowest <= value <= highest:
        side = "less" if value < lowest else "more"
        raise InvalidMessageError(field, f"a whole number from {lowest} to {highest}", side)
    return value


def check_seconds(field: str, value: float, highest: float, *, lowest: float = 0.0) -> float:
    """Check that a time is finite, above `lowest` and at most `highest`."""
    if not (math.isfinite(value) and lowest < value <= highest):
        expected = f"seconds above {lowest:g} and at most {highest:g}"
        raise InvalidMessageError(field, expected, "a number outside")
    return value


def check_count(field: str, count: int, lowest: int, highest: int) -> int:
    """Check how many items a list has."""
    if not lowest <= count <= highest:
        raise InvalidMessageError(field, f"{lowest} to {highest} items", f"{count}")
    return count


def check_distinct(field: str, values: Collection[str]) -> None:
    """Check that no value comes twice."""
    if len(set(values)) != len(values):
        raise InvalidMessageError(field, "distinct values", "a value that comes twice")


def check_ascending(field: str, values: Sequence[str]) -> None:
    """Check that values stand in strictly ascending order, so that none comes twice."""
    if any(left >= right for left, right in pairwise(values)):
        raise InvalidMessageError(field, "strictly ascending values", "another order")


def check_bytes(field: str, content: bytes, length: int) -> bytes:
    """Check for exactly `length` bytes."""
    if len(content) != length:
        raise InvalidMessageError(field, f"{length} bytes", f"{len(content)} bytes")
    return content


def check_no_body(body: memoryview) -> None:
    """Check that nothing follows the header of a message that has no values."""
    if body:
        raise InvalidMessageError("body", "no bytes", f"{len(body)} bytes")


def check_hexadecimal(field: str, text: str, digits: int) -> str:
    """Check for exactly `digits` lower-case hexadecimal digits."""
    if len(text) != digits or not _HEXADECIMAL.fullmatch(text):
        got = f"{len(text)} characters" if len(text) != digits else "other characters"
        raise InvalidMessageError(field, f"{digits} lower-case hexadecimal digits", got)
    return text


def check_digest(field: str, text: str) -> str:
    """Check for a SHA-256 digest in lower-case hexadecimal."""
    return check_hexadecimal(field, text, 64)


def check_optional_digest(field: str, text: str) -> str:
    """Check for a SHA-256 digest in lower-case hexadecimal, or nothing."""
    return check_digest(field, text) if text else text


def check_code(field: str, text: str) -> str:
    """Check for the stable code of an error."""
    if len(text) > MAX_IDENTIFIER_LENGTH or not _CODE.fullmatch(text):
        expected = f"lower-case words joined by -, at most {MAX_IDENTIFIER_LENGTH} characters"
        raise InvalidMessageError(field, expected, f"{len(text)} characters that are not")
    return text


def check_rule(field: str, text: str) -> str:
    """Check for the code of an error or of a policy rule, as `budget.purpose`."""
    if len(text) > MAX_IDENTIFIER_LENGTH or not _RULE.fullmatch(text):
        expected = f"lower-case words joined by - or ., at most {MAX_IDENTIFIER_LENGTH} characters"
        raise InvalidMessageError(field, expected, f"{len(text)} characters that are not")
    return text


def check_identifier(field: str, text: str) -> str:
    """Check for an identifier as documents use it."""
    if len(text) > MAX_IDENTIFIER_LENGTH or not _IDENTIFIER.fullmatch(text):
        expected = f"lower-case words joined by - or _, at most {MAX_IDENTIFIER_LENGTH} characters"
        raise InvalidMessageError(field, expected, f"{len(text)} characters that are not")
    return text


def check_brand(field: str, text: str) -> BrandId:
    """Check for a brand's identifier."""
    return BrandId(check_identifier(field, text))


def check_brands(field: str, texts: Sequence[str]) -> tuple[BrandId, ...]:
    """Check for a list of distinct brands, at most 1000."""
    check_count(field, len(texts), 0, MAX_BRANDS)
    check_distinct(field, texts)
    return tuple(check_brand(field, text) for text in texts)


def check_text(field: str, text: str, highest: int) -> str:
    """Check for printable text of at most `highest` characters on one line."""
    if len(text) > highest or not text.isprintable():
        got = f"{len(text)} characters" if len(text) > highest else "characters that do not print"
        raise InvalidMessageError(field, f"at most {highest} printable characters", got)
    return text


def check_envelope(field: str, content: bytes) -> bytes:
    """Check that a signed envelope has a sensible size; its receiver opens it."""
    if not 0 < len(content) <= MAX_ENVELOPE_BYTES:
        expected = f"1 to {MAX_ENVELOPE_BYTES} bytes"
        raise InvalidMessageError(field, expected, f"{len(content)} bytes")
    return content


def check_member(field: str, members: Mapping[NumberT, MemberT], number: NumberT) -> MemberT:
    """Check that the number of an enum is one that has a meaning."""
    member = members.get(number)
    if member is None:
        raise InvalidMessageError(field, "one of the stated values", "none of them")
    return member
