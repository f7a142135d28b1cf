"""What a reader sees is what is signed: the rules for text inside documents.

Rules for every text: no control, format, private or unassigned characters, no
variation selectors, fillers or tags, no space but the plain one, normal form C;
of all controls a line feed alone may stand, in texts of several lines. Rules for
names and other texts of one line: no line feed, no space at either end, no
compatibility letters or digits (full-width, circled, mathematical, radicals), no
word that mixes two scripts. Chinese, Japanese and Korean letters may stand beside
any others, and full-width punctuation is theirs.

Not covered: a word wholly in another script that looks like another word, which
`look_alikes` finds where two names stand in one document; marks stacked on a
letter; letters of one script that look alike.

Source: Unicode UAX 15 (normal forms), UTS 39 (section 5, mixed scripts; section 3,
characters that may be ignored), UTS 55 (source code, direction).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_ASCII_HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_IGNORABLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EAST_ASIAN = frozenset(
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"}
)
_RADICALS = re.compile("[\u2e80-\u2fdf]")


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong with a text, where it begins, and what to write instead."""

    index: int
    rule: str


def hidden_fault(text: str) -> TextFault | None:
    """Find the first character that no reader sees, or that moves others about.

    Args:
        text: A text, or a whole file whose line ends are LF.
    """
    if text.isascii():
        found = _ASCII_HIDDEN.search(text)
        return _hidden(found.start(), found.group()) if found else None
    for index, sign in enumerate(text):
        if sign != "\n" and _is_hidden(sign):
            return _hidden(index, sign)
    return None


def text_fault(text: str) -> TextFault | None:
    """Find what no text of a document may hold."""
    fault = hidden_fault(text)
    if fault is not None or text.isascii():
        return fault
    for index, sign in enumerate(text):
        if sign != " " and unicodedata.category(sign) == "Zs":
            return TextFault(index, f"expected a plain space, got U+{ord(sign):04X}; write a space")
    if not unicodedata.is_normalized("NFC", text):
        composed = unicodedata.normalize("NFC", text)
        index = next((i for i, (a, b) in enumerate(zip(text, composed, strict=False)) if a != b), 0)
        return TextFault(
            index,
            "expected text in Unicode normal form C, got letters in parts or out of order; "
            "type them anew as whole letters",
        )
    return None


def line_fault(text: str) -> TextFault | None:
    """Find what no name, title or other text of one line may hold."""
    fault = text_fault(text)
    if fault is not None:
        return fault
    if "\n" in text:
        return TextFault(
            text.index("\n"),
            "expected text on one line, got a line break; write it on one line, in YAML after >-",
        )
    if text != text.strip(" "):
        return TextFault(0, "expected text without space at its ends, got some; remove it")
    return None if text.isascii() else _compatibility_fault(text) or _script_fault(text)


def _compatibility_fault(text: str) -> TextFault | None:
    for index, sign in enumerate(text):
        if _is_ordinary(sign):
            continue
        plain = unicodedata.normalize("NFKC", sign)
        return TextFault(
            index, f"expected ordinary letters and digits, got U+{ord(sign):04X}; write `{plain}`"
        )
    return None


def _script_fault(text: str) -> TextFault | None:
    """Find a word with letters of two scripts; a word ends where East Asian letters begin."""
    script = ""
    for index, sign in enumerate(text):
        kind = unicodedata.category(sign)[0]
        found = _script(sign) if kind == "L" else ""
        if kind not in "LMN" or found in _EAST_ASIAN:
            script = ""
        elif found and script and found != script:
            return TextFault(
                index,
                f"expected words of one script each, got {script.title()} and {found.title()} "
                f"letters in one word (U+{ord(sign):04X}); write it in one of them",
            )
        else:
            script = script or found
    return None


@lru_cache(maxsize=4096)
def _is_hidden(sign: str) -> bool:
    number = ord(sign)
    if sign in _IGNORABLE or 0xE0000 <= number <= 0xE0FFF:
        return True
    if 0x20000 <= number <= 0x3FFFD and number & 0xFFFF < 0xFFFE:
        # Ideographs that a later Unicode adds; they are whole and stay so.
        return False
    return unicodedata.category(sign) in _HIDDEN_CATEGORIES


@lru_cache(maxsize=4096)
def _is_ordinary(sign: str) -> bool:
    if _RADICALS.match(sign):
        return False
    return unicodedata.category(sign)[0] not in "LN" or unicodedata.is_normalized("NFKC", sign)


@lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    """Name the script of a letter; empty for one that belongs to any."""
    if ord(sign) >= 0x20000:
        return "CJK"
    script = unicodedata.name(sign, "").split(" ")[0]
    return "" if script == "MODIFIER" else script


def _hidden(index: int, sign: str) -> TextFault:
    if sign == "\t":
        return TextFault(index, "expected spaces, got a tab; write spaces")
    if sign == "\r":
        return TextFault(index, "expected line ends LF or CR LF, got CR alone; write LF")
    if sign == "\ufeff" and index == 0:
        return TextFault(
            index, "expected UTF-8 without a byte-order mark, got U+FEFF; save it without"
        )
    return TextFault(index, f"expected visible text, got U+{ord(sign):04X}; remove it")
