"""`hanse policy test`, `init` and `simulate`."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hanse_policies.command import run

SAMPLES = Path(__file__).parents[4] / "policies" / "samples"
LEAGUE = SAMPLES / "cross-border"
GROUPS = {"policy": EntryPoint("policy", "hanse_policies.cli.app:app", "hanse.commands")}

Hanse = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hanse(capsys: pytest.CaptureFixture[str]) -> Hanse:
    """Run `hanse policy ...` and return exit code, output and error output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["policy", *map(str, arguments)], GROUPS)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def oak(hanse: Hanse, tmp_path: Path) -> Path:
    folder = tmp_path / "oak"
    assert (
        hanse("init", "--alliance=harbour", "--brand=oak", "--jurisdiction=DE", f"--out={folder}")[
            0
        ]
        == 0
    )
    return folder


def simulate(hanse: Hanse, study: str, *more: str) -> tuple[int, str, str]:
    documents = [
        f"--{kind}={path}"
        for kind, folder in (("policy", "policies"), ("asset", "assets"))
        for path in sorted((LEAGUE / folder).glob("*.yaml"))
    ]
    return hanse(
        "simulate",
        LEAGUE / "studies" / f"{study}.yaml",
        f"--charter={LEAGUE / 'charter.yaml'}",
        *documents,
        "--now=2026-06-15T12:00:00Z",
        *more,
    )


def test_a_sample_league_passes_with_full_coverage(hanse: Hanse) -> None:
    code, out, err = hanse("test", LEAGUE, "--coverage")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "136 of 136 examples as expected",
        "coverage: every rule was seen permitting and refusing",
    ]


def test_a_starter_passes_but_not_with_full_coverage(hanse: Hanse, oak: Path) -> None:
    assert hanse("test", oak)[0] == 0
    code, out, _ = hanse("test", oak, "--coverage")
    assert code == 1
    assert "rules never seen to refuse: " in out


def test_init_prints_what_it_wrote_as_json(hanse: Hanse, tmp_path: Path) -> None:
    folder = tmp_path / "elm"
    _, out, _ = hanse(
        "init",
        "--alliance=harbour",
        "--brand=elm",
        "--jurisdiction=DE",
        f"--out={folder}",
        "--json",
    )
    files = json.loads(out)["files"]
    assert sorted(files) == sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")
    )


def test_init_writes_into_no_folder_that_holds_something(hanse: Hanse, oak: Path) -> None:
    code, _, err = hanse(
        "init", "--alliance=harbour", "--brand=oak", "--jurisdiction=DE", f"--out={oak}"
    )
    assert code == 2
    assert err.startswith("usage: --out: expected a folder that is new or empty")


def test_an_example_that_fails_tells_expected_and_got_and_why(hanse: Hanse, oak: Path) -> None:
    path = oak / "examples" / "first.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("denied_by: [permit.none, budget.purpose]}", "denied_by: [permit.none]}", 1),
        encoding="utf-8",
    )
    code, out, _ = hanse("test", oak)
    assert code == 1
    assert "examples/first.yaml: 3 of 4 as expected" in out
    assert "[examples/first.yaml:21]" in out
    assert "    expected: deny by permit.none\n" in out
    assert "    got:      deny by budget.purpose, permit.none\n" in out
    assert "budget.purpose: the policy has no budget for purpose audience-analytics" in out
    assert "策略中没有目的" in hanse("test", oak, "--lang=zh")[1]


def test_a_loosened_policy_fails_its_examples(hanse: Hanse, oak: Path) -> None:
    path = oak / "policies" / "oak.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            "budgets: []",
            "budgets: [{purpose: audience-analytics, epsilon: 2.0, delta: 1e-6, "
            "starts: 2026-01-01T00:00:00Z, period_days: 91}]",
        ),
        encoding="utf-8",
    )
    assert hanse("test", oak)[0] == 1


def test_a_file_that_is_not_valid_ends_with_3_and_the_others_run(hanse: Hanse, oak: Path) -> None:
    (oak / "examples" / "bad.yaml").write_text("kind: Study\n", encoding="utf-8")
    code, out, err = hanse("test", oak)
    assert code == 3
    assert err.startswith(f"document-kind: {oak}/examples/bad.yaml:1:7: ")
    assert "examples/first.yaml: 4 of 4 as expected" in out


def test_an_example_that_cannot_be_run_ends_with_3(hanse: Hanse, oak: Path) -> None:
    path = oak / "examples" / "first.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("study: visits", "study: visit"))
    code, _, err = hanse("test", oak)
    assert code == 3
    assert err.startswith("example-invalid: ")


def test_a_folder_that_is_not_there_ends_with_3(hanse: Hanse, tmp_path: Path) -> None:
    assert hanse("test", tmp_path / "none")[0] == 3


def test_a_name_that_no_example_has_is_a_usage_error(hanse: Hanse, oak: Path) -> None:
    code, _, err = hanse("test", oak, "--only=nothing of the kind")
    assert code == 2
    assert err.startswith("usage: --only: expected the name of an example or a file")


def test_test_prints_json(hanse: Hanse, oak: Path) -> None:
    code, out, _ = hanse("test", oak, "--only=signed", "--json")
    assert code == 2
    code, out, _ = hanse("test", oak, "--only=operator did not sign", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["passed"], report["failed"], report["errors"]) == (1, 0, [])
    (example,) = report["examples"]
    assert example["got"]["denied_by"] == ["signature.study", "budget.purpose", "permit.none"]
    assert "signature.study" not in report["coverage"]["never_refusing"]


def test_simulate_tells_each_brand_and_what_the_league_would_run_on(hanse: Hanse) -> None:
    code, out, _ = simulate(hanse, "joint-tier-model")
    assert code == 0
    assert "study joint-tier-model: would run; 3 of 4 brands permit it" in out
    assert "  yunmian-home    deny    flow.permit\n" in out
    assert "  terms: minimum_persons 5000, minimum_brands 3, retention_days 30, epsilon 0.8" in out


def test_simulate_ends_with_1_where_a_study_could_not_run(hanse: Hanse) -> None:
    code, out, _ = simulate(hanse, "care-and-sleep")
    assert code == 1
    assert "could not run; 0 of 4 brands permit it" in out
    assert "terms" not in out


def test_simulate_prints_json(hanse: Hanse) -> None:
    code, out, _ = simulate(hanse, "tier-model", "--json", "--lang=zh")
    report = json.loads(out)
    assert code == 0
    assert report["assumed"].startswith("假设")
    (study,) = report["studies"]
    assert (study["study"], study["would_run"], study["permitting"]) == ("tier-model", True, 4)
    assert study["terms"]["minimum_persons"] == 5000
    assert [decision["permit"] for decision in study["decisions"]] == ["permits[0]"] * 4
