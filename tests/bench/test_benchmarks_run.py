"""Every script of the benchmarks' table runs, in small, and prints the figures the table names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "bench"


@dataclass(frozen=True, slots=True)
class Small:
    """A benchmark in small.

    Attributes:
        options: So that it takes seconds; its figures then judge nothing.
        figures: What the README says that it measures.
        is_slow: Whether it starts many processes or trains.
    """

    options: str
    figures: tuple[str, ...]
    is_slow: bool = False


SECURE_SUM = (
    *("client_over_floor", "server_over_floor", "flower_over_client", "flower_over_server"),
    *("bytes_an_element_32", "bytes_an_element_16", "memory_growth_in_vectors"),
)
SCRIPTS: Mapping[str, Small] = {
    "policy_decisions.py": Small(
        "--repeats 20",
        ("permit_with_packs_us", "refuse_with_packs_us", "open_and_decide_us"),
    ),
    "noise.py": Small("--draws 2000", ("ns_per_draw",)),
    "consent_filter.py": Small("--rows 2000 --persons 200", ("ratio", "persons_found")),
    "secure_sum.py": Small("--only a,b,d --repeats 1 --length 10000", SECURE_SUM, is_slow=True),
    "link.py": Small("--only a", ("empty_round_ms",), is_slow=True),
    "distributed_training.py": Small(
        "--seeds 2 --persons 100 --brands 3", ("pooled_auc", "curve"), is_slow=True
    ),
}


def printed_by(script: str) -> dict[str, object]:
    """Run a benchmark in small and read its one line."""
    command = (sys.executable, BENCH / script, *SCRIPTS[script].options.split())
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
    }
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env=environment
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def each(*, is_slow: bool) -> list[str]:
    return [name for name, small in SCRIPTS.items() if small.is_slow is is_slow]


def assert_complete(script: str) -> None:
    found = printed_by(script)
    missing = [name for name in SCRIPTS[script].figures if found.get(name) in (None, [])]
    assert missing == []


def test_each_script_of_the_table_is_run_here() -> None:
    text = (BENCH / "README.md").read_text(encoding="utf-8")
    table = text.split("| Script |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+\.py)` \|", table, re.MULTILINE)) == sorted(SCRIPTS)


@pytest.mark.parametrize("script", each(is_slow=False))
def test_a_benchmark_prints_its_figures(script: str) -> None:
    assert_complete(script)


@pytest.mark.slow
@pytest.mark.parametrize("script", each(is_slow=True))
def test_a_benchmark_of_many_processes_prints_its_figures(script: str) -> None:
    assert_complete(script)


def test_the_consent_filters_select_the_same_persons() -> None:
    found = printed_by("consent_filter.py")
    persons = found["persons_found"]
    assert isinstance(persons, list)
    assert len(persons) == 1
    assert 0 < persons[0] < 200
