"""Why a row of an imported register gives no consent, by code.

Rules: a code names a kind of fault and nothing of the row. A refused row is
counted and leaves no grant behind; what it might have meant is never guessed.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The codes that an import counts."""

    NO_PERSON = "no-person"
    NOT_DECODABLE = "not-decodable"
    TRUNCATED = "truncated"
    UNKNOWN_VERSION = "unknown-version"
    UNKNOWN_SECTION = "unknown-section"
    NO_CONSENT_SECTION = "no-consent-section"
    VENDOR_NOT_DISCLOSED = "vendor-not-disclosed"
    VENDOR_WITHOUT_CONSENT = "vendor-without-consent"
    PURPOSE_WITHOUT_CONSENT = "purpose-without-consent"
    RESTRICTED_BY_PUBLISHER = "restricted-by-publisher"
    INSTANT_UNREADABLE = "instant-unreadable"
    FIELD_MISSING = "field-missing"
    WORD_UNKNOWN = "word-unknown"


class RefusedRow(Exception):  # noqa: N818
    """A row gives no consent; caught where rows are counted, never shown."""

    def __init__(self, refusal: Refusal) -> None:
        """Carry the code alone."""
        super().__init__(refusal.value)
        self.refusal = refusal
