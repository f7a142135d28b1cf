"""Imports go down only: the contracts of pyproject.toml hold."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = SETTINGS["tool"]["pytest"]["ini_options"]["pythonpath"]
LIGHT = {
    "hanse_policies.command": {"numpy", "torch", "flwr", "grpc", "duckdb", "ibis", "sqlalchemy"},
    "hanse_policies.cli.app": {"numpy", "torch", "flwr", "grpc", "duckdb", "ibis", "sqlalchemy"},
    "hanse_federation.audit": {"numpy", "torch", "flwr", "grpc"},
    "hanse_server.cli.app": {"torch", "opacus", "duckdb"},
    "hanse_clients.cli.app": {"torch", "opacus", "duckdb", "pandas", "sklearn", "dp_accounting"},
}
"""What importing a module may not load, in a fresh process."""


def environment() -> dict[str, str]:
    path = os.pathsep.join(str(ROOT / source) for source in SOURCES)
    return {**os.environ, "PYTHONPATH": path}


def test_the_import_contracts_hold() -> None:
    command = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", LIGHT)
def test_importing_it_loads_nothing_heavy(module: str) -> None:
    command = f"import sys, {module}; print(*sorted({LIGHT[module]!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
