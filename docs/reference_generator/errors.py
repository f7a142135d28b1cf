"""`errors.md`: a heading for every code, read from the classes and constants that bear it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode
from reference_generator.markdown import document
from reference_generator.plain_codes import PLAIN_CODES

PACKAGES: Mapping[str, str] = {
    "hanse_policies": "Documents, signatures and keys",
    "hanse_federation": "Privacy, messages, releases and the link",
    "hanse_flower": "The bridge to Flower",
    "hanse_clients": "A brand's side",
    "hanse_server": "The operator's side",
    "hanse_demo": "The demo",
}

INTRODUCTION = """
A command that fails prints one line to standard error, `code: message`, and ends with the exit
code given here. The code is stable; the message is for people and says what was asked, what is
allowed and what to do next.

Between the parties the code alone crosses, never a message: a sentence could tell something about
a person. A refusal that depends on what a brand's rows hold crosses as `data-not-usable` whatever
its own code is; where a code crosses as another one, it says so below.
"""


def page() -> str:
    """Write the page."""
    parts = [INTRODUCTION]
    for package, title in PACKAGES.items():
        parts.append(f"## {title}")
        for error in sorted(_errors_of(package), key=lambda error: error.code):
            parts += _error(error)
    parts += ["## Codes without an error of their own"]
    parts += [
        "They answer in place of an error, on the wire, in a verdict or from the command itself."
    ]
    for code, told in sorted(PLAIN_CODES.items()):
        parts += [f"### {code}", told]
    return document("Errors", parts)


def all_errors() -> tuple[type[HanseError], ...]:
    """List every error class of every package, the base left out."""
    for package in PACKAGES:
        _import_error_modules(package)
    return tuple(_subclasses(HanseError))


def _errors_of(package: str) -> Iterable[type[HanseError]]:
    return (error for error in all_errors() if error.__module__.split(".")[0] == package)


def _import_error_modules(package: str) -> None:
    """Import the modules named `errors`; no package defines an error elsewhere (tested)."""
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if "errors" in module.name.split("."):
            importlib.import_module(module.name)


def _subclasses(error: type[HanseError]) -> Iterator[type[HanseError]]:
    for inner in error.__subclasses__():
        yield inner
        yield from _subclasses(inner)


def _error(error: type[HanseError]) -> Iterator[str]:
    yield f"### {error.code}"
    yield (inspect.getdoc(error) or "").split("\n\n")[0].replace("\n", " ")
    ending = ExitCode(error.exit_code)
    facts = [f"`{error.__name__}`", f"exit code {int(ending)} ({ending.name.lower()})"]
    if error.wire_code() != error.code:
        facts.append(f"crosses as `{error.wire_code()}`")
    yield "; ".join(facts) + "."
