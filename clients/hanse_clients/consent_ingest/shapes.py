"""How one row of each known shape becomes rows of the canonical table.

Rules: a shape reads the fields it names and no other. What it cannot read it
refuses by code; it never repairs a value. Instants need an offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from hanse_clients.consent_ingest.gpp import decode_gpp_string
from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow
from hanse_clients.consent_ingest.register import ConsentRow
from hanse_clients.consent_ingest.tcf import TcString, decode_tc_string
from hanse_policies.documents import AgeBand, ConsentBasis
from hanse_policies.documents.base import IDENTIFIER_PATTERN

Raw = Mapping[str, object]
_REMIND_AFTER = timedelta(days=390)
"""TCF policies have persons asked again after 13 months; a choice counts no longer."""
_DAY = timedelta(days=1)
_TENTH = timedelta(milliseconds=100)

_PERSONS = frozenset({"person", "pii_principal_id"})


class ConsentFormat(StrEnum):
    """The shapes that can be imported."""

    TCF = "tcf"
    GPP = "gpp"
    ISO27560 = "iso27560"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What the file itself does not tell.

    Attributes:
        synced: When the export was taken, for rows without `synced`.
        vendor: The brand's number in the IAB's vendor list, for `tcf` and `gpp`.
        purposes: The TCF purposes that each word of the register stands for.
    """

    synced: datetime | None
    vendor: int | None
    purposes: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one row became.

    Attributes:
        rows: Its rows of the canonical table.
        refusals: What was asked and not consented to; the rows say when.
    """

    rows: tuple[ConsentRow, ...]
    refusals: tuple[Refusal, ...] = ()


def taken_from(raw: Raw, shape: ConsentFormat, terms: ImportTerms) -> Taken:
    """Turn one row into rows of the canonical table.

    Raises:
        RefusedRow: It cannot be read as consent or its end.
    """
    if shape is ConsentFormat.TABLE:
        return Taken((_table_row(raw, terms),))
    if shape is ConsentFormat.ISO27560:
        return Taken((_iso_row(raw, terms),))
    decode = decode_tc_string if shape is ConsentFormat.TCF else decode_gpp_string
    return _signal_rows(raw, shape, terms, decode)


def text_of(raw: Raw, field: str) -> str | None:
    """Return a field's text; None where it is absent or empty."""
    value = raw.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return str(value)


def instant_of(raw: Raw, field: str) -> datetime | None:
    """Return a field's instant; None where it is absent or empty.

    Raises:
        RefusedRow: It is no instant with an offset.
    """
    value = raw.get(field)
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise RefusedRow(Refusal.INSTANT_UNREADABLE) from None
    if found.tzinfo is None:
        raise RefusedRow(Refusal.INSTANT_UNREADABLE)
    return found.astimezone(UTC)


def _needed(raw: Raw, field: str) -> str:
    found = text_of(raw, field)
    if found is None:
        raise RefusedRow(Refusal.NO_PERSON if field in _PERSONS else Refusal.FIELD_MISSING)
    return found


def _synced(raw: Raw, terms: ImportTerms) -> datetime:
    found = instant_of(raw, "synced") or terms.synced
    if found is None:
        raise RefusedRow(Refusal.FIELD_MISSING)
    return found


def _word(raw: Raw, field: str, words: Iterable[str]) -> str | None:
    found = text_of(raw, field)
    if found is not None and found not in set(words):
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return found


def _flag(raw: Raw, field: str) -> bool | None:
    value = raw.get(field)
    if value is None or value == "":
        return None
    word = str(value).lower()
    if word not in {"true", "false"}:
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return word == "true"


def _table_row(raw: Raw, terms: ImportTerms) -> ConsentRow:
    return ConsentRow(
        person=_needed(raw, "person"),
        purpose=_needed(raw, "purpose"),
        origin=text_of(raw, "origin") or ConsentFormat.TABLE,
        granted=instant_of(raw, "granted"),
        expires=instant_of(raw, "expires"),
        withdrawn=instant_of(raw, "withdrawn"),
        synced=_synced(raw, terms),
        invalidated=instant_of(raw, "invalidated"),
        fresh_until=instant_of(raw, "fresh_until"),
        basis=_word(raw, "basis", ConsentBasis),
        notice=text_of(raw, "notice"),
        age_band=_word(raw, "age_band", AgeBand),
        guardian=_flag(raw, "guardian"),
        jurisdiction=text_of(raw, "jurisdiction"),
        recipients=_scope_text(raw.get("recipients")),
    )


_GIVEN = frozenset({"given", "consentgiven", "explicitlygiven", "explicitlyexpressedconsent"})
_ENDED = frozenset({"withdrawn", "consentwithdrawn", "refused", "consentrefused"}) | {
    "expired", "consentexpired", "revoked", "consentrevoked",
}  # fmt: skip
_VOID = frozenset({"invalidated", "consentinvalidated"})
_IDENTIFIER = re.compile(IDENTIFIER_PATTERN)
_DURATION = re.compile(r"^P(?:(\d{1,4})W|(\d{1,5})D)$")


def _iso_row(raw: Raw, terms: ImportTerms) -> ConsentRow:
    """Read one event of one purpose, after the field names of ISO/IEC TS 27560:2023."""
    state = _needed(raw, "event_state").lower().removeprefix("dpv:")
    when = instant_of(raw, "event_time")
    if when is None:
        raise RefusedRow(Refusal.FIELD_MISSING)
    if state not in _GIVEN | _ENDED | _VOID:
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return ConsentRow(
        person=_needed(raw, "pii_principal_id"),
        purpose=_needed(raw, "purpose"),
        origin=ConsentFormat.ISO27560,
        granted=when if state in _GIVEN else None,
        expires=_end(when, text_of(raw, "validity_duration")) if state in _GIVEN else None,
        withdrawn=when if state in _ENDED else None,
        invalidated=when if state in _VOID else None,
        synced=_synced(raw, terms),
        basis=_word(raw, "lawful_basis", ConsentBasis),
        notice=text_of(raw, "privacy_notice"),
        jurisdiction=text_of(raw, "jurisdiction"),
        recipients=_scope(raw.get("recipient_third_parties")),
    )


def _scope_text(told: object) -> str | None:
    """Read a canonical scope: nobody where the text is empty, not told where there is none."""
    if told is not None and not isinstance(told, str):
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return told


def _scope(told: object) -> str | None:
    """Read who may receive: nobody where the list is empty, not told where there is none."""
    if told is None:
        return None
    words = told.split() if isinstance(told, str) else told
    if not isinstance(words, list) or not all(
        isinstance(word, str) and _IDENTIFIER.fullmatch(word) for word in words
    ):
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    return " ".join(words)


def _end(start: datetime, duration: str | None) -> datetime | None:
    if duration is None:
        return None
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise RefusedRow(Refusal.WORD_UNKNOWN)
    weeks, days = (int(part or 0) for part in found.groups())
    return start + timedelta(weeks=weeks, days=days)


def _signal_rows(
    raw: Raw, shape: ConsentFormat, terms: ImportTerms, decode: Callable[[str], TcString]
) -> Taken:
    """Read one signal: for each purpose a grant, or a withdrawal where it gives no consent.

    A signal tells of an instant to the day or to a tenth of a second, cut off. A grant is
    taken from the first instant that fits, a withdrawal at the last that the export can
    know of: what was used on the day of a withdrawal may have been used before it.
    """
    person, synced = _needed(raw, "person"), _synced(raw, terms)
    signal = decode(_needed(raw, "string"))
    ended = max(signal.updated, min(_until(signal.updated), synced))
    found: list[ConsentRow] = []
    refused: list[Refusal] = []
    for word, numbers in terms.purposes.items():
        row = ConsentRow(person, word, shape, withdrawn=ended, synced=synced)
        try:
            signal.check(terms.vendor or 0, numbers)
        except RefusedRow as refusal:
            refused.append(refusal.refusal)
        else:
            row = ConsentRow(
                person, word, shape,
                granted=signal.updated,
                expires=signal.updated + _REMIND_AFTER,
                synced=synced,
                basis=ConsentBasis.CONSENT,
                notice=f"iab-vendor-list-{signal.vendor_list}",
            )  # fmt: skip
        found.append(row)
    return Taken(tuple(found), tuple(refused))


def _until(told: datetime) -> datetime:
    """Return the last instant that one told by a signal may stand for.

    Source: IAB Tech Lab, Consent string and vendor list formats v2.3, `LastUpdated`: the
    day alone, in UTC; strings of before 2022 tell tenths of a second.
    """
    return told + (_TENTH if told.time() != time() else _DAY)
