"""`errors.md`: a heading for every code, read from the classes and constants that bear it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from hanse_policies.errors import HanseError
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, leading
from hanse_policies.reference.markdown import document

COMMAND_CODES: Mapping[str, str] = {
    "internal": (
        "A defect in Hanse; exit code 70. The line names the place, never the message of the "
        "exception, which may hold anything. Run again with `hanse --traceback GROUP ...`."
    ),
    "interrupted": "A person stopped the command, as with Ctrl-C; exit code 130.",
}
"""Codes that `hanse` itself prints."""
TITLE = ("Errors", "错误代码")

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
A command that fails prints one line to standard error, `code: message`, and ends with the exit
code given here. The code is stable; the message is for people and says what was asked, what is
allowed and what to do next.

Between the parties the code alone crosses, never a message: a sentence could tell something about
a person. A refusal that depends on what a brand's rows hold crosses as `data-not-usable` whatever
its own code is; where a code crosses as another one, it says so below.
""",
    Language.ZH: """
失败的命令在标准错误输出一行 `code: message`，并以这里给出的退出码结束。代码是稳定的；
消息写给人看，说明要求了什么、允许什么、下一步做什么。

各方之间只传递代码，从不传递消息：一句话可能透露某个人的情况。取决于品牌数据行内容的拒绝，
无论其代码为何，一律以
`data-not-usable` 传出；以其他代码传出的，在下文注明。
""",
}


def page(packages: Mapping[str, str], plain: Mapping[str, str], languages: Languages = BOTH) -> str:
    """Write the page.

    Args:
        packages: The heading of each package whose errors are told.
        plain: What each code means that no error bears.
        languages: The introduction is written in the first; codes are told in English.
    """
    parts = [INTRODUCTION[languages[0]]]
    for package, title in packages.items():
        parts.append(f"## {title}")
        for error in sorted(_errors_of(package), key=lambda error: error.code):
            parts += _error(error)
    parts += ["## Codes without an error of their own"]
    parts += [
        "They answer in place of an error, on the wire, in a verdict or from the command itself."
    ]
    for code, meaning in sorted(plain.items()):
        parts += [f"### {code}", meaning]
    return document(leading(*TITLE, languages), parts)


def _errors_of(package: str) -> Iterable[type[HanseError]]:
    _import_error_modules(package)
    return (error for error in _subclasses(HanseError) if error.__module__.split(".")[0] == package)


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
