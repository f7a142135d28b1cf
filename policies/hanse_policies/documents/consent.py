"""Consent of one person for one purpose, and the state of a brand's consent register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.vocabulary import Purpose


class ConsentBasis(StrEnum):
    """On what ground persons' data is used, as the register says it."""

    CONSENT = "consent"
    EXPLICIT_CONSENT = "explicit-consent"
    SEPARATE_CONSENT = "separate-consent"
    """Given for this alone, apart from all else (PIPL Art. 23, 25, 26, 29, 39)."""
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    LEGITIMATE_INTEREST = "legitimate-interest"


class ConsentRecord(StrictModel):
    """What a person agreed to. Stays at the brand; never crosses the wire."""

    purpose: Purpose
    granted: AwareDatetime
    expires: AwareDatetime | None
    withdrawn: AwareDatetime | None
    synced: AwareDatetime

    def is_valid_at(self, now: datetime, max_age: timedelta) -> bool:
        """Tell whether this record lets the person's data be used at `now`."""
        return (
            self.granted <= now
            and (self.expires is None or now < self.expires)
            and (self.withdrawn is None or now < self.withdrawn)
            and now - max_age <= self.synced <= now
        )


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What a brand's client knows of its consent register as a whole, no person in it.

    Attributes:
        synced: When the register was last brought up to date; None if it could
            not be read, which denies.
        purposes: The purposes the register records.
    """

    synced: datetime | None
    purposes: frozenset[Purpose]
