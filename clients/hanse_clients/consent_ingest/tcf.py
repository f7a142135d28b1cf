"""TC strings of the IAB Europe Transparency and Consent Framework, version 2.

Rules: of the core segment are read the fields that consent to one vendor needs,
in their fixed order; of the others the list of disclosed vendors, which TCF 2.3
makes mandatory. A version that is not 2, an unknown kind of segment, a list that
ends early, or a vendor that was not disclosed give no consent. Legitimate interest
is never read as consent.

Source: IAB Tech Lab, Consent string and vendor list formats v2.3 (field order and
widths). Why no library reads them: `docs/adr/0015-consent-signals-are-read-here.md`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hanse_clients.consent_ingest.bits import BitReader
from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow

_VERSION = 2
_PURPOSES = 24
_DISCLOSED = 1
_SEGMENT_KINDS = frozenset({1, 2, 3})
_MOST_RESTRICTED = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TcString:
    """What a TC string says of consent.

    Attributes:
        created: When the person first chose.
        updated: When the choice was last changed.
        vendor_list: Version of the vendor list that the person saw.
        policy: Version of the framework's policy.
        purposes: The purposes consented to.
        vendors: The vendors consented to.
        restricted: Purposes a publisher forbids or moves off consent, by vendor.
        disclosed: The vendors shown to the person; None where the string does not tell.
    """

    created: datetime
    updated: datetime
    vendor_list: int
    policy: int
    purposes: frozenset[int]
    vendors: frozenset[int]
    restricted: frozenset[tuple[int, int]]
    disclosed: frozenset[int] | None

    def check(self, vendor: int, purposes: Collection[int]) -> None:
        """Make sure that the person consented to this vendor for all these purposes.

        Raises:
            RefusedRow: Something is missing; the code says what.
        """
        if self.disclosed is None or vendor not in self.disclosed:
            raise RefusedRow(Refusal.VENDOR_NOT_DISCLOSED)
        if vendor not in self.vendors:
            raise RefusedRow(Refusal.VENDOR_WITHOUT_CONSENT)
        if not purposes or not self.purposes.issuperset(purposes):
            raise RefusedRow(Refusal.PURPOSE_WITHOUT_CONSENT)
        if any((purpose, vendor) in self.restricted for purpose in purposes):
            raise RefusedRow(Refusal.RESTRICTED_BY_PUBLISHER)


def decode_tc_string(text: str) -> TcString:
    """Decode a TC string.

    Raises:
        RefusedRow: It is not one, is of another version, or ends early.
    """
    core, *others = text.split(".")
    reader = BitReader(core)
    if reader.number(6) != _VERSION:
        raise RefusedRow(Refusal.UNKNOWN_VERSION)
    created, updated = _instant(reader), _instant(reader)
    reader.number(12 + 12 + 6 + 12)
    vendor_list, policy = reader.number(12), reader.number(6)
    reader.number(1 + 1 + 12)
    purposes = reader.flags(_PURPOSES)
    reader.number(_PURPOSES + 1 + 12)
    vendors = _vendors(reader)
    _vendors(reader)
    restricted = _restrictions(reader)
    return TcString(
        created, updated, vendor_list, policy, purposes, vendors, restricted, _disclosed(others)
    )


def _instant(reader: BitReader) -> datetime:
    return _EPOCH + timedelta(milliseconds=100 * reader.number(36))


def _vendors(reader: BitReader) -> frozenset[int]:
    highest = reader.number(16)
    if reader.number(1) == 0:
        return reader.flags(highest)
    return _ranges(reader, highest)


def _ranges(reader: BitReader, highest: int) -> frozenset[int]:
    found: set[int] = set()
    listed = 0
    for _ in range(reader.number(12)):
        is_range = reader.number(1) == 1
        first = reader.number(16)
        last = reader.number(16) if is_range else first
        if not 1 <= first <= last <= highest:
            raise RefusedRow(Refusal.NOT_DECODABLE)
        listed += last - first + 1
        if listed > highest:
            raise RefusedRow(Refusal.NOT_DECODABLE)
        found.update(range(first, last + 1))
    return frozenset(found)


def _restrictions(reader: BitReader) -> frozenset[tuple[int, int]]:
    """Read which vendors a publisher restricts; requiring consent (1) restricts nothing here."""
    found: set[tuple[int, int]] = set()
    for _ in range(reader.number(12)):
        purpose, kind = reader.number(6), reader.number(2)
        vendors = _ranges(reader, 0xFFFF)
        if kind != 1:
            found.update((purpose, vendor) for vendor in vendors)
        if len(found) > _MOST_RESTRICTED:
            raise RefusedRow(Refusal.NOT_DECODABLE)
    return frozenset(found)


def _disclosed(segments: Collection[str]) -> frozenset[int] | None:
    found: list[frozenset[int]] = []
    for segment in segments:
        reader = BitReader(segment)
        kind = reader.number(3)
        if kind not in _SEGMENT_KINDS:
            raise RefusedRow(Refusal.UNKNOWN_SECTION)
        if kind == _DISCLOSED:
            found.append(_vendors(reader))
    if len(found) > 1:
        raise RefusedRow(Refusal.NOT_DECODABLE)
    return found[0] if found else None
