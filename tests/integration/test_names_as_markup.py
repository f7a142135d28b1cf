"""A member cannot alter, by its name, how the operator's tables show it."""

from __future__ import annotations

import ast
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_clients.home import BrandConfiguration, BrandHome
from hanse_policies.command import run
from hanse_policies.documents import AllianceId, BrandId
from tests.support.league_documents import ALLIANCE
from tests.support.league_parties import LeagueClock, found_league_operator, join

ROOT = Path(__file__).parents[2]
OPERATOR = {"operator": EntryPoint("operator", "hanse_server.cli.app:app", "hanse.commands")}


@pytest.mark.parametrize("entity", ["Ash [/b] Ltd", "Ash [bold]Trust[/] Ltd", "Ash :smiley: Ltd"])
def test_a_legal_entity_is_shown_as_it_is_written(
    entity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = LeagueClock()
    operator = found_league_operator(tmp_path / "operator", clock())
    configuration = BrandConfiguration(
        alliance=AllianceId(ALLIANCE),
        brand=BrandId("ash"),
        legal_entity=entity,
        jurisdiction="DE",
    )
    home = BrandHome.found(tmp_path / "ash", configuration, now=clock())
    with operator.open_store() as store:
        join(operator, store, home, clock())

    assert run(["operator", "members", "--home", str(tmp_path / "operator")], OPERATOR) == 0
    assert entity in capsys.readouterr().out


def test_every_table_of_a_command_shows_names_as_they_are_written() -> None:
    """Whoever prints with rich shows what comes out of a document through `plain`."""
    printing = []
    for package in ("policies", "clients", "server"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            if any(node.module in {"rich.table", "rich.console"} for node in froms):
                names = {alias.name for node in froms for alias in node.names}
                printing.append((path.name, "plain" in names))
    assert printing
    assert [name for name, is_plain in printing if not is_plain] == []
