"""Our decoders read what IAB Tech Lab's own libraries write, field by field.

The strings and what they say are in `tests/vectors/consent_signals.json`, written by the
libraries that `consent_signals.cjs` beside it names.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_clients.consent_ingest.gpp import decode_gpp_string, section_ids
from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow
from hanse_clients.consent_ingest.tcf import TcString, decode_tc_string
from tests.support.tc_strings import tc_string

VECTORS = Path(__file__).parents[2] / "vectors" / "consent_signals.json"
SIGNALS: dict[str, list[dict[str, Any]]] = json.loads(VECTORS.read_text(encoding="utf-8"))
IN_EUROPE = [one for one in SIGNALS["gpp"] if 2 in one["sections"]]
ELSEWHERE = [one for one in SIGNALS["gpp"] if 2 not in one["sections"]]
REQUIRE_CONSENT = 1


def numbers(ranges: str) -> frozenset[int]:
    found: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def told(one: dict[str, Any]) -> TcString:
    """What the reference library says of a string."""
    when = datetime.fromisoformat(one["updated"])
    return TcString(
        created=when,
        updated=when,
        vendor_list=one["vendor_list"],
        policy=one["policy"],
        purposes=numbers(one["purposes"]),
        vendors=numbers(one["vendors"]),
        restricted=frozenset(
            (part["purpose"], vendor)
            for part in one["restrictions"]
            if part["kind"] != REQUIRE_CONSENT
            for vendor in numbers(part["vendors"])
        ),
        disclosed=numbers(one["disclosed"]),
    )


def named(signals: list[dict[str, Any]]) -> list[str]:
    return [str(place) for place in range(len(signals))]


@pytest.mark.parametrize("one", SIGNALS["tc"], ids=named(SIGNALS["tc"]))
def test_a_tc_string_of_the_reference_library_says_what_that_library_says(
    one: dict[str, Any],
) -> None:
    assert decode_tc_string(one["string"]) == told(one)


@pytest.mark.parametrize("one", IN_EUROPE, ids=named(IN_EUROPE))
def test_a_gpp_string_of_the_reference_library_says_what_that_library_says(
    one: dict[str, Any],
) -> None:
    assert list(section_ids(one["string"].partition("~")[0])) == one["sections"]
    assert decode_gpp_string(one["string"]) == told(one)


@pytest.mark.parametrize("one", ELSEWHERE, ids=named(ELSEWHERE))
def test_a_gpp_string_without_a_european_section_gives_no_consent(one: dict[str, Any]) -> None:
    assert list(section_ids(one["string"].partition("~")[0])) == one["sections"]
    with pytest.raises(RefusedRow) as refused:
        decode_gpp_string(one["string"])
    assert refused.value.refusal is Refusal.NO_CONSENT_SECTION


def test_the_vectors_hold_every_form_of_a_list() -> None:
    restricted = [part["kind"] for one in SIGNALS["tc"] for part in one["restrictions"]]
    assert set(restricted) == {0, 1, 2}
    assert {bool(one["vendors"]) for one in SIGNALS["tc"]} == {True, False}
    assert max(len(one["string"]) for one in SIGNALS["tc"]) > 3 * 100
    assert len(IN_EUROPE) >= 20
    assert len(ELSEWHERE) >= 5


@given(one=st.sampled_from(SIGNALS["tc"]), data=st.data())
def test_a_string_cut_off_before_its_disclosed_vendors_consents_for_nobody(
    one: dict[str, Any], data: st.DataObject
) -> None:
    core = one["string"].partition(".")[0]
    cut = core[: data.draw(st.integers(0, len(core)))]
    for vendor in (numbers(one["vendors"]) & numbers(one["disclosed"])) or {1}:
        with pytest.raises(RefusedRow):
            decode_tc_string(cut).check(vendor, (1,))


vendor_sets = st.sets(st.integers(1, 400), max_size=12)


@given(
    when=st.datetimes(datetime(2022, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    purposes=st.sets(st.integers(1, 24)),
    vendors=vendor_sets,
    disclosed=vendor_sets,
)
def test_any_choice_is_read_as_it_was_made(
    when: datetime, purposes: Collection[int], vendors: Collection[int], disclosed: Collection[int]
) -> None:
    text = tc_string(when, purposes=purposes, vendors=vendors, disclosed=disclosed)
    signal = decode_tc_string(text)
    assert signal.updated.date() == when.date()
    assert (signal.purposes, signal.vendors, signal.disclosed) == (purposes, vendors, disclosed)
