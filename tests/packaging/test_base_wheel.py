"""The wheel, installed alone with its base dependencies, serves a compliance officer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.console import Step, failures, run_steps, steps_of

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "policies" / "samples"
DOCS = ROOT / "docs"
PAGES = ("tutorials/compliance-officer.md", "how-to/test-your-policies.md")
PAGE_SECONDS = 300
CONSTRAINTS = ROOT / "constraints.txt"
HEAVY = (
    "duckdb",
    "flwr",
    "google.protobuf",
    "grpc",
    "ibis",
    "numpy",
    "opacus",
    "pyarrow",
    "sqlalchemy",
    "torch",
)
TYPED = ("clients", "demo", "federation", "flower", "policies", "server")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that nothing is written beside the sources."""
    work = tmp_path_factory.mktemp("source")
    source = work / "hanse"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo-out", "shared"),
    )
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "dist")],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = (work / "dist").glob("hanse-*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone into an empty environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pins: list[str | Path] = ["-c", CONSTRAINTS] if CONSTRAINTS.is_file() else []
    python = folder / "bin" / "python"
    options = ("--quiet", "--disable-pip-version-check")
    done = run(python, "-m", "pip", "install", *options, *pins, wheel)
    assert done.returncode == 0, done.stderr
    return folder / "bin"


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def test_the_wheel_says_that_its_packages_are_typed(names: frozenset[str]) -> None:
    assert {f"hanse_{component}/py.typed" for component in TYPED} <= names


def test_the_wheel_holds_the_demos_documents_and_templates(names: frozenset[str]) -> None:
    demo = ROOT / "demo"
    data = {
        path.relative_to(demo).as_posix()
        for pattern in ("*.yaml", "*.j2", "*.css")
        for path in (demo / "hanse_demo").rglob(pattern)
    }
    assert data
    assert data <= names


def test_the_wheel_holds_the_taxonomies_with_their_notice(names: frozenset[str]) -> None:
    policies = ROOT / "policies"
    data = {
        path.relative_to(policies).as_posix()
        for path in (policies / "hanse_policies" / "taxonomy" / "data").iterdir()
    }
    assert "hanse_policies/taxonomy/data/NOTICE.md" in data
    assert data <= names
    assert [name for name in names if "write_taxonomies" in name] == []


def test_the_wheel_holds_the_legal_packs_and_their_example(names: frozenset[str]) -> None:
    policies = ROOT / "policies"
    data = {
        path.relative_to(policies).as_posix()
        for path in (policies / "hanse_policies" / "packs" / "data").rglob("*.yaml")
    }
    assert "hanse_policies/packs/data/example/study.yaml" in data
    assert data <= names


def test_the_wheel_holds_the_templates_of_first_documents(names: frozenset[str]) -> None:
    policies = ROOT / "policies"
    data = {
        path.relative_to(policies).as_posix()
        for path in (policies / "hanse_policies" / "templates").iterdir()
    }
    assert "hanse_policies/templates/policy.yaml" in data
    assert data <= names


def test_the_wheel_holds_the_lints_samples_and_the_sites_style(names: frozenset[str]) -> None:
    policies = ROOT / "policies"
    samples = policies / "hanse_policies" / "lint" / "samples"
    data = {path.relative_to(policies).as_posix() for path in samples.rglob("*.yaml")}
    assert "hanse_policies/lint/samples/L09/fails/policy.yaml" in data
    assert data | {"hanse_policies/site/style.css"} <= names


def test_the_wheel_holds_every_module_and_no_test(names: frozenset[str]) -> None:
    modules = {
        path.relative_to(ROOT / folder).as_posix()
        for folder in (*TYPED, "protos")
        for path in (ROOT / folder).glob("hanse_*/**/*.py")
    }
    assert modules <= names
    assert [name for name in names if name.startswith(("tests/", "docs/", "bench/"))] == []


def test_the_wheel_holds_its_licence(names: frozenset[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_policy_help_works(bin_folder: Path) -> None:
    done = run(bin_folder / "hanse", "policy", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "explain" in done.stdout


def steps_on(page: str) -> tuple[Step, ...]:
    return steps_of((DOCS / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_for_compliance_officers_works_as_typed(
    page: str, bin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # else the sources would stand in for it
    installed = (f"{bin_folder}/hanse {bin_folder}/python",)
    steps = (Step('echo "$(command -v hanse) $(command -v python)"', installed), *steps_on(page))
    variables = {"HANSE": str(ROOT), "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    outcomes = run_steps(steps, tmp_path, variables, PAGE_SECONDS)
    assert failures(outcomes, steps) == ()


def test_those_pages_use_every_command_but_two_that_are_tried_here(bin_folder: Path) -> None:
    commands = " ".join(step.command for page in PAGES for step in steps_on(page))
    used = set(re.findall(r"hanse policy ([a-z-]+)", commands))
    told = run(bin_folder / "hanse", "policy", "--help").stdout
    listed = set(re.findall(r"^│ ([a-z][a-z-]+) ", told, re.MULTILINE))
    assert listed - used == {"pack", "serve-docs"}


def test_a_sample_is_checked(bin_folder: Path) -> None:
    done = run(bin_folder / "hanse", "policy", "check", SAMPLES / "policy.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "BrandPolicy lantern-policy version 1" in done.stdout


def test_first_documents_are_written_and_tested(bin_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "oak"
    words = ("--alliance", "harbour", "--brand", "oak", "--jurisdiction", "DE", "--out", folder)
    assert run(bin_folder / "hanse", "policy", "init", *words).returncode == 0
    done = run(bin_folder / "hanse", "policy", "test", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 of 4 examples as expected" in done.stdout


def test_a_sample_league_is_tested(bin_folder: Path) -> None:
    done = run(bin_folder / "hanse", "policy", "test", SAMPLES / "retail-eu", "--coverage")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_purpose_is_found_in_its_taxonomy(bin_folder: Path) -> None:
    code = "import hanse_policies as h; print(h.covers('marketing', 'advertising', 'dpv-2.3'))"
    done = run(bin_folder / "python", "-c", code)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_legal_pack_is_tried(bin_folder: Path) -> None:
    done = run(bin_folder / "hanse", "policy", "pack", "test", "eu-gdpr")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("eu-gdpr@1.0.0: 30 of 30 examples of 15 checks")


def test_a_study_is_explained(bin_folder: Path) -> None:
    done = run(
        bin_folder / "hanse",
        "policy",
        "explain",
        SAMPLES / "study-refused.yaml",
        *("--charter", SAMPLES / "charter.yaml"),
        *("--policy", SAMPLES / "policy.yaml"),
        *("--asset", SAMPLES / "asset.yaml"),
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "brand lantern refuses study age-profile" in done.stdout


def test_the_reference_and_a_league_are_served(bin_folder: Path) -> None:
    command = (bin_folder / "hanse", "policy", "serve-docs", SAMPLES / "retail-eu", "--port=0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/") as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("serving at ").partition(";")[0]
        pages = ("", "reference/lints/L09", "reference/packs", "reference/commands")
        for page in pages:
            with urlopen(f"{address}{page}") as answer:  # noqa: S310 - what it printed
                assert answer.status == 200
        process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize("package", HEAVY)
def test_nothing_heavy_is_installed(bin_folder: Path, package: str) -> None:
    done = run(bin_folder / "python", "-c", f"import {package}")
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("group", ["brand", "operator", "demo"])
def test_a_group_without_its_extra_says_what_to_install(bin_folder: Path, group: str) -> None:
    done = run(bin_folder / "hanse", group, "--help")
    sentence = f"hanse {group} needs the {group} extra: pip install 'hanse[{group}]'"
    assert done.returncode == 2
    assert done.stderr == f"missing-extra: {sentence}\n"
