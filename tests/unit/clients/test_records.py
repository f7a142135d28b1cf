from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hanse_clients.errors import BrandRecordsMissingError
from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_policies.durable_files import held_alone
from hanse_policies.errors import HomeInUseError

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> BrandHome:
    configuration = BrandConfiguration(alliance="league", brand="alder", legal_entity="Alder Ltd")
    return BrandHome.found(tmp_path / "alder", configuration, now=NOW)


def test_a_new_brand_has_its_records(home: BrandHome) -> None:
    home.check_records()


@pytest.mark.parametrize("name", ["ledger_file", "journal_file", "state_file", "rounds_file"])
def test_records_that_vanished_are_not_made_anew(home: BrandHome, name: str) -> None:
    getattr(home, name).unlink()
    with pytest.raises(BrandRecordsMissingError):
        home.check_records()


def test_a_ledger_that_was_emptied_gives_no_budget_anew(home: BrandHome) -> None:
    home.ledger_file.write_bytes(b"")
    with pytest.raises(BrandRecordsMissingError):
        home.check_records()


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        held_alone(tmp_path / "lock"),
        pytest.raises(HomeInUseError),
        held_alone(tmp_path / "lock"),
    ):
        pass
    with held_alone(tmp_path / "lock"):
        pass
