"""What an unquoted word of YAML means; where two readers could differ, nothing.

YAML 1.1 and 1.2 disagree on `NO`, `010`, `1:30` and `1e-8`. Hanse reads plain
scalars as JSON would: `true`, `false`, `null`, JSON's numbers; all other words
are text. Words, numbers and dates that any YAML version takes for something else
are refused, as are numbers that canonical JSON would write as others, and the
refusal says how to write them. An instant with its zone is text here, which a
field of that type reads (`is_instant`).

Source: YAML 1.2.2, section 10.2; the YAML 1.1 types `timestamp`, `float`, `int`,
`bool`, `merge` and `value`; RFC 3339 for instants.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
AMBIGUOUS_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
NUMBER_LIKE = re.compile(
    r"""[-+]?(?:
        [0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?   # 010, 1_000, 5., +5
      | \.[0-9_]+(?:[eE][-+]?[0-9]+)?                    # .5
      | 0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+ | 0[bB][01_]+  # 0x1F, 0o17, 0b1
      | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?      # 1:30 is 90 to YAML 1.1
      | \.(?:inf|Inf|INF)
    )|\.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)
DATE_LIKE = re.compile(
    r"""[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
        (?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
           (?:[ \t]*(?:[Zz]|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?""",
    re.VERBOSE,
)
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|(?!-00:00)[-+][0-9]{2}:[0-9]{2})"
)
KEYS_OF_YAML_1_1 = {
    "<<": "expected each field written out, got the merge key `<<`; copy the fields to here",
    "=": 'expected a name or a value, got plain `=`; write "=" for the text',
}
MAXIMUM_DIGITS = 30
LARGEST_WHOLE = 2**53 - 1
"""Beyond it, canonical JSON has no whole numbers of its own (RFC 8785, section 3.2.2.3)."""


class AmbiguousScalarError(ValueError):
    """A plain scalar that YAML readers disagree on; the text says what to write."""


def plain_value(text: str) -> bool | int | float | str | None:
    """Read an unquoted scalar.

    Args:
        text: The scalar as written, without surrounding space.

    Returns:
        What it means.

    Raises:
        AmbiguousScalarError: It has no one meaning, or is a number beyond all bounds.
    """
    if text in WORDS:
        return WORDS[text]
    if text.lower() in AMBIGUOUS_WORDS:
        raise AmbiguousScalarError(
            f"expected text in quotes or one of true, false and null, got plain `{text}`, "
            f'which some readers take for a truth value; write "{text}" for the text'
        )
    if text in KEYS_OF_YAML_1_1:
        raise AmbiguousScalarError(KEYS_OF_YAML_1_1[text])
    if NUMBER.fullmatch(text):
        return _number(text)
    if NUMBER_LIKE.fullmatch(text):
        raise AmbiguousScalarError(
            f"expected a number as JSON writes it (10, 0.5, 1e-8) or text in quotes, "
            f"got plain `{text[:40]}`"
        )
    if DATE_LIKE.fullmatch(text) and not is_instant(text):
        raise AmbiguousScalarError(
            "expected an instant with time zone, as 2026-01-31T08:00:00Z, or text in quotes, "
            f"got plain `{text[:40]}`, which some readers take for another time"
        )
    return text


def is_instant(text: str) -> bool:
    """Tell whether a text is an instant in the one form that documents use.

    That is RFC 3339 with capital letters, seconds, at most six decimals and the
    offset known (`-00:00` says that it is not).
    """
    return INSTANT.fullmatch(text) is not None


def _number(text: str) -> int | float:
    """Read a number of JSON; refuse one whose canonical form would be another number."""
    if len(text) > MAXIMUM_DIGITS or not math.isfinite(value := float(text)):
        raise AmbiguousScalarError(
            f"expected a number of at most {MAXIMUM_DIGITS} characters within double precision, "
            f"got plain `{text[:40]}`"
        )
    if text.startswith("-") and value == 0:
        raise AmbiguousScalarError(f"expected zero without a sign, got plain `{text}`; write 0")
    if Decimal(text) != Decimal(repr(value)):
        raise AmbiguousScalarError(
            f"expected a number that double precision keeps, got plain `{text}`; "
            f"write {value!r}, or the digits in quotes for text"
        )
    whole = INTEGER.fullmatch(text) is not None and abs(value) <= LARGEST_WHOLE
    return int(text) if whole else value
