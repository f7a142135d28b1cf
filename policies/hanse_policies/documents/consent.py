"""Consent of persons, what a study needs of it, and the state of a brand's consent register.

Rules: judging is pure and total. Whatever the need asks about and a record does
not know denies. Three limits that a record states itself bind even where the
need does not ask: a scope of recipients, the time until which the record may be
relied on, and that a person under 14 has no guardian's consent.

A consent that is *withdrawn* counted until it was, and so did what was made with it
until then. A consent that is *invalidated* never counted, from its grant on,
so what was made with it is tainted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from hanse_policies.documents.base import (
    ONE_LINE,
    Identifier,
    Jurisdiction,
    ShortText,
    StrictModel,
)
from hanse_policies.documents.vocabulary import Purpose
from hanse_policies.instants import earlier


class ConsentBasis(StrEnum):
    """On what ground persons' data is used, as the register says it."""

    CONSENT = "consent"
    EXPLICIT_CONSENT = "explicit-consent"
    SEPARATE_CONSENT = "separate-consent"
    """Given for this alone, apart from all else (PIPL Art. 23, 25, 26, 29, 39)."""
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    LEGITIMATE_INTEREST = "legitimate-interest"


class AgeBand(StrEnum):
    """How old a person is, as far as rules on minors need it."""

    UNDER_14 = "under-14"
    FROM_14_TO_15 = "14-15"
    FROM_16_TO_17 = "16-17"
    ADULT = "adult"
    UNKNOWN = "unknown"


BELOW: Mapping[AgeBand, int] = {
    AgeBand.UNDER_14: 14,
    AgeBand.FROM_14_TO_15: 16,
    AgeBand.FROM_16_TO_17: 18,
}
"""The age that nobody of a band has reached; adults and unknown ages have none."""


class ConsentField(StrEnum):
    """What a register may tell of a consent beyond purpose and instants."""

    BASIS = "basis"
    NOTICE = "notice"
    AGE_BAND = "age_band"
    GUARDIAN = "guardian"
    JURISDICTION = "jurisdiction"
    RECIPIENTS = "recipients"
    INVALIDATED = "invalidated"
    FRESH_UNTIL = "fresh_until"


class MinorsRule(StrictModel):
    """From which age on persons take part by their own consent."""

    from_age: Literal[14, 16, 18]
    is_guardian_enough: bool
    """Whether a guardian's consent lets a younger person take part."""


class ConsentNeed(StrictModel):
    """What study and policy ask of a person's consent; None asks nothing.

    No field has a default, so whoever asks nothing has to say so.
    """

    purpose: Purpose
    max_age_hours: Annotated[int, Field(ge=1)]
    """How long ago a record may last have been synced."""
    bases: tuple[ConsentBasis, ...] | None
    notices: tuple[ShortText, ...] | None
    minors: MinorsRule | None
    jurisdictions: tuple[Jurisdiction, ...] | None
    recipients: tuple[Identifier, ...]
    """Who receives; a scope that a record states must cover all of them."""
    is_scope_needed: bool
    """Whether a record that states no scope of recipients denies."""


class ConsentStanding(StrEnum):
    """Whether consent counts at an instant, or the first reason why not."""

    VALID = "valid"
    NO_RECORD = "no-record"
    UNREADABLE = "unreadable"
    WRONG_PURPOSE = "wrong-purpose"
    NOT_GRANTED = "not-granted-yet"
    INVALIDATED = "invalidated"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"
    BASIS = "basis-not-accepted"
    NOTICE = "notice-not-accepted"
    AGE_UNKNOWN = "age-unknown"
    UNDER_AGE = "under-age-without-guardian"
    JURISDICTION = "jurisdiction-not-allowed"
    RECIPIENT = "recipient-not-in-scope"


class ConsentRecord(StrictModel):
    """What a person agreed to. Stays at the brand; never crosses the wire.

    None is what the register does not tell.
    """

    purpose: Purpose
    granted: AwareDatetime | None
    expires: AwareDatetime | None
    withdrawn: AwareDatetime | None
    synced: AwareDatetime | None
    invalidated: AwareDatetime | None = None
    """When it was found that the consent never counted."""
    fresh_until: AwareDatetime | None = None
    """The life of the record itself: from then on it must be fetched anew."""
    basis: ConsentBasis | None = None
    notice: ShortText | None = None
    """Version of the notice that the person saw."""
    age_band: AgeBand | None = None
    guardian: bool | None = None
    """Whether a guardian consented, for a minor."""
    jurisdiction: Jurisdiction | None = None
    recipients: frozenset[Annotated[str, ONE_LINE]] | None = None
    """Who may receive; None where the register does not say."""
    source: ShortText | None = None
    """Where the record comes from, for the brand's own people."""
    is_readable: bool = True
    """Whether all of its instants could be read."""

    def standing_at(self, now: datetime, need: ConsentNeed) -> ConsentStanding:
        """Tell whether this record alone meets `need` at `now`, or the first reason why not."""
        checks = (*self._time_checks(now, need), *self._content_checks(need))
        return next((reason for reason, holds in checks if not holds), ConsentStanding.VALID)

    def _time_checks(
        self, now: datetime, need: ConsentNeed
    ) -> tuple[tuple[ConsentStanding, bool], ...]:
        return (
            (ConsentStanding.UNREADABLE, self.is_readable),
            (ConsentStanding.WRONG_PURPOSE, self.purpose is need.purpose),
            (ConsentStanding.NOT_GRANTED, self.granted is not None and self.granted <= now),
            (ConsentStanding.INVALIDATED, self.invalidated is None),
            (ConsentStanding.WITHDRAWN, self.withdrawn is None or now < self.withdrawn),
            (ConsentStanding.EXPIRED, self.expires is None or now < self.expires),
            (ConsentStanding.STALE, self._is_fresh(now, need)),
        )

    def _is_fresh(self, now: datetime, need: ConsentNeed) -> bool:
        oldest = earlier(now, timedelta(hours=need.max_age_hours))
        is_synced = self.synced is not None and oldest <= self.synced <= now
        return is_synced and (self.fresh_until is None or now < self.fresh_until)

    def _content_checks(self, need: ConsentNeed) -> tuple[tuple[ConsentStanding, bool], ...]:
        is_child = self.age_band is AgeBand.UNDER_14 and self.guardian is not True
        return (
            (ConsentStanding.BASIS, need.bases is None or self.basis in need.bases),
            (ConsentStanding.NOTICE, need.notices is None or self.notice in need.notices),
            (
                ConsentStanding.AGE_UNKNOWN,
                need.minors is None or self.age_band not in {None, AgeBand.UNKNOWN},
            ),
            (ConsentStanding.UNDER_AGE, not is_child and self._is_old_enough(need.minors)),
            (
                ConsentStanding.JURISDICTION,
                need.jurisdictions is None or self.jurisdiction in need.jurisdictions,
            ),
            (ConsentStanding.RECIPIENT, self._is_in_scope(need)),
        )

    def _is_old_enough(self, rule: MinorsRule | None) -> bool:
        below = None if self.age_band is None else BELOW.get(self.age_band)
        if rule is None or below is None or below > rule.from_age:
            return True
        return rule.is_guardian_enough and self.guardian is True

    def _is_in_scope(self, need: ConsentNeed) -> bool:
        if self.recipients is None:
            return not need.is_scope_needed
        return self.recipients.issuperset(need.recipients)


def standing_of(
    records: Iterable[ConsentRecord], now: datetime, need: ConsentNeed
) -> ConsentStanding:
    """Judge all records of one person together.

    Records of other purposes do not matter. Of the rest, the latest grant at or
    before `now` counts, and of two records granted at that instant the one that
    denies. An older record never defeats a later one that denies. A withdrawal at
    or after the latest grant wins, whichever record carries it, from its instant
    on; an invalidation at or after the latest grant wins at once, whichever record
    carries it. A record with an instant that cannot be read denies whatever the
    others say.

    Args:
        records: What the register holds of one person.
        now: When consent is judged, with a time zone.
        need: What study and policy ask.
    """
    asked = [record for record in records if record.purpose is need.purpose]
    if not asked:
        return ConsentStanding.NO_RECORD
    if not all(record.is_readable for record in asked):
        return ConsentStanding.UNREADABLE
    past = [(r.granted, r) for r in asked if r.granted is not None and r.granted <= now]
    if not past:
        return ConsentStanding.NOT_GRANTED
    last = max(granted for granted, _ in past)
    if any(r.invalidated is not None and last <= r.invalidated for r in asked):
        return ConsentStanding.INVALIDATED
    if any(r.withdrawn is not None and last <= r.withdrawn <= now for r in asked):
        return ConsentStanding.WITHDRAWN
    found = (r.standing_at(now, need) for granted, r in past if granted == last)
    return next((s for s in found if s is not ConsentStanding.VALID), ConsentStanding.VALID)


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What a brand's client knows of its consent register as a whole, no person in it.

    Attributes:
        synced: When the register was last brought up to date; None if it could
            not be read, which denies.
        purposes: The purposes the register records.
        fields: What the register tells beyond purpose and instants; a rule that
            needs a field that is not here denies.
    """

    synced: datetime | None
    purposes: frozenset[Purpose]
    fields: frozenset[ConsentField] = frozenset()
