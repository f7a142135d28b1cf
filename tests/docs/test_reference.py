"""The reference pages are what the code says, and every code has its heading."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import hanse_server.errors  # noqa: F401 - so that every class of an error is there
from hanse_policies.catalogue import RULE_TEXTS
from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"^[a-z]+(?:-[a-z]+)*$")
FOLDERS = ("policies", "federation", "flower", "clients", "server", "demo")


def headings(page: str) -> set[str]:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return set(re.findall(r"^### (\S+)$", text, re.MULTILINE))


def product_errors() -> set[type[HanseError]]:
    """List the product's errors; tests define others, in packages that do not exist."""
    packages = {path.name for folder in FOLDERS for path in (ROOT / folder).glob("hanse_*")}
    return {e for e in subclasses(HanseError) if e.__module__.partition(".")[0] in packages}


def subclasses(error: type[HanseError]) -> set[type[HanseError]]:
    return {error}.union(*(subclasses(inner) for inner in error.__subclasses__()))


def test_the_committed_pages_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate_reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_error_has_a_heading() -> None:
    product = product_errors() - {HanseError}
    assert {error.code for error in product} | {error.wire_code() for error in product} <= headings(
        "errors.md"
    )


def test_an_error_is_defined_in_a_module_of_errors() -> None:
    """So that the generator, which imports those modules, sees every one."""
    outside = {
        error.__module__
        for error in product_errors()
        if "errors" not in error.__module__.split(".")
    }
    assert outside == set()


def test_two_errors_share_no_code() -> None:
    codes = [error.code for error in product_errors() - {HanseError}]
    assert sorted(code for code in set(codes) if codes.count(code) > 1) == []


def test_codes_written_in_place_have_a_heading() -> None:
    """Codes handed to a refusal or printed by the command as plain text."""
    takers = {"Refusal", "DeskRefusedError", "_fail", "Ending"}
    written = {
        argument.value
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in takers
        for argument in call.args[:2]
        if CODE.match(str(getattr(argument, "value", "")))
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert written <= headings("errors.md")
    assert {"internal", "interrupted", "stream-ended"} <= written


def test_every_rule_has_a_heading() -> None:
    assert headings("rules.md") == set(RULE_TEXTS)


def test_every_exit_code_is_listed() -> None:
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    section = text.split("## Exit codes")[1].split("##")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) ", section, re.MULTILINE)] == list(
        map(int, ExitCode)
    )


def test_every_message_of_the_wire_is_described() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "protos" / "hanse_wire" / "v1").glob("*.proto")
    )
    named = set(re.findall(r"^(?:message|enum|service) (\w+)", sources, re.MULTILINE))
    assert named == headings("wire.md")
