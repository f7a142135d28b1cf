"""`commands.md`: every command with its arguments and options, read from the typer apps."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any, get_type_hints

import click
import typer

from hanse_policies.command import GROUP_HELP, USAGE
from hanse_policies.exit_codes import ExitCode
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, leading
from hanse_policies.reference.markdown import document, table

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: f"""
`{USAGE}`

A group is there when its part of Hanse is installed; `policy` always is. Every command takes
`--help`. Where a command has `--json`, it prints one JSON value to standard output (`operator run`
prints one a step). An error is one line on standard error, `code: message`; the codes are in
[errors.md](errors.md). `--traceback` before the group shows where a defect arose.
""",
    Language.ZH: f"""
`{USAGE}`

一组命令在相应部分安装后即可使用；`policy` 始终可用。每条命令都有 `--help`。
带 `--json` 的命令向标准输出写一个 JSON 值
（`operator run` 每一步写一个）。错误在标准错误输出一行 `code: message`，
代码见 [errors.md](errors.md)。
在组名之前加 `--traceback` 可显示缺陷出现的位置。
""",
}
TITLE = ("Commands", "命令")


def page(groups: Mapping[str, EntryPoint], languages: Languages = BOTH) -> str:
    """Write the page.

    Args:
        groups: The groups that are told, as they are installed.
        languages: The introduction is written in the first; commands are told in English.
    """
    parts = [INTRODUCTION[languages[0]], "## Exit codes", _exit_codes()]
    for name in [name for name in GROUP_HELP if name in groups]:
        app: typer.Typer = groups[name].load()
        parts += _group(name, app)
    return document(leading(*TITLE, languages), parts)


def _exit_codes() -> str:
    source = inspect.getsource(ExitCode).splitlines()
    rows = []
    for code in ExitCode:
        line = next(i for i, text in enumerate(source) if f" {code.name} = " in text)
        told = source[line + 1].strip()
        rows.append((str(int(code)), told.strip('"') if told.startswith('"') else "Done."))
    return table(("code", "meaning"), rows)


def _group(name: str, app: typer.Typer) -> Iterator[str]:
    command = typer.main.get_command(app)
    yield f"## hanse {name}"
    if isinstance(command, click.Group) and command.commands:
        yield inspect.cleandoc(command.help or "")
        yield from _subcommands(f"hanse {name}", app, command)
    else:
        yield from _command(f"hanse {name}", command, {})


def _subcommands(path: str, app: typer.Typer, group: click.Group) -> Iterator[str]:
    """Write the commands of a group, then those of the groups within it."""
    told = [_argument_helps(each.callback) for each in app.registered_commands if each.callback]
    inner = {each.name: each.typer_instance for each in app.registered_groups}
    plain = {word: each for word, each in group.commands.items() if word not in inner}
    for (word, command), helps in zip(plain.items(), told, strict=True):
        yield f"### {path} {word}"
        yield from _command(f"{path} {word}", command, helps)
    for name, each in inner.items():
        nested = group.commands[str(name)]
        if isinstance(nested, click.Group) and each is not None:
            yield from _subcommands(f"{path} {name}", each, nested)


def _argument_helps(callback: Callable[..., Any]) -> Mapping[str, str]:
    """Read the help of each argument where it is written; click 8.5 drops typer's."""
    hints = get_type_hints(callback, include_extras=True)
    return {
        name: extra.help or ""
        for name, hint in hints.items()
        for extra in getattr(hint, "__metadata__", ())
        if isinstance(extra, typer.models.ArgumentInfo)
    }


def _command(path: str, command: click.Command, helps: Mapping[str, str]) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    yield f"`{path} {' '.join(command.collect_usage_pieces(context))}`"
    yield inspect.cleandoc(command.help or "")
    rows = [row for parameter in command.params if (row := _row(parameter, context, helps))]
    if rows:
        yield table(("name", "values", "default", "meaning"), rows)


def _row(
    parameter: click.Parameter, context: click.Context, helps: Mapping[str, str]
) -> tuple[str, str, str, str] | None:
    if isinstance(parameter, click.Argument):
        name = parameter.make_metavar(context).strip("[]")
        return f"`{name}`", _values(parameter), "required", helps.get(parameter.name or "", "")
    if not isinstance(parameter, click.Option) or parameter.name == "help" or parameter.hidden:
        return None
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return names, _values(parameter), _default(parameter), _meaning(parameter)


def _values(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return ""
    if isinstance(parameter.type, click.Choice):
        return ", ".join(f"`{_word(choice)}`" for choice in parameter.type.choices)
    kind = {"integer range": "integer", "float range": "float"}
    return kind.get(parameter.type.name, parameter.type.name)


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    value = option.default
    if value is None or value == "" or (option.is_flag and value is False):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(f"`{_word(item)}`" for item in value)
    return f"`{_word(value)}`"


def _word(value: object) -> str:
    return str(getattr(value, "value", value))


def _meaning(option: click.Option) -> str:
    told = option.help or ""
    return f"{told} Or set `{option.envvar}`." if option.envvar else told
