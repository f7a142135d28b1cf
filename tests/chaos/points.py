"""The fault points of the product, found in its source text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("federation/hanse_federation", "clients/hanse_clients", "server/hanse_server")
BRAND, SERVER = "brand", "server"


def fault_points() -> tuple[str, ...]:
    """List every fault point of brands and server, sorted."""
    found = {name for path in _sources() for name in _reached(path)}
    return tuple(sorted(found))


def party_of(point: str) -> str:
    """Tell whose process reaches a point: `brand` or `server`."""
    return point.partition(".")[0]


def _sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _reached(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or _called(node.func) != "reach" or not node.args:
            continue
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
