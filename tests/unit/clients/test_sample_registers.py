"""Whose consent counts in the sample leagues: as written, by the rule and by the query."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from hanse_clients.data.consent_expression import consenting_persons
from hanse_clients.data.expression import compile_sql
from hanse_clients.data.source import WarehouseLimits
from hanse_clients.data.tables import open_tables
from hanse_clients.data.view import MinimalView, view_for
from hanse_policies.documents import (
    AgeBand,
    ConsentBasis,
    ConsentRecord,
    ConsentStanding,
    DataAsset,
    Purpose,
    SourceFormat,
    TableSource,
    standing_of,
)
from hanse_policies.examples.folder import DocumentFile, LeagueFolder, find_document, read_folder
from tests.support.brand_tables import SALT
from tests.support.sample_leagues import LEAGUES, SAMPLES

CASES = (
    ConsentStanding.WITHDRAWN,
    ConsentStanding.EXPIRED,
    ConsentStanding.STALE,
    ConsentStanding.NOT_GRANTED,
    ConsentStanding.BASIS,
    ConsentStanding.NOTICE,
    ConsentStanding.AGE_UNKNOWN,
    ConsentStanding.UNDER_AGE,
    ConsentStanding.JURISDICTION,
    ConsentStanding.RECIPIENT,
    ConsentStanding.VALID,
)
"""What every register holds a person of."""


class Register:
    """One brand's register of a sample league, and what is written of it."""

    def __init__(self, folder: LeagueFolder, brand: str) -> None:
        self.folder, self.brand = folder, brand
        self.file = _named(folder.assets, brand)
        self.asset: DataAsset = self.file.loaded.document
        with (folder.path / "counting.csv").open(encoding="utf-8", newline="") as source:
            told = [row for row in csv.DictReader(source) if row["brand"] == brand]
        (self.now,) = {datetime.fromisoformat(row["instant"]) for row in told}
        (self.recipients,) = {tuple(row["recipients"].split()) for row in told}
        self.counting = {Purpose(row["purpose"]): sorted(row["persons"].split()) for row in told}
        assert len(self.counting) == len(told)

    def view(self, purpose: Purpose) -> MinimalView:
        """What a study of the league for this purpose may see, where these recipients receive."""
        study = next(
            file.loaded.document
            for file in self.folder.studies
            if file.loaded.document.purpose is purpose
            and set(file.loaded.document.columns()) <= set(self.asset.columns_by_name)
        )
        asked = study.model_copy(update={"recipients": self.recipients})
        policy = _named(self.folder.policies, self.brand).loaded.document
        return view_for(asked, self.asset, policy, self.now, SALT)

    def records(self) -> Mapping[str, list[ConsentRecord]]:
        """Read the register as the asset maps it, with none of the warehouse's code."""
        path = (self.file.path.parent / self.asset.consent.source.path).resolve()
        held: dict[str, list[ConsentRecord]] = {}
        with path.open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                held.setdefault(row[self.asset.consent.person], []).append(self._record(row))
        return held

    def _record(self, row: Mapping[str, str]) -> ConsentRecord:
        mapping = self.asset.consent
        purposes = {word: purpose for purpose, word in mapping.purposes.items()}

        def told(field: str) -> str | None:
            return row[getattr(mapping, field)] or None

        instants = {
            field: None if (text := told(field)) is None else datetime.fromisoformat(text)
            for field in ("granted", "expires", "withdrawn", "synced")
        }
        scope = told("recipients")
        return ConsentRecord(
            purpose=purposes[row[mapping.purpose]],
            **instants,
            basis=ConsentBasis(told("basis")),
            notice=told("notice"),
            age_band=AgeBand(told("age_band")),
            guardian={None: None, "true": True, "false": False}[told("guardian")],
            jurisdiction=told("jurisdiction"),
            recipients=None if scope is None else frozenset(scope.split()),
        )


def _named(files: tuple[DocumentFile, ...], brand: str) -> DocumentFile:
    found = find_document(files, brand)
    assert found is not None
    return found


def registers() -> Iterator[tuple[LeagueFolder, str]]:
    for league in LEAGUES:
        folder = read_folder(SAMPLES / league)
        for member in folder.charter.loaded.document.members:
            yield folder, str(member.brand)


@pytest.fixture(params=registers(), ids=lambda param: param[1])
def register(request: pytest.FixtureRequest) -> Register:
    return Register(*request.param)


def test_the_rule_counts_the_persons_who_are_written_down(register: Register) -> None:
    assert set(register.counting) == set(register.asset.consent.purposes)
    for purpose, expected in register.counting.items():
        need = register.view(purpose).need
        held = register.records()
        counted = [
            person
            for person, records in held.items()
            if standing_of(records, register.now, need) is ConsentStanding.VALID
        ]
        assert sorted(counted) == expected


def test_the_compiled_query_counts_the_persons_who_are_written_down(
    register: Register, tmp_path: Path
) -> None:
    asset = register.asset
    table = tmp_path / "persons.csv"
    names = (asset.person, *asset.columns_by_name)
    table.write_text(",".join(names) + "\n", encoding="utf-8")
    stored = asset.model_copy(
        update={"source": TableSource(format=SourceFormat.CSV, path=str(table))}
    )
    with open_tables(stored, register.file.path.parent, WarehouseLimits()) as engine:
        for purpose, expected in register.counting.items():
            query = compile_sql(consenting_persons(register.view(purpose)))
            assert sorted(who for (who,) in engine.execute(query).fetchall()) == expected


def test_every_register_holds_a_person_for_each_reason_that_consent_does_not_count(
    register: Register,
) -> None:
    found = set()
    for purpose in register.counting:
        need = register.view(purpose).need
        found |= {standing_of(r, register.now, need) for r in register.records().values()}
    assert set(CASES) <= found
