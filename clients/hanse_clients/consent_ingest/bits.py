"""Bit strings of the IAB's consent signals: base64url digits, six bits each.

Rules: reading past the end and a digit that is none are refusals, never zeros.
"""

from __future__ import annotations

from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow

_DIGITS = {
    digit: number
    for number, digit in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
}
_MOST_DIGITS = 20_000


class BitReader:
    """Reads a segment from its first bit on."""

    def __init__(self, text: str) -> None:
        """Take a segment's digits.

        Raises:
            RefusedRow: A digit is none, or there are too many or none at all.
        """
        if not text or len(text) > _MOST_DIGITS or any(digit not in _DIGITS for digit in text):
            raise RefusedRow(Refusal.NOT_DECODABLE)
        self._bits = "".join(f"{_DIGITS[digit]:06b}" for digit in text)
        self._at = 0

    def number(self, width: int) -> int:
        """Read an unsigned number of `width` bits.

        Raises:
            RefusedRow: The segment ends before.
        """
        end = self._at + width
        if end > len(self._bits):
            raise RefusedRow(Refusal.TRUNCATED)
        found, self._at = int(self._bits[self._at : end], 2), end
        return found

    def flags(self, width: int) -> frozenset[int]:
        """Read `width` flags; return the places of those that are set, from 1.

        Raises:
            RefusedRow: The segment ends before.
        """
        end = self._at + width
        if end > len(self._bits):
            raise RefusedRow(Refusal.TRUNCATED)
        found, self._at = self._bits[self._at : end], end
        return frozenset(place for place, bit in enumerate(found, 1) if bit == "1")

    def fibonacci(self) -> int:
        """Read a number in Fibonacci code, which ends with two set bits.

        Raises:
            RefusedRow: The segment ends before.
        """
        total, weight, following, was_set = 0, 1, 2, False
        while True:
            is_set = self.number(1) == 1
            if is_set and was_set:
                return total
            total += weight if is_set else 0
            weight, following, was_set = following, weight + following, is_set
