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
from functools import cache
from json.encoder import encode_basestring

import rfc8785

from hanse_policies.documents.base import StrictModel
from hanse_policies.errors import CanonicalFormError


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
    parts: list[str] = []
    try:
        _write_model(document, (), parts)
        return "".join(parts).encode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise CanonicalFormError(
            f"expected values that JSON can hold exactly in {type(document).__name__}, "
            "got a number that is not finite or beyond 2**53, or broken Unicode"
        ) from error


def digest(document: StrictModel) -> str:
    """Compute the SHA-256 of a document's canonical form, in lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _write_model(model: StrictModel, path: tuple[str, ...], parts: list[str]) -> None:
    for name, text in _fields(type(model)):
        parts.append(text)
        _write(getattr(model, name), (*path, name), parts)
    parts.append("}" if _fields(type(model)) else "{}")


@cache
def _fields(model: type[StrictModel]) -> tuple[tuple[str, str], ...]:
    """Return each field with the text that stands before its value, in canonical order."""
    names = sorted(model.model_fields)
    return tuple(
        (name, f"{',' if index else '{'}{encode_basestring(name)}:")
        for index, name in enumerate(names)
    )


def _write(value: object, path: tuple[str, ...], parts: list[str]) -> None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        parts.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int | float):
        parts.append(_number(value))
    elif isinstance(value, StrictModel):
        _write_model(value, path, parts)
    elif isinstance(value, datetime):
        parts.append(encode_basestring(_instant(value, path)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            parts.append("," if index else "[")
            _write(item, (*path, str(index)), parts)
        parts.append("]" if value else "[]")
    elif isinstance(value, Mapping):
        _write_mapping(value, path, parts)
    else:
        raise CanonicalFormError(
            f"expected text, numbers, instants, lists and mappings, got {type(value).__name__} "
            f"in field {'.'.join(path)}"
        )


def _write_mapping(value: Mapping[object, object], path: tuple[str, ...], parts: list[str]) -> None:
    items = sorted(
        ((_key(key, path), item) for key, item in value.items()),
        key=lambda pair: pair[0].encode("utf-16-be"),
    )
    for index, (key, item) in enumerate(items):
        parts.append(f"{',' if index else '{'}{encode_basestring(key)}:")
        _write(item, (*path, key), parts)
    parts.append("}" if items else "{}")


def _key(key: object, path: tuple[str, ...]) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, str):
        return str(key)
    raise CanonicalFormError(f"expected text as key, got {type(key).__name__} in {'.'.join(path)}")


def _number(value: float) -> str:
    """Write a number as ECMAScript does, which Python does too but for exponents and `.0`."""
    if isinstance(value, float):
        text = repr(value)
        if text[-1].isdigit() and "e" not in text:
            return "0" if value == 0 else text.removesuffix(".0")
    return rfc8785.dumps(value).decode()


def _instant(value: datetime, path: tuple[str, ...]) -> str:
    if value.tzinfo is None:
        raise CanonicalFormError(f"expected an instant with time zone in field {'.'.join(path)}")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError as error:
        raise CanonicalFormError(
            f"expected an instant of the years 1 to 9999 in UTC in field {'.'.join(path)}"
        ) from error
