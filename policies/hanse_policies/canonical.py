"""The one byte form of a document, which digests and signatures are over.

Rules: JSON after RFC 8785 (sorted keys, shortest ECMAScript numbers, UTF-8
without escapes that are not needed); every field is written, defaults too;
instants are UTC, `2026-01-31T08:00:00Z`, with six decimals only where there are
microseconds; words of a closed list are their text; tuples are lists. Two
documents that compare equal have the same bytes. What has no such form (NaN,
bytes, naive instants, integers beyond 2**53) is refused.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum

import rfc8785

from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import CanonicalFormError

JsonValue = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None


def canonical_json(document: StrictModel) -> bytes:
    """Write a document in its canonical form.

    Args:
        document: Any document or part of one.

    Returns:
        RFC 8785 JSON in UTF-8.

    Raises:
        CanonicalFormError: A value has no canonical form.

    Source: RFC 8785, section 3.2.
    """
    try:
        return rfc8785.dumps(_json_value(document.model_dump(mode="python"), ()))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise CanonicalFormError(
            f"expected values that JSON can hold exactly in {type(document).__name__}, "
            "got a number that is not finite or beyond 2**53, or broken Unicode"
        ) from error


def digest(document: StrictModel) -> str:
    """Compute the SHA-256 of a document's canonical form, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _json_value(value: object, path: tuple[str, ...]) -> JsonValue:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return _instant(value, path)
    if isinstance(value, list | tuple):
        return [_json_value(item, (*path, str(i))) for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            _key(key, path): _json_value(item, (*path, str(key))) for key, item in value.items()
        }
    raise CanonicalFormError(
        f"expected text, numbers, instants, lists and mappings, got {type(value).__name__} "
        f"in field {'.'.join(path)}"
    )


def _key(key: object, path: tuple[str, ...]) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    raise CanonicalFormError(f"expected text as key, got {type(key).__name__} in {'.'.join(path)}")


def _instant(value: datetime, path: tuple[str, ...]) -> str:
    if value.tzinfo is None:
        raise CanonicalFormError(f"expected an instant with time zone in field {'.'.join(path)}")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError as error:
        raise CanonicalFormError(
            f"expected an instant of the years 1 to 9999 in UTC in field {'.'.join(path)}"
        ) from error
