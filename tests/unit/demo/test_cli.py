from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hanse_demo import cli
from hanse_demo.errors import DemoFolderError, DemoInterruptedError, DemoOutcomeError
from hanse_demo.summary import DemoSummary
from hanse_federation.desk import StudyState
from hanse_policies.documents import TrustMode
from tests.support.demo_summary import AS_PLANNED

RUNNER = CliRunner()


def stub(summary: DemoSummary | BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_demo(*_: object) -> DemoSummary:
        if isinstance(summary, BaseException):
            raise summary
        return summary

    monkeypatch.setattr(cli, "run_demo", run_demo)


def test_options_are_told_by_help_and_no_subcommand_is_needed() -> None:
    told = RUNNER.invoke(cli.app, ["--help"], env={"COLUMNS": "120", "NO_COLOR": "1"})
    assert told.exit_code == 0
    for option in ("--brands", "--mode", "--out", "--json"):
        assert option in told.output
    assert "COMMAND" not in told.output


@pytest.mark.parametrize("brands", ["2", "21"])
def test_a_league_of_the_wrong_size_is_a_usage_error(brands: str, tmp_path: Path) -> None:
    told = RUNNER.invoke(cli.app, ["--brands", brands, "--out", str(tmp_path)])
    assert told.exit_code == 2


def test_a_mode_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    told = RUNNER.invoke(cli.app, ["--mode", "trusted", "--out", str(tmp_path)])
    assert told.exit_code == 2


@pytest.mark.parametrize(
    ("options", "mode"), [((), TrustMode.LOCAL), (("--mode", "distributed"), TrustMode.DISTRIBUTED)]
)
def test_the_demo_runs_in_the_mode_asked_for_and_in_mode_local_by_default(
    options: tuple[str, ...], mode: TrustMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def run_demo(*arguments: object) -> DemoSummary:
        asked.extend(arguments)
        return AS_PLANNED

    monkeypatch.setattr(cli, "run_demo", run_demo)
    assert RUNNER.invoke(cli.app, [*options, "--json"]).exit_code == 0
    assert [argument for argument in asked if isinstance(argument, TrustMode)] == [mode]


def test_json_is_all_that_goes_to_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(AS_PLANNED, monkeypatch)
    told = RUNNER.invoke(cli.app, ["--json"])
    assert told.stdout.startswith("{\n")
    assert '"pooled_auc": 0.8' in told.stdout


def test_an_outcome_that_was_not_planned_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    line = AS_PLANNED.studies[0]
    failed = replace(line, outcome=StudyState.FAILED)
    stub(replace(AS_PLANNED, studies=(failed,)), monkeypatch)
    told = RUNNER.invoke(cli.app, ["--json"])
    assert isinstance(told.exception, DemoOutcomeError)


def test_errors_keep_their_own_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub(DemoFolderError(tmp_path, "a file"), monkeypatch)
    assert isinstance(RUNNER.invoke(cli.app, []).exception, DemoFolderError)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_stop_is_told_and_handlers_come_back(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_demo(*_: object) -> DemoSummary:
        signal.raise_signal(number)
        raise AssertionError

    monkeypatch.setattr(cli, "run_demo", run_demo)
    before = signal.getsignal(number)
    assert isinstance(RUNNER.invoke(cli.app, []).exception, DemoInterruptedError)
    assert signal.getsignal(number) is before
