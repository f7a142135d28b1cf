"""Every tutorial and how-to works as typed: its commands run, and print what the page shows."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from tests.support.console import Step, failures, run_steps, steps_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PORT = ":7443"
TIMEOUT_SECONDS = 600

LIGHT = [
    "tutorials/compliance-officer.md",
    "how-to/test-your-policies.md",
    "how-to/follow-a-changed-charter.md",
]
"""Pages that start no process of a league."""
LEAGUES = ["tutorials/operator.md", "tutorials/brand.md"]
HOW_TO_PAGES = sorted(
    path.name for path in (DOCS / "how-to").glob("*.md") if f"how-to/{path.name}" not in LIGHT
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def run_pages(pages: list[str], folder: Path) -> tuple[str, ...]:
    """Run the blocks of several pages after one another, as a reader would."""
    text = "\n".join(read(page) for page in pages).replace(PORT, f":{free_port()}")
    steps = steps_of(text)
    variables = {
        "HANSE": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return failures(run_steps(steps, folder, variables, TIMEOUT_SECONDS), steps)


@pytest.mark.parametrize("page", LIGHT)
def test_a_page_without_a_league_works_as_typed(page: str, tmp_path: Path) -> None:
    assert run_pages([page], tmp_path) == ()


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_SECONDS + 60)
@pytest.mark.parametrize("page", LEAGUES)
def test_a_tutorial_with_a_league_works_as_typed(page: str, tmp_path: Path) -> None:
    assert run_pages([page], tmp_path) == ()


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_SECONDS + 60)
def test_the_how_to_pages_work_in_the_league_of_the_operators_tutorial(tmp_path: Path) -> None:
    order = [
        "read-the-ledger-and-egress-journal.md",
        "open-a-commitment.md",
        "score-customers.md",
        "change-a-budget.md",
        "refuse-or-stop-a-running-study.md",
        "choose-a-trust-mode.md",
        "renew-certificates.md",
        "revoke-a-brand.md",
        "handle-withdrawals.md",
    ]
    assert sorted(order) == HOW_TO_PAGES
    tutorial = read("tutorials/operator.md")
    league = tutorial.split("## In Python")[0]
    setting = tmp_path / "setting.md"
    setting.write_text(league, encoding="utf-8")
    pages = [str(setting), *(f"how-to/{name}" for name in order)]
    assert run_pages(pages, tmp_path) == ()


def test_every_page_has_commands_that_are_run() -> None:
    pages = [*LIGHT, *LEAGUES, *(f"how-to/{name}" for name in HOW_TO_PAGES)]
    assert [page for page in pages if not steps_of(read(page))] == []


def test_a_line_that_is_not_printed_is_found(tmp_path: Path) -> None:
    steps = (Step("echo one; echo two", ("one", "tw...")), Step("echo three", ("four",)))
    found = failures(run_steps(steps, tmp_path, {}, 20), steps)
    assert len(found) == 1
    assert "did not print `four`" in found[0]


def test_a_command_that_fails_is_found_unless_its_status_is_shown(tmp_path: Path) -> None:
    steps = (Step("false", ()), Step("echo $?", ("1",)), Step("exit_code() { return 3; }", ()))
    assert failures(run_steps(steps, tmp_path, {}, 20), steps) == ()
    failing = (Step("false", ()), Step("echo x", ("x",)))
    found = failures(run_steps(failing, tmp_path, {}, 20), failing)
    assert [line.split(":")[0] for line in found] == ["not run", "false\nended with 1"]
