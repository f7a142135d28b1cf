from __future__ import annotations

import resource
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_policies.command import ENTRY_POINT_GROUP, run

POLICIES = Path(__file__).parents[3] / "policies"
HEAVY = ("numpy", "torch", "flwr", "grpc", "duckdb", "ibis", "pyarrow", "sqlalchemy")


def entry(name: str, target: str) -> dict[str, EntryPoint]:
    return {name: EntryPoint(name, target, ENTRY_POINT_GROUP)}


POLICY = entry("policy", "hanse_policies.cli.app:app")


@pytest.fixture
def broken_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a module on the path whose commands fail in several ways."""
    (tmp_path / "hanse_broken.py").write_text(
        "import typer\n"
        "from hanse_policies.errors import HanseError\n"
        "app = typer.Typer()\n"
        "class FullError(HanseError):\n"
        "    code = 'disk-full'\n"
        "    exit_code = 6\n"
        "@app.command()\n"
        "def full():\n    raise FullError('no space\\nleft')\n"
        "@app.command()\n"
        "def defect():\n    raise KeyError('person 17')\n"
        "@app.command()\n"
        "def extra():\n    import surely_not_installed\n"
        "@app.command()\n"
        "def stop():\n    raise KeyboardInterrupt\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "hanse_broken:app"


def test_help_lists_all_groups_without_loading_any(capsys: pytest.CaptureFixture[str]) -> None:
    groups = entry("operator", "no_such_module:app") | entry("policy", "no_such_module:app")
    assert run(["--help"], groups) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert listed == ["policy", "operator"]
    assert any("Check, explain, sign and verify documents." in line for line in lines)


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], POLICY) == 0
    assert "Usage: hanse" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"], POLICY) == 0
    assert capsys.readouterr().out.startswith("hanse ")


def test_a_group_whose_extra_is_missing_gives_one_clear_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["brand", "run"], entry("brand", "surely_not_installed.cli:app")) == 2
    assert capsys.readouterr().err == (
        "missing-extra: hanse brand needs the brand extra: pip install 'hanse[brand]'\n"
    )


def test_an_extra_that_is_missed_while_a_command_runs_gives_the_same_line(
    capsys: pytest.CaptureFixture[str], broken_group: str
) -> None:
    assert run(["demo", "extra"], entry("demo", broken_group)) == 2
    assert "hanse demo needs the demo extra" in capsys.readouterr().err


def test_an_unknown_group_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["polcy"], POLICY) == 2
    assert capsys.readouterr().err == (
        "usage: expected one of policy, got `polcy`; run: hanse --help\n"
    )


def test_wrong_arguments_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "check"], POLICY) == 2
    assert capsys.readouterr().err == (
        "usage: missing argument 'FILE...'; run: hanse policy check --help\n"
    )


def test_an_error_is_one_line_with_its_code(
    capsys: pytest.CaptureFixture[str], broken_group: str
) -> None:
    assert run(["demo", "full"], entry("demo", broken_group)) == 6
    assert capsys.readouterr().err == "disk-full: no space left\n"


def test_a_defect_shows_neither_traceback_nor_what_it_held(
    capsys: pytest.CaptureFixture[str], broken_group: str
) -> None:
    assert run(["demo", "defect"], entry("demo", broken_group)) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("internal: unexpected KeyError at ")
    assert "hanse_broken.py:12" in shown
    assert "person 17" not in shown
    assert shown.count("\n") == 1


def test_a_traceback_is_shown_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], broken_group: str
) -> None:
    assert run(["--traceback", "demo", "defect"], entry("demo", broken_group)) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str], broken_group: str) -> None:
    assert run(["demo", "stop"], entry("demo", broken_group)) == 130
    assert "Traceback" not in capsys.readouterr().err


def in_new_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(POLICIES)},
        capture_output=True,
        text=True,
        check=True,
    )


HELP = (
    "from importlib.metadata import EntryPoint\n"
    "from hanse_policies.command import run\n"
    "import sys\n"
    "run(['policy', '--help'],"
    " {'policy': EntryPoint('policy', 'hanse_policies.cli.app:app', 'hanse.commands')})\n"
)


def test_the_help_of_a_group_loads_no_document_model() -> None:
    done = in_new_process(HELP + "print(sorted(m for m in sys.modules if m == 'pydantic'))")
    assert done.stdout.endswith("[]\n")


def test_the_help_of_a_group_starts_fast() -> None:
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        in_new_process(HELP)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Processor time: other tests that run beside this one do not count.
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.4


def test_the_whole_package_loads_nothing_heavy() -> None:
    done = in_new_process(
        "import sys, pkgutil, importlib, hanse_policies\n"
        "for m in pkgutil.walk_packages(hanse_policies.__path__, 'hanse_policies.'):\n"
        "    importlib.import_module(m.name)\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    assert done.stdout == "[]\n"
