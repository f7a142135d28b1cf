"""TC strings of invented persons, written after the fields of the TCF 2.3 format.

Source: IAB Tech Lab, Consent string and vendor list formats v2.3.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tc_string(
    updated: datetime,
    *,
    purposes: Collection[int],
    vendors: Collection[int],
    disclosed: Collection[int],
) -> str:
    """Write a choice as its core segment and the list of disclosed vendors.

    As the format has it, the instants are one and the same, and tell the day alone.
    """
    core = (
        _number(2, 6)
        + _day(updated) * 2
        + _number(7, 12)  # The consent tool's number, version and screen.
        + _number(1, 12)
        + _number(1, 6)
        + _number(4 << 6 | 13, 12)  # EN
        + _number(200, 12)  # The vendor list's version, then the policy's.
        + _number(5, 6)
        + _number(1, 1)  # Service-specific, its own stacks, special features.
        + _number(0, 1)
        + _number(0, 12)
        + _flags(purposes, 24)
        + _flags((), 24)
        + _number(0, 1)
        + _number(4 << 6 | 4, 12)  # DE
        + _vendors(vendors)
        + _vendors(())
        + _number(0, 12)
    )
    return f"{_text(core)}.{_text(_number(1, 3) + _vendors(disclosed))}"


def _number(value: int, width: int) -> str:
    return f"{value:0{width}b}"


def _day(when: datetime) -> str:
    return _number((when - _EPOCH).days * 864_000, 36)


def _flags(places: Collection[int], width: int) -> str:
    return "".join("1" if place in places else "0" for place in range(1, width + 1))


def _vendors(numbers: Collection[int]) -> str:
    highest = max(numbers, default=0)
    return _number(highest, 16) + "0" + _flags(numbers, highest)


def _text(bits: str) -> str:
    whole = bits.ljust(-(-len(bits) // 24) * 24, "0")
    return "".join(_DIGITS[int(whole[at : at + 6], 2)] for at in range(0, len(whole), 6))
