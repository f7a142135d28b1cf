"""What an import of consents leaves out hides no withdrawal and makes no register fresher."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hanse_clients.consent_ingest.importing import import_consent
from hanse_clients.consent_ingest.shapes import ConsentFormat, ImportTerms
from hanse_policies.documents import ConsentEnd
from tests.support.brand_tables import ANALYTICS_WORD
from tests.support.consent_ends import GONE, alder, charges, desk_of, measured
from tests.support.league_documents import a_league_histogram
from tests.support.league_parties import (
    DAY,
    PERSONS,
    BrandParts,
    SmallLeague,
    person,
    small_league,
)
from tests.support.league_rounds import ask_to_join, refused
from tests.support.tc_strings import tc_string

VENDOR = 755
SIGNALS = ("person", "string")
NAMES = {
    "person": "subject",
    "purpose": "use",
    "granted": "given",
    "expires": "until",
    "withdrawn": "taken_back",
    "synced": "as_of",
}
"""What the brand's own register calls the columns of an import."""
TABLE = tuple(NAMES)
pytestmark = pytest.mark.slow


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def bring_in(
    parts: BrandParts,
    shape: ConsentFormat,
    headings: Iterable[str],
    rows: Iterable[tuple[str, ...]],
    now: datetime,
) -> None:
    """Import an export as the brand's register, in place of the one that is there."""
    folder, name = parts.home.path, "imported.parquet"
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([tuple(headings), *rows])
    (folder / name).unlink(missing_ok=True)
    terms = ImportTerms(now, VENDOR, {ANALYTICS_WORD: frozenset({1, 2})})
    import_consent(folder / "export.csv", folder / name, shape, terms, now)
    table = pq.read_table(folder / name).select(list(NAMES))
    pq.write_table(table.rename_columns(list(NAMES.values())), folder / "register.parquet")


def signals(chosen: datetime, gone: int, now: datetime) -> list[tuple[str, str]]:
    """Export each person's present choice alone; the first ones take theirs back now."""
    given = tc_string(chosen, purposes=(1, 2), vendors=(VENDOR,), disclosed=(VENDOR,))
    refusal = tc_string(now, purposes=(), vendors=(), disclosed=(VENDOR,))
    return [
        (person("alder", number), refusal if number < gone else given) for number in range(PERSONS)
    ]


def test_withdrawals_in_consent_signals_whose_grants_are_gone_are_found_and_signed(
    league: SmallLeague,
) -> None:
    parts, chosen = alder(league), league.clock() - 30 * DAY
    now = league.clock()
    bring_in(parts, ConsentFormat.TCF, SIGNALS, signals(chosen, 0, now), now)
    measured(league)
    now = league.clock()
    bring_in(parts, ConsentFormat.TCF, SIGNALS, signals(chosen, GONE, now), now)
    report = desk_of(parts).settle(league.clock())
    assert [ends.problem for ends in report.found] == [""]
    (signed,) = report.signed
    assert signed.document.end is ConsentEnd.WITHDRAWN
    assert signed.document.persons is not None
    assert signed.document.persons.at_most == 50


def test_a_person_whose_row_cannot_be_read_is_told_and_not_taken_for_withdrawn(
    league: SmallLeague,
) -> None:
    parts = alder(league)
    measured(league)
    now = league.clock()
    told = [
        (person("alder", number), ANALYTICS_WORD, (now - 30 * DAY).isoformat(), "", "", "")
        for number in range(PERSONS)
    ]
    told.append((person("alder", 1), ANALYTICS_WORD, "", "", "soon", ""))
    bring_in(parts, ConsentFormat.TABLE, TABLE, told, now)
    report = desk_of(parts).settle(league.clock())
    assert [(ends.persons, ends.problem) for ends in report.found] == [((), "register-unreadable")]
    assert report.signed == ()


def test_an_unreadable_row_does_not_freshen_a_stale_register(league: SmallLeague) -> None:
    parts, digest = alder(league), league.approved(a_league_histogram(league.clock()))
    now = league.clock()
    synced = (now - 30 * DAY).isoformat()
    told = [
        (person("alder", number), ANALYTICS_WORD, synced, "", "", synced)
        for number in range(PERSONS)
    ]
    told.append((person("alder", 1), ANALYTICS_WORD, "soon", "", "", synced))
    bring_in(parts, ConsentFormat.TABLE, TABLE, told, now)
    assert "consent.age" in parts.gate.judge(digest, league.clock()).decision.denied_by
    assert refused(league, ask_to_join(digest)) == "policy-denied"
    assert charges(parts) == []
