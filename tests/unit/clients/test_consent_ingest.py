"""Imports of consent exports: what is read, and that everything else denies."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from hanse_clients.consent_ingest.gpp import decode_gpp_string, section_ids
from hanse_clients.consent_ingest.importing import ImportReport, import_consent
from hanse_clients.consent_ingest.refusals import Refusal, RefusedRow
from hanse_clients.consent_ingest.shapes import ConsentFormat, ImportTerms
from hanse_clients.consent_ingest.tcf import decode_tc_string
from hanse_clients.errors import ConsentFileError, ConsentTermsError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CORE = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
DISCLOSED = (
    "IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJ"
    "AAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)
SIGNAL = f"{CORE}.{DISCLOSED}"
"""The example of the IAB's TCF v2 specification."""
CHOSEN = datetime(2020, 2, 20, 23, 57, 39, 300_000, tzinfo=UTC)
TERMS = ImportTerms(NOW, 2, {"training": frozenset({1, 2, 3})})


def refusal_of(text: str, vendor: int = 2, purposes: tuple[int, ...] = (1,)) -> Refusal:
    with pytest.raises(RefusedRow) as refused:
        decode_tc_string(text).check(vendor, purposes)
    return refused.value.refusal


def run(
    folder: Path, text: str, shape: ConsentFormat, terms: ImportTerms = TERMS, name: str = "in.csv"
) -> tuple[ImportReport, list[dict[str, object]]]:
    (folder / name).write_text(text, encoding="utf-8")
    report = import_consent(folder / name, folder / "out.parquet", shape, terms, NOW)
    return report, parquet.read_table(folder / "out.parquet").to_pylist()


def test_the_published_tc_string_says_what_its_specification_says() -> None:
    signal = decode_tc_string(SIGNAL)

    assert (signal.created, signal.updated, signal.vendor_list) == (CHOSEN, CHOSEN, 15)
    assert (signal.purposes, signal.vendors) == ({1, 2, 3}, {2, 6, 8})
    signal.check(2, (1, 2, 3))


@pytest.mark.parametrize(
    ("text", "vendor", "purposes", "refusal"),
    [
        (CORE, 2, (1,), Refusal.VENDOR_NOT_DISCLOSED),
        (SIGNAL, 1, (1,), Refusal.VENDOR_NOT_DISCLOSED),
        (SIGNAL, 2, (4,), Refusal.PURPOSE_WITHOUT_CONSENT),
        (SIGNAL, 2, (), Refusal.PURPOSE_WITHOUT_CONSENT),
        (CORE[:30], 2, (1,), Refusal.TRUNCATED),
        (f"{CORE}.{DISCLOSED[:8]}", 2, (1,), Refusal.TRUNCATED),
        (f"{CORE}.{DISCLOSED}.{DISCLOSED}", 2, (1,), Refusal.NOT_DECODABLE),
        (f"B{SIGNAL[1:]}", 2, (1,), Refusal.UNKNOWN_VERSION),
        (f"D{SIGNAL[1:]}", 2, (1,), Refusal.UNKNOWN_VERSION),
        (f"{CORE}.4AAA", 2, (1,), Refusal.UNKNOWN_SECTION),
        ("", 2, (1,), Refusal.NOT_DECODABLE),
        ("C!", 2, (1,), Refusal.NOT_DECODABLE),
    ],
)
def test_a_signal_that_does_not_consent_is_refused_by_code(
    text: str, vendor: int, purposes: tuple[int, ...], refusal: Refusal
) -> None:
    assert refusal_of(text, vendor, purposes) is refusal


@given(end=st.integers(0, len(CORE) - 2))
def test_a_core_that_ends_early_never_consents(end: int) -> None:
    with pytest.raises(RefusedRow):
        decode_tc_string(CORE[:end] + "." + DISCLOSED).check(2, (1, 2, 3))


@given(text=st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789-_.~", max_size=80))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    for decode, start in ((decode_tc_string, "C"), (decode_gpp_string, "DBABMA~C")):
        with suppress(RefusedRow):
            decode(start + text).check(2, (1,))


@pytest.mark.parametrize(
    ("header", "sections"),
    [
        ("DBABM", (2,)), ("DBABMA", (2,)), ("DBACNY", (2, 6)), ("DBACNYA", (2, 6)),
        ("DBABjw", (5, 6)),
    ],
)  # fmt: skip
def test_the_published_gpp_headers_list_their_sections(
    header: str, sections: tuple[int, ...]
) -> None:
    assert section_ids(header) == sections


def test_a_gpp_string_is_read_for_its_european_section_alone() -> None:
    assert decode_gpp_string(f"DBACNY~{SIGNAL}~1YNN") == decode_tc_string(SIGNAL)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (f"DBABjw~{SIGNAL}~1YNN", Refusal.NO_CONSENT_SECTION),
        (f"DBACNY~{SIGNAL}", Refusal.TRUNCATED),
        (f"DCABMA~{SIGNAL}", Refusal.UNKNOWN_VERSION),
        (f"EBABMA~{SIGNAL}", Refusal.NOT_DECODABLE),
        ("DBAB", Refusal.TRUNCATED),
    ],
)
def test_a_gpp_string_that_is_not_understood_is_refused(text: str, refusal: Refusal) -> None:
    with pytest.raises(RefusedRow) as refused:
        decode_gpp_string(text)
    assert refused.value.refusal is refusal


def test_signals_become_grants_and_withdrawals_and_denials(tmp_path: Path) -> None:
    text = f"person,string\na,{SIGNAL}\nb,{CORE}\nc,{CORE[:20]}\n,{SIGNAL}\n"

    report, rows = run(tmp_path, text, ConsentFormat.TCF)

    assert report == ImportReport(4, 3, {"no-person": 1, "truncated": 1, "vendor-not-disclosed": 1})
    told = {row["person"]: (row["granted"], row["withdrawn"]) for row in rows}
    tenth = timedelta(milliseconds=100)
    assert told == {"a": (CHOSEN, None), "b": (None, CHOSEN + tenth), "c": (None, NOW)}
    assert rows[0]["expires"] == CHOSEN + timedelta(days=390)


def test_a_table_row_that_cannot_be_read_denies_its_person(tmp_path: Path) -> None:
    text = (
        "person,purpose,granted,expires,withdrawn,synced,age_band\n"
        "a,training,2026-05-01T00:00:00Z,,,2026-06-01T00:00:00Z,adult\n"
        "a,training,2026-05-01T00:00:00Z,soon,,2026-06-01T00:00:00Z,adult\n"
        "b,training,2026-05-01T00:00:00Z,,,2026-06-01T00:00:00Z,18+\n"
        "c,training,2026-05-01T00:00:00,,,2026-06-01T00:00:00Z,adult\n"
    )

    report, rows = run(tmp_path, text, ConsentFormat.TABLE)

    assert report.refused == {"instant-unreadable": 2, "word-unknown": 1}
    denied = {row["person"] for row in rows if row["withdrawn"] == NOW}
    assert denied == {"a", "b", "c"}


def test_iso_27560_events_become_rows(tmp_path: Path) -> None:
    def event(state: str, **more: str) -> dict[str, str]:
        return {"event_time": "2026-05-01T00:00:00Z", "event_state": state} | more

    purposes = [
        {"purpose": "training", "events": [event("given", validity_duration="P30D")]},
        {"purpose": "audience", "events": [event("withdrawn")]},
        {"purpose": "measurement", "events": [event("invalidated")]},
    ]
    unclear = [{"purpose": "marketing", "events": [event("perhaps")]}]
    records = [
        {"pii_principal_id": "a", "pii_processing": [{"purposes": purposes}]},
        {"pii_principal_id": "b", "pii_processing": [{"purposes": unclear}]},
    ]
    terms = ImportTerms(NOW, None, {})

    report, rows = run(tmp_path, json.dumps(records), ConsentFormat.ISO27560, terms, name="in.json")

    when = datetime(2026, 5, 1, tzinfo=UTC)
    assert report.refused == {"word-unknown": 1}
    assert (rows[0]["granted"], rows[0]["expires"]) == (when, when + timedelta(days=30))
    assert (rows[1]["withdrawn"], rows[2]["invalidated"]) == (when, when)
    assert {(r["person"], r["purpose"]) for r in rows if r["withdrawn"] == NOW} == {
        ("b", purpose) for purpose in ("training", "audience", "measurement", "marketing")
    }


@pytest.mark.parametrize("text", ["", "person\na\n", "person,string\na\n", "person,person\n"])
def test_a_file_of_another_shape_leaves_nothing_behind(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConsentFileError):
        run(tmp_path, text, ConsentFormat.TCF)

    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_an_import_never_overwrites(tmp_path: Path) -> None:
    run(tmp_path, f"person,string\na,{SIGNAL}\n", ConsentFormat.TCF)

    with pytest.raises(ConsentFileError, match="expected no file"):
        run(tmp_path, f"person,string\na,{SIGNAL}\n", ConsentFormat.TCF)


def test_a_signal_without_a_vendor_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(ConsentTermsError):
        run(tmp_path, "person,string\n", ConsentFormat.TCF, ImportTerms(NOW, None, {}))
