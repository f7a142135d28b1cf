from __future__ import annotations

import re
from pathlib import Path

import pytest

from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.exit_codes import ExitCode

ROOT = Path(__file__).parents[3]
README = (ROOT / "policies" / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_rule_and_no_other() -> None:
    section = README.split("## Rules")[1].split("## YAML")[0]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)*\.[a-z-]+)`", section)) == set(RULE_TEXTS)


def test_the_readme_lists_every_exit_code() -> None:
    section = README.split("## Exit codes")[1]
    assert [int(code) for code in re.findall(r"^\| (\d+) ", section, re.MULTILINE)] == [
        int(code) for code in ExitCode
    ]


def test_the_python_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for block in README.split("```python\n")[1:]:
        code = block.split("```")[0]
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own page
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == str(
        (
            "signature.charter",
            "charter.accepted",
            "signature.policy",
            "signature.asset",
            "signature.study",
            "approvals.policy",
            "approvals.asset",
        )
    )
    assert shown[-4:] == [
        "https://w3id.org/dpv#PersonalisedAdvertising",
        "True",
        "False",
        "L31.hours True",
    ]
