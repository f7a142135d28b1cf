"""A consent register that an earlier version of the asset described otherwise hides nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hanse_clients.client import BrandClient
from hanse_policies.command import run
from hanse_policies.documents import Purpose, SourceFormat, TableSource
from hanse_policies.signing import Envelope
from tests.support.consent_ends import (
    GONE,
    alder,
    desk_of,
    end,
    map_invalidations,
    measured,
    trained,
    withdrawn,
)
from tests.support.league_parties import BrandParts, SmallLeague, put_asset, small_league

GROUPS = {"brand": EntryPoint("brand", "hanse_clients.cli.app:app", "hanse.commands")}
pytestmark = pytest.mark.slow


@pytest.fixture
def league(tmp_path: Path) -> Iterator[SmallLeague]:
    with small_league(tmp_path) as founded:
        yield founded


def describe_otherwise(parts: BrandParts, what: str) -> None:
    """Sign a version of the asset under which rows of before are not looked at any more."""
    asset = parts.home.documents.asset().document
    table = pq.read_table(parts.home.path / "register.parquet")
    place = table.column_names.index(asset.consent.withdrawn)
    table = table.append_column("withdrawn_since", pa.nulls(len(table), table.schema[place].type))
    pq.write_table(table, parts.home.path / "register.parquet")
    pq.write_table(table, parts.home.path / "register-2.parquet")
    words = {**asset.consent.purposes, Purpose.AUDIENCE_ANALYTICS: "another word"}
    source = TableSource(format=SourceFormat.PARQUET, path="register-2.parquet")
    changes: dict[str, dict[str, object]] = {
        "word": {"purposes": words},
        "table": {"source": source},
        "column": {"withdrawn": "withdrawn_since"},
    }
    consent = asset.consent.model_copy(update=changes[what])
    put_asset(parts.home, asset.model_copy(update={"consent": consent}))


@pytest.mark.parametrize("what", ["word", "table", "column"])
def test_a_register_described_otherwise_since_a_use_is_told_and_hides_no_withdrawal(
    league: SmallLeague, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(league)
    parts = alder(league)
    end(league, GONE, withdrawn)
    describe_otherwise(parts, what)
    with BrandClient(parts.home, league.clock) as brand:
        (ends,) = brand.withdrawals(is_dry=True).found
    assert ends.problem == "register-changed"
    assert run(["brand", "withdrawals", "--home", str(parts.home.path)], GROUPS) == 6
    shown = capsys.readouterr()
    assert "no consent has ended" not in shown.out
    assert "an earlier version of asset.yaml" in shown.err
    assert "sign a version that describes it as then" in shown.err


def test_a_version_of_the_asset_that_is_lost_or_not_ours_is_told_too(league: SmallLeague) -> None:
    measured(league)
    parts = alder(league)
    asset = parts.home.documents.asset().document
    put_asset(parts.home, asset.model_copy(update={"persons_at_most": 1000}))
    (ends,) = desk_of(parts).look(league.clock()).found
    assert ends.problem == ""
    (file,) = (
        one
        for one in (parts.home.path / "superseded").glob("*.dsse.json")
        if Envelope.from_json(one.read_bytes()).kind == "DataAsset"
    )
    file.write_bytes(file.read_bytes().replace(b'"sig":"', b'"sig":"AAAA')[:-1])
    (ends,) = desk_of(parts).look(league.clock()).found
    assert ends.problem == "register-changed"
    file.unlink()
    (ends,) = desk_of(parts).look(league.clock()).found
    assert ends.problem == "register-changed"


def test_a_study_that_began_after_the_change_is_told_in_full(league: SmallLeague) -> None:
    measured(league)
    parts = alder(league)
    describe_otherwise(parts, "table")
    before = (league.clock.start - timedelta(hours=1)).timestamp()
    for file in (parts.home.path / "superseded").glob("*.dsse.json"):
        os.utime(file, (before, before))
    (ends,) = desk_of(parts).look(league.clock()).found
    assert ends.problem == ""


def test_mapping_when_consents_were_invalidated_hides_nothing(league: SmallLeague) -> None:
    trained(league)
    map_invalidations(league)
    with BrandClient(alder(league).home, league.clock) as brand:
        (ends,) = brand.withdrawals(is_dry=True).found
    assert ends.problem == ""
