"""`hanse brand replay`: past studies under another policy, with the persons that each reaches."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients.home import BrandHome
from hanse_policies.command import run
from hanse_policies.documents import BrandPolicy, ConsentRules
from hanse_policies.exit_codes import ExitCode
from tests.support.brand_tables import TRAINING_WORD, ConsentRow
from tests.support.league_documents import a_league_histogram, a_league_policy, a_league_study
from tests.support.league_parties import (
    CANARY,
    DAY,
    SmallLeague,
    persons_of,
    small_league,
    write_data,
    write_yaml,
)

BRAND = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
Replay = Callable[..., tuple[int, str, str]]
"""Runs `hanse brand replay` with these arguments; gives exit code, output and error line."""


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path, ("alder",)) as founded:
        yield founded


@pytest.fixture
def alder(league: SmallLeague) -> BrandHome:
    """A brand that heard of a training, and whose last hundred persons' consents are stale."""
    league.approved(a_league_study(league.clock()))
    home, now = league.brands["alder"].home, league.clock()
    consents = [
        ConsentRow(
            row.customer,
            use=TRAINING_WORD,
            given=now - 30 * DAY,
            as_of=now - timedelta(hours=1 if number < 200 else 20),
        )
        for number, row in enumerate(persons_of("alder"))
    ]
    write_data(home, now, consents=consents)
    return home


@pytest.fixture
def replay(alder: BrandHome, capsys: pytest.CaptureFixture[str]) -> Replay:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        exit_code = run(["brand", "replay", *arguments, "--home", str(alder.path)], BRAND)
        told = capsys.readouterr()
        assert CANARY not in told.out + told.err
        return exit_code, told.out, told.err.strip()

    return call


def newer(home: BrandHome, tmp_path: Path, **changes: object) -> str:
    policy: BrandPolicy = home.documents.policy().document.model_copy(
        update={"version": "9.0.0"} | changes
    )
    file = tmp_path / "newer.yaml"
    write_yaml(file, policy)
    return str(file)


def test_persons_are_counted_by_the_consent_rules_of_each_version(
    alder: BrandHome, replay: Replay, tmp_path: Path
) -> None:
    file = newer(alder, tmp_path, consent=ConsentRules(max_age_hours=12))

    exit_code, out, err = replay(file, "--json")

    (told,) = json.loads(out)["replayed"]
    assert (exit_code, err) == (0, "")
    assert (told["study"], told["before"], told["after"]) == ("propensity", "permit", "permit")
    assert (told["persons_before"], told["persons_after"]) == (300, 200)
    assert "persons 300 -> 200 (-100)" in replay(file)[1]
    assert "this screen alone" in replay(file)[1]


def test_an_instant_at_the_edge_of_time_is_refused_by_its_option(
    alder: BrandHome, replay: Replay, tmp_path: Path
) -> None:
    file = newer(alder, tmp_path)
    for now in ("9999-12-31T12:00:00Z", "0001-01-02T00:00:00Z"):
        exit_code, _, err = replay(file, "--now", now)
        assert exit_code == ExitCode.USAGE
        assert "--now: expected an instant of the years" in err


def test_verdict_columns_and_budget_are_told_beside_the_persons(
    alder: BrandHome, replay: Replay, tmp_path: Path
) -> None:
    file = newer(alder, tmp_path, permits=(), budgets=())

    (told,) = json.loads(replay(file, "--json")[1])["replayed"]

    assert (told["before"], told["after"]) == ("permit", "deny")
    assert told["lost_columns"]
    assert told["epsilon_after"] is None
    assert told["persons_before"] == told["persons_after"] == 300


def test_studies_of_a_folder_take_the_place_of_those_heard_of(
    league: SmallLeague, alder: BrandHome, replay: Replay, tmp_path: Path
) -> None:
    folder = tmp_path / "studies"
    folder.mkdir()
    write_yaml(folder / "audience.yaml", a_league_histogram(league.clock()))
    file = newer(alder, tmp_path)

    (told,) = json.loads(replay(file, "--study", str(folder), "--json")[1])["replayed"]

    assert told["study"] == "audience"
    assert told["persons_after"] == 0  # Nobody's consent to analytics is in the register.


def test_a_study_of_columns_that_the_asset_does_not_list_is_not_counted(
    league: SmallLeague, alder: BrandHome, replay: Replay, tmp_path: Path
) -> None:
    study = a_league_study(league.clock()).model_copy(update={"asset": "other"})
    write_yaml(tmp_path / "study.yaml", study)
    file = newer(alder, tmp_path)

    arguments = (file, "--study", str(tmp_path / "study.yaml"))
    (told,) = json.loads(replay(*arguments, "--json")[1])["replayed"]

    assert (told["persons_before"], told["persons_after"]) == (None, None)
    assert "persons not counted" in replay(*arguments)[1]


def test_another_brands_policy_is_refused(
    league: SmallLeague, replay: Replay, tmp_path: Path
) -> None:
    write_yaml(tmp_path / "other.yaml", a_league_policy("birch", league.clock()))

    exit_code, _, err = replay(str(tmp_path / "other.yaml"))

    assert (exit_code, err.partition(": ")[0]) == (ExitCode.BAD_INPUT, "home-document-foreign")


def test_counts_are_neither_logged_nor_kept(
    alder: BrandHome, replay: Replay, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = newer(alder, tmp_path, consent=ConsentRules(max_age_hours=12))
    records = [alder.ledger_file, alder.journal_file, alder.state_file, alder.rounds_file]
    before = [record.read_bytes() for record in records]

    with caplog.at_level(logging.DEBUG):
        replay(file)

    assert "300" not in caplog.text
    assert "200" not in caplog.text
    assert [record.read_bytes() for record in records] == before
