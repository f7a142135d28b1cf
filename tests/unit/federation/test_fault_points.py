from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse_federation import fault_points
from tests.chaos.points import FOLDERS, ROOT
from tests.chaos.points import fault_points as points_in_the_source


@pytest.fixture(autouse=True)
def no_hook_stays() -> Iterator[None]:
    yield
    fault_points.install(None)


def test_nothing_happens_without_a_hook() -> None:
    fault_points.reach("brand.send.before")


def test_the_installed_hook_is_told_and_the_one_before_is_not() -> None:
    first: list[str] = []
    second: list[str] = []
    fault_points.install(first.append)
    fault_points.install(second.append)
    fault_points.reach("brand.send.before")
    assert (first, second) == ([], ["brand.send.before"])


def test_a_hook_can_be_taken_away() -> None:
    told: list[str] = []
    fault_points.install(told.append)
    fault_points.install(None)
    fault_points.reach("brand.send.before")
    assert told == []


def test_both_sides_name_points_before_and_after_persisting_sending_and_receiving() -> None:
    points = set(points_in_the_source())
    for party in ("brand", "server"):
        for what in ("send", "receive"):
            assert {f"{party}.{what}.before", f"{party}.{what}.after"} <= points
        assert any(point.startswith(f"{party}.persist-") for point in points)
    befores = {point.removesuffix(".before") for point in points if point.endswith(".before")}
    afters = {point.removesuffix(".after") for point in points if point.endswith(".after")}
    assert befores == afters


def install_calls(path: Path) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        function.lineno
        for function in called
        if isinstance(function, ast.Attribute)
        and function.attr == "install"
        and isinstance(function.value, ast.Name)
        and function.value.id == "fault_points"
    ]


def test_the_product_installs_no_hook() -> None:
    found = {
        path.name: lines
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if (lines := install_calls(path))
    }
    assert found == {}
