"""How the repository is laid out, read from the source text; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "policies": "hanse_policies",
    "federation": "hanse_federation",
    "flower": "hanse_flower",
    "clients": "hanse_clients",
    "server": "hanse_server",
    "protos": "hanse_wire",
    "demo": "hanse_demo",
}
FOLDERS = ("bench", "docs", "examples", "tests", *PACKAGES)
HAND_WRITTEN = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.stem.endswith(("_pb2", "_pb2_grpc"))
]
PRODUCT = [
    path
    for folder, package in PACKAGES.items()
    for path in HAND_WRITTEN
    if path.is_relative_to(ROOT / folder / package)
]
MAXIMUM_FILE_LINES = 400
MAXIMUM_FUNCTION_LINES = 40
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}

OUTERMOST_FRAMES = {
    "clients/hanse_clients/agent.py": "the listening thread: it tells, and goes on listening",
    "clients/hanse_clients/data/worker.py": "the warehouse worker's process: it tells and stops",
    "flower/hanse_flower/responder.py": "code of other parties runs here; only a code may leave",
    "policies/hanse_policies/command.py": "the process",
    "server/hanse_server/lease_keeper.py": "the lease's thread: it tells, and keeps the lease",
    "server/hanse_server/link/admission.py": "an rpc; gRPC would send the exception's text",
    "server/hanse_server/run_board.py": "a run's thread: it tells whoever follows and stops",
}
"""Where `except Exception` is right, and why: beyond each, nothing of ours is left."""

WIRE_USERS = (
    "federation/hanse_federation/codec/",
    "clients/hanse_clients/link/",
    "server/hanse_server/link/",
    "protos/hanse_wire/",
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end, without those of the docstring."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    told = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


def caught(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}


def swallows(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler ends without passing the exception on."""
    last = handler.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None)


@pytest.mark.parametrize(("folder", "package"), PACKAGES.items())
def test_each_component_is_one_package_in_its_folder(folder: str, package: str) -> None:
    packages = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
    assert packages == {package}


@pytest.mark.parametrize("folder", sorted(set(PACKAGES) - {"protos"}))
def test_each_component_has_a_readme(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file()


@pytest.mark.parametrize("package", sorted(set(PACKAGES.items()) - {("protos", "hanse_wire")}))
def test_each_package_is_typed(package: tuple[str, str]) -> None:
    assert ROOT.joinpath(*package, "py.typed").is_file()


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=name_of)
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAXIMUM_FILE_LINES


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{name_of(path)}:{function.lineno} {function.name} has {code_lines(function)} lines"
        for path in HAND_WRITTEN
        if not path.is_relative_to(ROOT / "tests")
        for function in functions(tree_of(path))
        if code_lines(function) > MAXIMUM_FUNCTION_LINES
    ]
    assert long == []


def test_every_module_of_the_product_says_what_it_is() -> None:
    assert [name_of(path) for path in PRODUCT if not ast.get_docstring(tree_of(path))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in PRODUCT if path.stem in FORBIDDEN_NAMES] == []


def test_the_product_never_asserts() -> None:
    asserting = [
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assert)
    ]
    assert asserting == []


def test_exceptions_are_swallowed_at_outermost_frames_only() -> None:
    found = {
        name_of(path)
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and caught(node) & {"Exception", "BaseException"}
        and swallows(node)
    }
    assert found - set(OUTERMOST_FRAMES) == set()


def test_the_wire_is_imported_by_codecs_and_links_only() -> None:
    users = {
        name_of(path)
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hanse_wire"))
        or (
            isinstance(node, ast.Import)
            and any(alias.name.startswith("hanse_wire") for alias in node.names)
        )
    }
    assert [user for user in sorted(users) if not user.startswith(WIRE_USERS)] == []


def test_the_environment_and_the_clock_are_read_at_the_edge_only() -> None:
    """Pure parts take `now`; a clock is read by commands and the two facades alone."""
    edges = ("/cli/", "/app.py", "/client.py", "/alliance.py", "hanse_demo/")
    readers = {
        f"{name_of(path)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) in {"datetime.now", "datetime.utcnow", "time.time"}
        and not any(edge in name_of(path) for edge in edges)
    }
    assert readers == set()
