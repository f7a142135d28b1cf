"""What an unquoted word of YAML means; where two readers could differ, nothing.

YAML 1.1 and 1.2 disagree on `NO`, `010`, `1:30` and `1e-8`. Hanse reads plain
scalars as JSON would: `true`, `false`, `null`, JSON's numbers; all other words
are text. Words and numbers that any YAML version takes for something else are
refused, and the refusal says how to write them.
"""

from __future__ import annotations

import math
import re

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
    )|\.(?:nan|NaN|NAN)|=|<<""",
    re.VERBOSE,
)
MAXIMUM_DIGITS = 30


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
    if NUMBER.fullmatch(text):
        return _number(text)
    if NUMBER_LIKE.fullmatch(text):
        raise AmbiguousScalarError(
            f"expected a number as JSON writes it (10, 0.5, 1e-8) or text in quotes, "
            f"got plain `{text[:40]}`"
        )
    return text


def _number(text: str) -> int | float:
    if len(text) <= MAXIMUM_DIGITS:
        value = int(text) if INTEGER.fullmatch(text) else float(text)
        if math.isfinite(value):
            return value
    raise AmbiguousScalarError(
        f"expected a number of at most {MAXIMUM_DIGITS} characters within double precision, "
        f"got plain `{text[:40]}`"
    )
