"""Strings of the IAB Global Privacy Platform: a header and the sections it lists.

Rules: consent is read from section 2 (TCF Europe) alone. The sections of American
states record opting out, which is no consent, and no other section is guessed at.
A header of another type or version, or one that lists other sections than there
are, gives no consent.

Source: IAB Tech Lab, Global Privacy Platform, Consent String Specification 1.0.
"""

from __future__ import annotations

from hanse_clients.consent_ingest.bits import BitReader
from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow
from hanse_clients.consent_ingest.tcf import TcString, decode_tc_string

_HEADER = 3
_VERSION = 1
_TCF_EUROPE = 2
_MOST_SECTIONS = 64


def decode_gpp_string(text: str) -> TcString:
    """Decode the TCF Europe section of a GPP string.

    Raises:
        RefusedRow: It is not one, is of another version, or has no such section.
    """
    header, *sections = text.split("~")
    listed = section_ids(header)
    if len(listed) != len(sections):
        raise RefusedRow(Refusal.TRUNCATED)
    if _TCF_EUROPE not in listed:
        raise RefusedRow(Refusal.NO_CONSENT_SECTION)
    return decode_tc_string(sections[listed.index(_TCF_EUROPE)])


def section_ids(header: str) -> tuple[int, ...]:
    """List the sections that a header announces, in their order.

    Raises:
        RefusedRow: It is not a header of version 1, or ends early.
    """
    reader = BitReader(header)
    if reader.number(6) != _HEADER:
        raise RefusedRow(Refusal.NOT_DECODABLE)
    if reader.number(6) != _VERSION:
        raise RefusedRow(Refusal.UNKNOWN_VERSION)
    found: list[int] = []
    for _ in range(reader.number(12)):
        is_range = reader.number(1) == 1
        first = (found[-1] if found else 0) + reader.fibonacci()
        last = first + reader.fibonacci() if is_range else first
        if last - first + len(found) >= _MOST_SECTIONS:
            raise RefusedRow(Refusal.NOT_DECODABLE)
        found.extend(range(first, last + 1))
    return tuple(found)
