"""Counsel's opinion from the signing to the decision, through the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"
OPINION = """\
kind: CounselOpinion
id: no-provision
alliance: harbour-league
brands: [lantern]
subject: joint-use
least_protection: F3
report: "00000000000000000000000000000000000000000000000000000000000000aa"
dated: 2026-03-01T00:00:00Z
expires: 2027-03-01T00:00:00Z
"""


def hanse(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hanse_policies.command", "policy", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A brand with persons in China, whose notices never asked for joint use."""
    for path in SAMPLES.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("{constant: IE}", "{constant: CN}")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    export = "export: {mechanism: standard-contract, persons_at_most: 1000}\n"
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + export, encoding="utf-8")
    (tmp_path / "opinion.yaml").write_text(OPINION, encoding="utf-8")
    return tmp_path


def denied_by(folder: Path) -> list[str]:
    documents = ("--charter", "charter.yaml", "--policy", "policy.yaml", "--asset", "asset.yaml")
    now = ("--now", "2026-06-15T12:00:00Z")
    done = hanse(folder, "explain", "study-audience.yaml", *documents, *now, "--json")
    codes: list[str] = json.loads(done.stdout)["denied_by"]
    return codes


def with_opinion(folder: Path, opinion: str) -> None:
    key = hanse(folder, "keygen", "--out", "counsel.pem").stdout.split()[-1]
    sign = ("sign", "opinion.yaml", "--key", "counsel.pem", "--out", "opinion.dsse.json")
    assert hanse(folder, *sign).returncode == 0
    signed = json.loads((folder / "opinion.dsse.json").read_text(encoding="utf-8"))
    indented = "".join(f"      {line}\n" for line in opinion.splitlines())
    use = f"joint_use:\n  counsel:\n    opinion:\n{indented}"
    use += f'    signature: "{signed["signatures"][0]["sig"]}"\n'
    for name, more in (("policy.yaml", use), ("charter.yaml", f'counsel_key: "{key}"\n')):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")


def test_an_opinion_that_counsel_signed_by_command_permits_joint_use(folder: Path) -> None:
    assert denied_by(folder) == ["joint-use.consent"]
    with_opinion(folder, OPINION)
    assert denied_by(folder) == []


def test_an_opinion_that_was_altered_in_the_policy_refuses(folder: Path) -> None:
    with_opinion(folder, OPINION.replace("2027-03-01", "2028-03-01"))
    assert denied_by(folder) == ["joint-use.opinion", "joint-use.consent"]


def test_an_opinion_without_end_is_refused_with_its_place(folder: Path) -> None:
    text = OPINION.replace("expires: 2027-03-01T00:00:00Z\n", "")
    (folder / "opinion.yaml").write_text(text, encoding="utf-8")
    done = hanse(folder, "check", "opinion.yaml")
    assert done.returncode == 3
    assert "opinion.yaml:1:1: expected field `expires`, got none" in done.stderr
