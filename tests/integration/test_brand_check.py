"""`hanse brand check`: the exact fault for the brand's own people, through the real command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hanse_clients.client import BrandClient
from hanse_clients.errors import OneClassLabelError
from hanse_policies.command import run
from hanse_policies.documents import Study
from hanse_policies.exit_codes import ExitCode
from tests.support.brand_tables import PersonRow
from tests.support.league_documents import a_league_histogram, a_league_study
from tests.support.league_parties import (
    CANARY,
    SmallLeague,
    consent_for,
    persons_of,
    small_league,
    write_data,
)

BRAND = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
Check = Callable[..., tuple[int, str, str]]
"""Runs `hanse brand check` with these arguments; gives exit code, output and error line."""


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def check(league: SmallLeague, capsys: pytest.CaptureFixture[str]) -> Check:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        home = str(league.brands["alder"].home.path)
        exit_code = run(["brand", "check", *arguments, "--home", home], BRAND)
        told = capsys.readouterr()
        assert CANARY not in told.out + told.err
        return exit_code, told.out, told.err.strip()

    return call


def approved(league: SmallLeague, study: Study | None = None) -> None:
    league.approved(study or a_league_study(league.clock()))


def put(league: SmallLeague, rows: list[PersonRow]) -> None:
    write_data(league.brands["alder"].home, league.clock(), rows)


def test_a_sound_brand_is_told_the_true_figures(league: SmallLeague, check: Check) -> None:
    approved(league)

    exit_code, out, err = check("propensity", "--json")

    told = json.loads(out)
    assert (exit_code, err, told["persons"], told["asset"]) == (0, "", 300, "customers")
    assert 30 <= told["held_out"] <= 90
    assert "300 persons would take part" in check("propensity")[1]
    assert "this screen alone" in check("propensity")[1]


def test_a_measurement_has_no_held_out_persons(league: SmallLeague, check: Check) -> None:
    approved(league, a_league_histogram(league.clock()))

    told = json.loads(check("audience", "--json")[1])

    assert (told["persons"], told["held_out"]) == (300, None)


def test_without_a_study_only_schemas_are_read(league: SmallLeague, check: Check) -> None:
    put(league, [replace(row, spend=None) for row in persons_of("alder")])

    exit_code, out, _ = check("--json")

    assert exit_code == 0
    assert json.loads(out) == {
        "asset": "customers",
        "study": None,
        "persons": None,
        "held_out": None,
    }
    assert "No row was read" in check()[1]


def test_an_unknown_study_is_refused_by_its_name(check: Check) -> None:
    exit_code, _, err = check("no-such-study")

    assert (exit_code, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "study-name-unknown")


def test_a_missing_parquet_file_is_named(league: SmallLeague, check: Check) -> None:
    (league.brands["alder"].home.path / "people.parquet").unlink()

    exit_code, _, err = check()

    assert (exit_code, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "source-missing")
    assert "people.parquet" in err


def test_a_missing_person_column_is_named(league: SmallLeague, check: Check) -> None:
    path = league.brands["alder"].home.path / "people.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["customer"]), path)

    exit_code, _, err = check()

    assert (exit_code, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "column-missing")
    assert "column customer" in err


def _several(rows: list[PersonRow]) -> list[PersonRow]:
    return [*rows, replace(rows[5], spend=1.0)]


def _changed(rows: list[PersonRow], **fields: object) -> list[PersonRow]:
    return [*rows[:5], replace(rows[5], **fields), *rows[6:]]  # type: ignore[arg-type]


FAULTS: dict[str, tuple[Callable[[list[PersonRow]], list[PersonRow]], str]] = {
    "label-one-class": (lambda rows: [replace(r, bought=True) for r in rows], "column bought"),
    "feature-not-finite": (lambda rows: _changed(rows, spend=float("nan")), "column spend"),
    "feature-value-missing": (lambda rows: _changed(rows, visits=None), "column visits"),
    "label-invalid": (lambda rows: _changed(rows, bought=None), "column bought"),
    "several-rows-per-person": (_several, "column customer"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_of_rows_is_told_exactly(league: SmallLeague, check: Check, code: str) -> None:
    approved(league)
    change, place = FAULTS[code]
    put(league, change(persons_of("alder")))

    exit_code, out, err = check("propensity")

    assert (exit_code, out, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "", code)
    assert place in err
    assert len(err.splitlines()) == 1


def test_an_empty_cohort_is_told(league: SmallLeague, check: Check) -> None:
    approved(league)
    now = league.clock()
    gone = [replace(row, taken_back=now) for row in consent_for(persons_of("alder"), now)]
    write_data(league.brands["alder"].home, now, consents=gone)

    exit_code, _, err = check("propensity")

    assert (exit_code, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "cohort-empty")


def test_a_notebook_gets_the_same_error(league: SmallLeague) -> None:
    approved(league)
    put(league, [replace(row, bought=False) for row in persons_of("alder")])

    with (
        BrandClient(league.brands["alder"].home, league.clock) as brand,
        pytest.raises(OneClassLabelError, match="label column bought"),
    ):
        brand.check("propensity")
