"""The `hanse` command: finds the group that is asked for, runs it, ends with its exit code.

Rules: a component registers its group as an entry point of `hanse.commands`, and
only the group that is used is loaded. Whatever goes wrong is one line,
`code: message`, on standard error, and an exit code of `ExitCode`; a traceback
appears only where `--traceback` asks for it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from pathlib import Path

import click
import typer

from hanse_policies.errors import HanseError, MissingExtraError, UsageError
from hanse_policies.exit_codes import ExitCode

ENTRY_POINT_GROUP = "hanse.commands"
GROUP_HELP: Mapping[str, str] = {
    "policy": "Check, explain, sign and verify documents.",
    "audit": "Prove from records what was done.",
    "brand": "Run a brand's side: data, consent, approval, answers, scores.",
    "operator": "Run the alliance's server: enrol brands, propose and run studies.",
    "demo": "Watch a whole league at work on this machine.",
}
USAGE = "hanse [--version] [--help] [--traceback] GROUP ..."


def main() -> int:
    """Run the command with the process's arguments; return its exit code."""
    return run(sys.argv[1:], installed_groups())


def installed_groups() -> Mapping[str, EntryPoint]:
    """Find the groups that installed components registered, without loading any."""
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}


def run(arguments: Sequence[str], groups: Mapping[str, EntryPoint]) -> int:
    """Run one command line.

    Args:
        arguments: What stands after `hanse`.
        groups: The groups there are.

    Returns:
        An exit code of `ExitCode`, or 130 where a person interrupted.
    """
    show_traceback = list(arguments[:1]) == ["--traceback"]
    rest = list(arguments[1:] if show_traceback else arguments)
    if not rest or rest[0] in {"--help", "-h"}:
        sys.stdout.write(_help(groups))
        return ExitCode.OK
    if rest[0] == "--version":
        sys.stdout.write(f"hanse {_version()}\n")
        return ExitCode.OK
    return _run_guarded(rest[0], rest[1:], groups, show_traceback)


def _run_guarded(
    name: str, arguments: Sequence[str], groups: Mapping[str, EntryPoint], show_traceback: bool
) -> int:
    try:
        return _run_group(name, arguments, groups)
    except HanseError as error:
        return _fail(error.code, str(error), error.exit_code, show_traceback)
    except click.ClickException as error:
        return _fail("usage", _usage_message(error), ExitCode.USAGE, show_traceback)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", "stopped by a person", ExitCode.INTERRUPTED, False)
    except Exception as error:  # noqa: BLE001 - the outermost frame of the process
        return _fail("internal", _defect(error), ExitCode.INTERNAL, show_traceback)


def _run_group(name: str, arguments: Sequence[str], groups: Mapping[str, EntryPoint]) -> int:
    entry = groups.get(name)
    if entry is None:
        raise UsageError(
            f"expected one of {', '.join(_ordered(groups)) or 'no group'}, got `{name[:40]}`; "
            "run: hanse --help"
        )
    try:
        app: typer.Typer = entry.load()
        result = typer.main.get_command(app).main(
            args=list(arguments), prog_name=f"hanse {name}", standalone_mode=False
        )
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("hanse_"):
            raise
        raise MissingExtraError(
            f"hanse {name} needs the {name} extra: pip install 'hanse[{name}]'"
        ) from error
    if result == ExitCode.INTERRUPTED:  # Typer has caught the interrupt already.
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.OK


def _fail(code: str, message: str, exit_code: int, show_traceback: bool) -> int:
    if show_traceback:
        traceback.print_exc()
    sys.stderr.write(f"{code}: {' '.join(message.split())}\n")
    return int(exit_code)


def _usage_message(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "hanse"
    text = error.format_message().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}; run: {command} --help"


def _defect(error: Exception) -> str:
    """Name a defect without its message, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "hanse_" in frame.filename]
    last = (ours or frames)[-1]
    place = f"{Path(last.filename).parent.name}/{Path(last.filename).name}:{last.lineno}"
    return (
        f"unexpected {type(error).__name__} at {place}, a defect of Hanse; "
        "run again as: hanse --traceback GROUP ..."
    )


def _ordered(groups: Mapping[str, EntryPoint]) -> list[str]:
    known = [name for name in GROUP_HELP if name in groups]
    return known + sorted(set(groups) - set(known))


def _help(groups: Mapping[str, EntryPoint]) -> str:
    rows = [f"  {name:<10} {GROUP_HELP.get(name, '')}".rstrip() for name in _ordered(groups)]
    return "\n".join(
        [
            f"Usage: {USAGE}",
            "",
            "Privacy-preserving federated analytics for brand alliances.",
            "",
            "Groups (hanse GROUP --help tells more):",
            *rows,
            "",
            "Exit codes: 0 done, 1 refused, 2 usage, 3 bad input, 4 security, 5 budget,",
            "6 unavailable, 70 internal, 130 interrupted.",
            "",
        ]
    )


def _version() -> str:
    try:
        return version("hanse")
    except PackageNotFoundError:
        return "(not installed as a package)"


if __name__ == "__main__":
    sys.exit(main())
