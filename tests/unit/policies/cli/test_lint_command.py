from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_policies.command import run
from tests.support.linting import SAMPLES

GROUPS = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}

Hanse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Hanse:
    """Run `hanse policy lint ...` and return exit code, output and error output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["policy", "lint", *map(str, arguments)], GROUPS)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """Copy a policy whose consent register may be 48 hours old."""
    return Path(shutil.copy(SAMPLES / "L31" / "fails" / "policy.yaml", tmp_path))


def test_documents_without_findings_end_with_0_and_claim_nothing_more(lint: Hanse) -> None:
    code, out, _ = lint(*sorted((SAMPLES / "L09" / "passes").iterdir()))
    assert code == 0
    assert out == ("2 files: no finding; that is all it says, and not that anything is lawful\n")


def test_an_error_ends_with_1_and_tells_place_article_fix_and_page(lint: Hanse) -> None:
    file = SAMPLES / "L14" / "fails" / "policy.yaml"
    code, out, _ = lint(file)
    assert code == 1
    finding, fix = out.splitlines()
    assert finding == (
        f"{file}:17:37: error L14: recipient advertiser is permitted, but notice 2025-12 does not "
        "name it"
    )
    assert fix == (
        "    name the recipient in a new notice, or remove it from the permit "
        "[GDPR Art. 13(1)(e); PIPL Art. 23; lints/L14]"
    )


def test_a_warning_ends_with_0_and_under_strict_with_1(lint: Hanse, stale: Path) -> None:
    assert lint(stale)[0] == 0
    assert lint("--strict", stale)[0] == 1


def test_what_cannot_be_read_ends_with_3_and_the_rest_is_linted(
    lint: Hanse, stale: Path, tmp_path: Path
) -> None:
    code, out, _ = lint(tmp_path / "none.yaml", stale)
    assert code == 3
    assert "none.yaml:1:1: error L00: expected a file, got none" in out
    assert "warning L31" in out


def test_it_speaks_chinese(lint: Hanse, stale: Path) -> None:
    assert "同意登记在 48 小时内均视为有效，超过 24 小时" in lint("--lang=zh", stale)[1]


def test_json_holds_findings_and_fixes(lint: Hanse, stale: Path) -> None:
    report = json.loads(lint("--json", stale)[1])
    (finding,) = report["findings"]
    assert (finding["lint"], finding["severity"], finding["line"]) == ("L31", "warning", 29)
    assert finding["is_fixable"] is True
    assert report["fixes"] == {}


def test_fix_shows_what_it_changes_and_changes_it(lint: Hanse, stale: Path) -> None:
    before = stale.read_text()
    code, out, _ = lint("--fix", "--strict", stale)
    assert code == 0
    assert "-  max_age_hours: 48\n+  max_age_hours: 24\n" in out
    assert stale.read_text() == before.replace("max_age_hours: 48", "max_age_hours: 24")


def test_dry_run_shows_the_fix_and_writes_nothing(lint: Hanse, stale: Path) -> None:
    before = stale.read_text()
    code, out, _ = lint("--fix", "--dry-run", "--strict", "--json", stale)
    report = json.loads(out)
    assert code == 1
    assert "+  max_age_hours: 24" in report["fixes"][str(stale)]
    assert [finding["lint"] for finding in report["findings"]] == ["L31"]
    assert stale.read_text() == before


def test_a_fixed_file_keeps_its_mode(lint: Hanse, stale: Path) -> None:
    stale.chmod(0o664)
    lint("--fix", stale)
    assert stale.stat().st_mode & 0o777 == 0o664


def test_dry_run_without_fix_is_refused(lint: Hanse, stale: Path) -> None:
    code, _, err = lint("--dry-run", stale)
    assert code == 2
    assert err == "usage: --dry-run: expected --fix with it, got none; add --fix\n"


def test_the_help_of_the_group_loads_no_lint() -> None:
    script = (
        "import sys, hanse_policies.cli.app\n"
        "loaded = {'hanse_policies.lint', 'pydantic', 'ruamel.yaml'} & set(sys.modules)\n"
        "sys.exit(repr(loaded) if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
